"""The ids in a webhook's filters are not looked up, so an answer tells nothing about what others have."""

from __future__ import annotations

from typing import Any

from tests.support.api import HOURLY, Api
from tests.support.webhooks import URL

HOOKS = "/api/v1/webhooks"
UNKNOWN_AGENT = "agt_01JD0000000000000000000000"
UNKNOWN_SCHEDULE = "sched_01JD0000000000000000000000"


def made(api: Api, **body: Any) -> dict[str, Any]:
    return api.post(HOOKS, {"url": URL, **body}, status=201)


def test_a_filter_tells_nothing_about_ids_of_others() -> None:
    api = Api()
    other = {"Authorization": "Bearer local-2"}
    agent = api.post("/api/v1/agents", {"name": "a", "model": "m"}, status=201, **other)["id"]
    of_user = api.post("/api/v1/agents", {"name": "a", "model": "m"}, status=201, X_On_Behalf_Of="ada")["id"]
    body = {"schedule": HOURLY, "input": "x"}
    schedule = api.post(f"/api/v1/agents/{agent}/schedules", body, status=201, **other)["id"]
    at = f"{HOOKS}/{made(api)['id']}"
    rows = len(api.world.table.items)
    same = [(UNKNOWN_AGENT, UNKNOWN_SCHEDULE), (agent, schedule), (of_user, UNKNOWN_SCHEDULE)]
    for agent_id, schedule_id in same:
        filters = {"agent_id": agent_id, "schedule_id": schedule_id}
        created, changed = made(api, **filters), api.post(at, filters)
        for answer in (created, changed):
            assert {name: answer[name] for name in filters} == filters
            assert answer.keys() - {"secret"} == changed.keys()
    assert len(api.world.table.items) == rows + len(same)
