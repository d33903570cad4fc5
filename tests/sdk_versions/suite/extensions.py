"""What the SDK does not know: schedules with policies, and controls that another client uses."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sdk_versions.suite import expect
from tests.sdk_versions.suite.checks import check
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.expect import same, wire
from tests.sdk_versions.suite.runs import ended

DAILY: dict[str, Any] = {"type": "interval", "interval_seconds": 86_400}
POLICIES: dict[str, Any] = {
    "end_at": "2190-01-01T00:00:00Z",
    "exclude": ["2190-12-24/2191-01-02"],
    "max_runs": 1000,
    "spread_seconds": 60,
    "overlap": "queue_one",
    "misfire": "run_all",
    "misfire_grace_seconds": 600,
    "timeout_seconds": 600,
    "run_retention_days": 30,
    "alert_after_seconds": 86_400,
}


def _http(sdk: Driver, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """The answer to a request of the same user that another client sends."""
    headers = {"Authorization": f"Bearer {sdk.target.key}", "X-On-Behalf-Of": sdk.user or ""}
    answer = httpx.request(method, f"{sdk.target.url}/api/v1/agents{path}", json=body, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@check
def policies_and_controls_of_others_are_not_noticed(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    body = {"schedule": DAILY, "input": "x", "policies": POLICIES}
    schedule = _http(sdk, "POST", f"/{agent}/schedules", body)["id"]
    at, of = f"/{agent}/schedules/{schedule}", {"agent_id": agent, "schedule_id": schedule}
    same(sdk, sdk("get_agent_schedule", **of), expect.schedule(agent, DAILY))
    shown = _http(sdk, "POST", f"{at}/trigger")
    ended(sdk, agent, shown["id"])
    skipped = _http(sdk, "GET", at)["next_run_at"]
    _http(sdk, "POST", f"{at}/skip", {"scheduled_for": skipped})
    assert wire(sdk("pause_agent_schedule", **of))["status"] == "paused"
    assert wire(sdk("resume_agent_schedule", **of))["status"] == "active"
    sdk("update_agent_schedule", name="n", **of)
    found = _http(sdk, "GET", at)
    kept = {name: value for name, value in found["policies"].items() if name in POLICIES}
    assert kept == POLICIES | {"end_at": "2190-01-01T00:00:00.000Z"}
    assert (found["name"], found["run_count"], found["skips"]) == ("n", 1, [skipped])
    assert [run.id for run in sdk("list_agent_runs", agent_id=agent).data] == [shown["id"]]
    sdk("delete_agent_schedule", **of)
