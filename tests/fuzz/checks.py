"""The checks of every generated case besides schemathesis's own, two of which contradict the promises of this API.

One is narrowed here, one is replaced, each for the one reason that its comment names."""

from __future__ import annotations

import re
from typing import Any

from schemathesis import Case, Response
from schemathesis.checks import CheckContext, CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance, use_after_free
from starlette.testclient import TestClient

from tests.fuzz.bench import Bench

UNSAYABLE = re.compile(
    r"after: is not a cursor of this list"  # a cursor is opaque, and of one caller, list and order
    r"|offset: cannot be combined with `after`"
    r"|previous_response_id: cannot be combined with `conversation`"
    r"|(schedule|policies)\.(run|start|end)_at: \S+ does not exist in "  # which the clocks skip
    r"|until: \S+ (does not exist in|is in the past) "
    r"|policies\.end_at: is before `start_at`"
    r"|policies\.exclude\.\d+: \S+ occurs twice"  # 2026-05-01 and 2026-05-01/2026-05-01
    r"|policies\.(start_at|end_at|exclude): .*(has no occurrence|has the date of every occurrence)"
    r"|policies\.max_runs: the schedule has made "
    r"|scheduled_for: (\S+ (is not an occurrence|does not exist in) |is the last occurrence)"
    r"|scheduled_for: (has a fraction of a second|\d+ occurrences to come are skipped)"
    r"|to: must be (at most 31 days )?after `from`"
    r"|(from|to|next_run_before): must be between 1970 and 2199"
    r"|(from|to): (must be before `to`|is in the future|\S+ is before it and not settled|\S+ does not exist in )"
    r"|(tools\.\d+|tool_choice|text\.format|input\.\d+\.content\.\d+)(\.\w+)*: (is required|must )"  # of a type
    r"|to: (there are \d+ occurrences|the range has more than )"
    r"|agent_id: is required"  # depending on the status and the schedule
    r"|(url|format|include_output): .*`?poll"  # a receiver, or none
    r"|url: is required"
    r"|all_users: cannot be combined with `X-On-Behalf-Of`"
    r"|key: is '.*' and cannot be changed"  # once something has a key
    r"|from: runs of occurrences before \S+ may have expired"
)
SIX_FIELDS = "schedule.cron_expression: 6 fields, must be 5"  # which go with `precision` `second`, another field
"""How the refusals begin of what no schema can say. A description says it."""


def accepted(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """`positive_data_acceptance`, narrowed: what the schema allows is accepted, but for what no schema can say."""
    if response.status_code == 412 and {"If-Match", "If-None-Match"} & set(case.headers or ()):
        return None  # which of all ETags is the current one, and which key is taken
    if response.status_code == 400:
        message = _message(response).removeprefix("update.")  # of a bulk update's body
        if UNSAYABLE.match(message) or (message.startswith(SIX_FIELDS) and not _to_the_second(case)):
            return None
    return positive_data_acceptance(context, response, case)


def _to_the_second(case: Case[Any]) -> bool:
    body = case.body if isinstance(case.body, dict) else {}
    changes = body.get("update")
    spec = (changes if isinstance(changes, dict) else body).get("schedule")
    return isinstance(spec, dict) and spec.get("precision") == "second"


REPLACED: list[CheckFunction] = [
    positive_data_acceptance,
    # A deleted agent or schedule can still be read for some time, as what it is now (contract D1), and an agent comes
    # back by `restore`. `Deletions` follows what was deleted and says the rest.
    use_after_free,
]


def enveloped(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every answer has an id; one that is no success is the envelope, also where no operation is described."""
    assert response.headers["x-request-id"][0].startswith("req_")
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/json"]
    error = response.json()["error"]
    assert set(error) <= {"message", "details"}
    assert error["message"]
    if response.status_code == 400:
        field, colon, advice = error["message"].partition(": ")
        assert colon, f"a 400 names the field: {field}"
        assert len(advice) > 5, f"a 400 says what to do: {advice}"


LISTS = {
    f"/api/v1/{name}" for name in ("agents", "jobs", "keys", "problems", "runs", "schedules", "upcoming", "webhooks")
}
"""The lists that need no id."""


def other_tenant(bench: Bench) -> CheckFunction:
    """What is one tenant's is no other's: another key, sent with the very same GET, finds nothing."""
    client = TestClient(bench.app, headers={"Authorization": "Bearer local-2"})

    def finds_nothing(_: CheckContext, response: Response, case: Case[Any]) -> None:
        if case.method != "GET" or response.status_code != 200 or not case.path.startswith("/api/"):
            return
        answer = client.get(str(response.request.url).removeprefix("http://testserver"))
        if case.path in LISTS and "after" not in case.query and "agent_id" not in case.query:
            assert answer.json()["data"] == []
        elif case.path == "/api/v1/summary" and "after" not in case.query:
            assert not any(answer.json()["schedules"].values())
        elif case.path == "/api/v1/limits" and "agent_id" not in case.query:
            assert answer.json()["schedules"]["used"] == 0
        elif case.path == "/api/v1/whoami":
            assert answer.json()["tenant"] == "local-2"
        else:
            assert answer.status_code in {400, 404}  # a cursor is bad before its list is looked at

    return finds_nothing


class Deletions:
    """Follows one sequence: what was deleted reads as deleted, and nothing but its return can be done with it."""

    def __init__(self) -> None:
        self._gone: set[str] = set()

    def __call__(self, response: Response, case: Case[Any]) -> None:
        """Look at one step."""
        if not 200 <= response.status_code < 300 or case.path == "/healthz":
            return
        parameters: dict[str, Any] = case.path_parameters or {}
        agent, schedule = parameters.get("agent_id"), parameters.get("schedule_id")
        own = schedule or agent
        what = f"{case.method} {case.path} of something deleted"
        if webhook := parameters.get("webhook_id"):
            assert case.method == "DELETE" or webhook not in self._gone, what
            self._gone |= {webhook} if case.method == "DELETE" else set()
            return
        if "key" in parameters:  # which id it has is not said
            return
        if case.method == "DELETE":
            self._gone.add(str(own))
            return
        if case.path.endswith("/restore"):
            self._gone.discard(str(agent))
            return
        if case.method == "GET" and case.path.endswith(("{agent_id}", "{schedule_id}")):
            assert own not in self._gone or response.json()["deleted_at"], what
        elif own in self._gone:
            # Its runs and occurrences stay readable, and a run that goes on can be cancelled.
            assert case.method == "GET" or case.path.endswith("/runs/{run_id}/cancel"), what
            assert not case.path.endswith("/preview") or response.json()["occurrences"] == [], what
        assert schedule is None or agent not in self._gone, what


def _message(response: Response) -> str:
    return str(response.json()["error"]["message"])
