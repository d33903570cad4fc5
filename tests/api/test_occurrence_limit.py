"""How often a tenant's schedules may run, over HTTP: what is counted, and how more is refused (docs/decisions/0008)."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.domain.quotas import Quotas

from tests.support.api import HOURLY, Api

BODY = {"schedule": HOURLY, "input": "x"}


def every(seconds: int) -> dict[str, Any]:
    return {"type": "interval", "interval_seconds": seconds}


def cron(expression: str) -> dict[str, Any]:
    return {"type": "cron", "cron_expression": expression, "timezone": "Europe/Lisbon", "precision": "second"}


@pytest.fixture
def api() -> Api:
    api = Api()
    api.world.with_limits(quotas=Quotas(hourly=7_200))
    return api


def used(api: Api, **headers: Any) -> int:
    found: int = api.ok("GET", "/api/v1/limits", **headers)["occurrences_per_hour"]["used"]
    return found


@pytest.mark.parametrize(
    ("spec", "hourly"),
    [
        (every(1), 3600),
        (every(7), 515),
        (every(60), 60),
        (every(86_400), 1),
        (cron("* * * * * *"), 3600),
        (cron("*/20 0 9 * * 1-5"), 3),
        (cron("*/5 * * * *"), 12),
        ({"type": "once", "run_at": "2026-03-03T12:00:00Z"}, 1),
    ],
)
def test_a_schedule_counts_what_its_busiest_hour_has(api: Api, spec: dict[str, Any], hourly: int) -> None:
    schedule = api.create(spec)
    assert used(api) == hourly
    for verb in ("pause", "resume", "resume"):
        api.post(f"{api.schedules}/{schedule['id']}/{verb}")
        assert used(api) == hourly
    for _ in range(2):
        api.ok("DELETE", f"{api.schedules}/{schedule['id']}")
    assert used(api) == 0


def test_what_would_run_too_often_is_refused_and_says_why(api: Api) -> None:
    for _ in range(2):
        api.create(every(1))
    rows = len(api.world.table.items)
    message = api.refused("POST", api.schedules, BODY, status=400)
    assert message == (
        "schedules: those of your account may run 7200 times in an hour; they run up to 7200 times and this would add "
        "1. Choose fewer times, or delete some"
    )
    assert (len(api.world.table.items), used(api)) == (rows, 7_200)


def test_all_users_and_agents_of_a_tenant_share_one_limit(api: Api) -> None:
    api.create(every(1))
    other = api.post("/api/v1/agents", {"name": "b", "model": "echo"}, status=201, X_On_Behalf_Of="u")
    path = f"/api/v1/agents/{other['id']}/schedules"
    api.post(path, {"schedule": every(1), "input": "x"}, status=201, X_On_Behalf_Of="u")
    api.refused("POST", path, BODY, status=400, X_On_Behalf_Of="u")
    api.refused("POST", api.schedules, BODY, status=400)
    assert used(api, Authorization="Bearer local-2") == 0


def test_one_that_alone_is_too_much_is_refused(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(hourly=3_599))
    api.refused("POST", api.schedules, {"schedule": every(1), "input": "x"}, status=400)
    assert used(api) == 0
    api.create(every(2))


def test_an_update_may_raise_only_as_far_as_there_is_room(api: Api) -> None:
    path = f"{api.schedules}/{api.create(every(1))['id']}"
    second = f"{api.schedules}/{api.create(every(2))['id']}"
    api.post(second, {"schedule": every(3)})
    assert used(api) == 4_800
    api.create(every(3))
    refused = api.refused("POST", second, {"schedule": every(1)}, status=400)
    assert "run up to 6000 times and this would add 2400" in refused
    assert api.get(second)["schedule"]["interval_seconds"] == 3
    assert (used(api), api.get(second)["generation"]) == (6_000, 2)
    api.world.with_limits(quotas=Quotas(hourly=100))  # lowered since: what is there stays, and may get less
    for body in ({"name": "x"}, {"schedule": every(60)}):
        api.post(path, body)
    api.post(f"{path}/pause")
    api.post(f"{path}/resume")
    assert used(api) == 2_460


def test_deletion_and_restore_move_an_agents_occurrences(api: Api) -> None:
    for _ in range(2):
        api.create(every(1))
    api.ok("DELETE", api.at)
    assert used(api) == 0
    api.post(f"{api.at}/restore")
    assert used(api) == 7_200


def test_a_repeated_create_is_answered_however_full_the_limit(api: Api) -> None:
    key = {"Idempotency_Key": "once"}
    made = api.post(api.schedules, {"schedule": every(1), "input": "x"}, status=201, **key)
    api.create(every(1))
    again = api.post(api.schedules, {"schedule": every(1), "input": "x"}, status=201, **key)
    assert (again["id"], used(api)) == (made["id"], 7_200)
