"""`ETag` and `If-Match` over HTTP (RFC 9110, 8.8.3 and 13.1.1): a change of another version than the caller saw is a
412, and nothing that holds already is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from agent_schedules.errors import Uncertain
from agent_schedules.storage.table import Write

from tests.support.api import HOURLY, Api
from tests.support.webhooks import webhook


@dataclass
class Prepared:
    """A change that can be made, and the path of what it changes."""

    method: str
    path: str
    body: Any
    at: str


def _schedule(api: Api) -> str:
    return f"{api.schedules}/{api.create()['id']}"


def _verb(api: Api, verb: str) -> Prepared:
    at = _schedule(api)
    if verb == "resume":
        api.post(f"{at}/pause")
    return Prepared("POST", f"{at}/{verb}", None, at)


def _occurrence(api: Api, verb: str) -> Prepared:
    at, body = _schedule(api), {"scheduled_for": "2026-03-02T12:00:00Z"}
    if verb == "unskip":
        api.post(f"{at}/skip", body)
    return Prepared("POST", f"{at}/{verb}", body, at)


def _backfill(api: Api, method: str) -> Prepared:
    at = f"{api.schedules}/{api.create({'type': 'cron', 'cron_expression': '0 * * * *'})['id']}"
    body = {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T13:00:00Z", "dry_run": False}
    if method == "DELETE":
        api.post(f"{at}/backfill", body)
    return Prepared(method, f"{at}/backfill", body if method == "POST" else None, at)


def _restore(api: Api) -> Prepared:
    api.ok("DELETE", api.at)
    return Prepared("POST", f"{api.at}/restore", None, api.at)


def _rollback(api: Api) -> Prepared:
    api.post(api.at, {"name": "b"})
    return Prepared("POST", f"{api.at}/versions/1/rollback", None, api.at)


def _of_schedule(api: Api, method: str, body: Any) -> Prepared:
    at = _schedule(api)
    return Prepared(method, at, body, at)


def _put(api: Api, body: dict[str, Any]) -> Prepared:
    at = f"{api.schedules}/by-key/k"
    api.ok("PUT", at, {"schedule": HOURLY, "input": "x"}, status=201)
    return Prepared("PUT", at, body, at)


def _put_agent(api: Api, body: dict[str, Any]) -> Prepared:
    at = "/api/v1/agents/by-key/k"
    api.ok("PUT", at, {"name": "a", "model": "m"}, status=201)
    return Prepared("PUT", at, body, at)


def _update_webhook(api: Api) -> Prepared:
    at = f"/api/v1/webhooks/{webhook(api.world).key.webhook_id}"
    return Prepared("POST", at, {"description": "d"}, at)


CHANGES: dict[str, Callable[[Api], Prepared]] = {
    "update agent": lambda api: Prepared("POST", api.at, {"name": "x"}, api.at),
    "delete agent": lambda api: Prepared("DELETE", api.at, None, api.at),
    "restore agent": _restore,
    "rollback": _rollback,
    "update schedule": lambda api: _of_schedule(api, "POST", {"name": "x"}),
    "retime schedule": lambda api: _of_schedule(api, "POST", {"schedule": HOURLY | {"interval_seconds": 60}}),
    "pause": lambda api: _verb(api, "pause"),
    "resume": lambda api: _verb(api, "resume"),
    "skip": lambda api: _occurrence(api, "skip"),
    "unskip": lambda api: _occurrence(api, "unskip"),
    "backfill": lambda api: _backfill(api, "POST"),
    "stop backfill": lambda api: _backfill(api, "DELETE"),
    "put schedule": lambda api: _put(api, {"schedule": HOURLY, "input": "other"}),
    "put agent": lambda api: _put_agent(api, {"name": "b", "model": "m"}),
    "delete schedule": lambda api: _of_schedule(api, "DELETE", None),
    "update webhook": _update_webhook,
}


@pytest.fixture(params=CHANGES)
def change(api: Api, request: pytest.FixtureRequest) -> Prepared:
    return CHANGES[request.param](api)


def with_changes(*sent: str) -> pytest.MarkDecorator:
    """One condition with every change, and every condition with one change; the slow suite has all pairs."""
    pairs = [
        pytest.param(change, one, marks=[] if one == sent[0] or change == "update schedule" else [pytest.mark.slow])
        for change in CHANGES
        for one in sent
    ]
    return pytest.mark.parametrize(("change", "sent"), pairs, indirect=["change"])


def etag(api: Api, path: str) -> str:
    """The ETag of something, which GET and HEAD agree on."""
    tag = api.client.get(path).headers["ETag"]
    assert api.client.head(path).headers["ETag"] == tag
    return tag


def done(api: Api, change: Prepared, if_match: str, *, status: int = 200) -> Any:
    """The answer to a change under that condition."""
    answer = api.client.request(change.method, change.path, json=change.body, headers={"If-Match": if_match})
    assert answer.status_code == status, answer.text
    return answer


def between(api: Api, other: Callable[[], Any]) -> None:
    """Let something else happen between the next call's reading and its commit."""

    def before(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        other()

    api.world.table.before_write = before


# What carries an ETag


def test_every_change_raises_the_etag_and_answers_with_it(api: Api, change: Prepared) -> None:
    before = etag(api, change.at)
    answer = done(api, change, before)
    after = etag(api, change.at)
    assert after != before
    assert answer.headers.get("ETag") == (None if change.path == change.at and change.method == "DELETE" else after)


def test_what_is_created_is_answered_with_its_etag(api: Api) -> None:
    body = {"schedule": HOURLY, "input": "x"}
    for path, new in (("/api/v1/agents", {"name": "a", "model": "m"}), (api.schedules, body)):
        for _ in range(2):  # the repeat under the same key too
            answer = api.client.post(path, json=new, headers={"Idempotency-Key": path})
            assert answer.headers["ETag"] == etag(api, f"{path}/{answer.json()['id']}")


def test_a_schedules_etag_is_its_generation_which_lists_show(api: Api) -> None:
    path = _schedule(api)
    api.post(f"{path}/pause")
    (listed,) = api.get(api.schedules)["data"]
    assert etag(api, path) == f'"g{listed["generation"]}"' == '"g2"'


def test_no_version_of_an_agent_has_the_etag_of_another(api: Api) -> None:
    seen = [etag(api, api.at)]
    for method, path, body in (
        ("POST", api.at, {"name": "b"}),
        ("DELETE", api.at, None),
        ("POST", f"{api.at}/restore", None),
        ("DELETE", api.at, None),
        ("POST", f"{api.at}/restore", None),
        ("POST", f"{api.at}/versions/1/rollback", None),
    ):
        api.ok(method, path, body)
        seen.append(etag(api, api.at))
    assert len(set(seen)) == len(seen)


def test_an_occurrence_leaves_the_etag_as_it_is(api: Api) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    path = f"{api.schedules}/{created['id']}"
    before = etag(api, path)
    api.world.clock.advance(60)
    api.fire(created)
    assert api.get(path)["run_count"] == 1
    assert etag(api, path) == before


# What a condition does


@with_changes("{0}", "*", '"x", {0}', '{0},"x"', ',{0} ,\t"x"', 'W/"x", {0}')
def test_a_condition_that_holds_lets_the_change_through(api: Api, change: Prepared, sent: str) -> None:
    done(api, change, sent.format(etag(api, change.at)))


@with_changes('"x"', "W/{0}", '"x", W/{0}', '"g1,x"', '"*"', '""')
def test_a_412_names_the_current_etag_and_writes_nothing(api: Api, change: Prepared, sent: str) -> None:
    current = etag(api, change.at)
    traces = api.traces()
    message = done(api, change, sent.format(current), status=412).json()["error"]["message"]
    assert message.startswith("If-Match: ")
    assert current in message
    assert "read the resource again" in message
    assert api.traces() == traces
    assert etag(api, change.at) == current


@with_changes("g1", "", " ", ",", "*,*", '*, "g1"', '"g1', 'w/"g1"', '"g1" "g2"', '"g 1"')
def test_what_is_no_condition_is_a_400_that_names_the_header(api: Api, change: Prepared, sent: str) -> None:
    traces = api.traces()
    message = done(api, change, sent, status=400).json()["error"]["message"]
    assert message.startswith("If-Match: must be ")
    assert api.traces() == traces


def test_a_condition_in_several_lines_is_one_list(api: Api, change: Prepared) -> None:
    lines = [("If-Match", '"x"'), ("If-Match", etag(api, change.at))]
    assert api.client.request(change.method, change.path, json=change.body, headers=lines).status_code == 200


@pytest.mark.parametrize("what", ["create agent", "create schedule", "create run", "cancel run"])
def test_where_there_is_no_etag_to_match_a_condition_is_refused(api: Api, what: str) -> None:
    path, body = {
        "create agent": ("/api/v1/agents", {"name": "a", "model": "m"}),
        "create schedule": (api.schedules, {"schedule": HOURLY, "input": "x"}),
        "create run": (api.runs, {"input": "x"}),
        "cancel run": (f"{api.runs}/{api.start()['id']}/cancel", None),
    }[what]
    assert api.refused("POST", path, body, status=400, If_Match="*") == "If-Match: is not supported here; remove it"


def test_other_refusals_come_before_a_412(api: Api) -> None:
    path = _schedule(api)
    assert "interval" in api.refused(
        "POST", path, {"schedule": HOURLY | {"interval_seconds": -1}}, status=400, If_Match='"x"'
    )
    api.ok("DELETE", path)
    assert "deleted" in api.refused("POST", f"{path}/pause", status=404, If_Match='"x"')
    once = api.create({"type": "once", "run_at": "2026-03-02T10:00:10Z"})
    api.world.pass_time(20)
    assert "completed" in api.refused("POST", f"{api.schedules}/{once['id']}/pause", status=409, If_Match='"x"')


# Repeats


def test_a_retried_change_succeeds_with_its_old_tag(api: Api, change: Prepared) -> None:
    before = etag(api, change.at)
    first = done(api, change, before)
    items = dict(api.world.table.items)
    again = done(api, change, before)
    assert (again.json(), again.headers.get("ETag")) == (first.json(), first.headers.get("ETag"))
    assert api.world.table.items == items


def test_a_change_whose_reply_was_lost_succeeds(api: Api, change: Prepared) -> None:
    def lost(_: Sequence[Write]) -> None:
        api.world.table.after_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    before = etag(api, change.at)
    api.world.table.after_write = lost
    done(api, change, before)


def test_a_receipt_answers_before_the_condition_is_looked_at(api: Api) -> None:
    path = _schedule(api)
    tag = etag(api, path)
    api.post(path, {"name": "first"}, If_Match=tag, Idempotency_Key="k")
    changed = api.post(path, {"name": "second"})
    assert api.post(path, {"name": "first"}, If_Match=tag, Idempotency_Key="k") == changed


def test_a_412_leaves_the_idempotency_key_unused(api: Api) -> None:
    path = _schedule(api)
    api.refused("POST", path, {"name": "b"}, status=412, If_Match='"x"', Idempotency_Key="k")
    assert api.post(path, {"name": "b"}, If_Match=etag(api, path), Idempotency_Key="k")["name"] == "b"


# Races
