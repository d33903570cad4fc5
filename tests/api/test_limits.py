"""Limits over HTTP: what is counted, what is refused and how, and how room is made (docs/decisions/0008)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.quotas import UNLIMITED, Quotas
from agent_schedules.errors import Contended, DefinitionRefused
from agent_schedules.storage.table import Write

from tests.support.api import HOURLY, UNKNOWN_AGENT, Api

BODY = {"schedule": HOURLY, "input": "x"}
SOON = {"type": "once", "run_at": "2026-03-02T10:00:30Z"}
LATER = {"type": "once", "run_at": "2026-03-02T12:00:00Z"}


def counts(api: Api, agent_id: str | None = None) -> tuple[int, int]:
    """Schedules of the account, and of an agent."""
    limits = api.get(f"/api/v1/limits?agent_id={agent_id or api.agent}")
    return limits["schedules"]["used"], limits["schedules_per_agent"]["used"]


def agent(api: Api, **headers: str) -> str:
    """The path of another agent's schedules."""
    made = api.post("/api/v1/agents", {"name": "b", "model": "echo"}, status=201, **headers)
    return f"/api/v1/agents/{made['id']}/schedules"


def full(api: Api, path: str | None = None, body: Any = None, **headers: str) -> str:
    """The message of a refusal because of a limit."""
    return api.refused("POST", path or api.schedules, BODY if body is None else body, status=400, **headers)


def test_what_may_be_had_and_is_had(api: Api) -> None:
    api.create()
    assert api.get("/api/v1/limits") == {
        "object": "limits",
        "schedules": {"limit": 10_000, "used": 1},
        "schedules_per_agent": {"limit": 5_000, "used": None},
        "occurrences_per_hour": {"limit": 36_000, "used": 1},
        "runs_per_minute": {"limit": 600, "used": None},
        "webhooks": {"limit": 50, "used": 0},
        "minimum_interval_seconds": 1,
        "misfire_grace_seconds": 3600,
        "timeout_seconds": 86_400,
        "run_retention_days": 0,
        "maximum_body_bytes": 262_144,
        "maximum_kept_bytes": 393_216,
    }
    api.world.with_limits(quotas=UNLIMITED, minimum_interval=7)
    limits = api.get(f"/api/v1/limits?agent_id={api.agent}")
    assert limits["schedules"] == {"limit": None, "used": 1}
    assert limits["schedules_per_agent"] == {"limit": None, "used": 1}
    assert limits["minimum_interval_seconds"] == 7


def test_nobody_elses_agent_is_counted(api: Api) -> None:
    api.create()
    for agent_id in (UNKNOWN_AGENT, "x", "sched_01JD0000000000000000000000"):
        api.ok("GET", f"/api/v1/limits?agent_id={agent_id}", status=404)
    api.ok("GET", f"/api/v1/limits?agent_id={api.agent}", status=404, X_On_Behalf_Of="u")
    api.ok("GET", f"/api/v1/limits?agent_id={api.agent}", status=404, Authorization="Bearer local-2")
    assert api.ok("GET", "/api/v1/limits", Authorization="Bearer local-2")["schedules"]["used"] == 0


def test_a_tenant_has_so_many_schedules_with_all_its_users(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(schedules=2, per_agent=0))
    first = api.create()
    of_user = agent(api, X_On_Behalf_Of="u")
    api.post(of_user, BODY, status=201, X_On_Behalf_Of="u")
    for message in (full(api), full(api, of_user, X_On_Behalf_Of="u")):
        assert message == "schedules: your account has 2 schedules and may have 2; delete some that you do not need"
    other = agent(api, Authorization="Bearer local-2")
    api.post(other, BODY, status=201, Authorization="Bearer local-2")
    for _ in range(2):
        api.ok("DELETE", f"{api.schedules}/{first['id']}")
    assert counts(api) == (1, 0)
    api.create()
    full(api)


def test_paused_and_completed_schedules_are_the_tenants_too(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(schedules=2, per_agent=0))
    api.post(f"{api.schedules}/{api.create()['id']}/pause")
    api.create(SOON)
    api.world.pass_time(60)
    full(api)


def test_a_restored_agents_schedules_count_again(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(schedules=2, per_agent=0))
    kept, gone = api.create(), api.create()
    api.ok("DELETE", f"{api.schedules}/{gone['id']}")
    api.ok("DELETE", api.at)
    api.ok("DELETE", api.at)
    other = agent(api)
    for _ in range(2):
        api.post(other, BODY, status=201)
    api.post(f"{api.at}/restore")
    api.post(f"{api.at}/restore")
    assert counts(api) == (3, 1)
    full(api)
    api.post(f"{api.schedules}/{kept['id']}/resume")
    assert counts(api) == (3, 1)
    api.ok("DELETE", f"{api.schedules}/{kept['id']}")
    assert counts(api) == (2, 0)


def test_an_agent_has_so_many_schedules(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(schedules=0, per_agent=2))
    first, second = api.create(), api.create(SOON)
    expected = f"schedules: agent {api.agent} has 2 schedules and may have 2; delete some that you do not need"
    assert full(api) == expected
    api.post(f"{api.schedules}/{first['id']}/pause")
    api.world.pass_time(60)
    assert full(api) == expected  # paused and completed ones are schedules too
    api.post(f"{api.schedules}/{first['id']}/resume")
    api.post(f"{api.schedules}/{second['id']}", {"schedule": LATER})
    api.ok("DELETE", f"{api.schedules}/{second['id']}")
    api.create()
    assert counts(api) == (2, 2)
    api.post(agent(api), BODY, status=201)


def test_a_repeat_is_one_even_if_the_limit_is_full_by_then(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(schedules=1, per_agent=1))
    made: list[dict[str, Any]] = []

    def first(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        made.append(api.post(api.schedules, BODY, status=201, Idempotency_Key="k"))

    api.world.table.before_write = first
    assert api.post(api.schedules, BODY, status=201, Idempotency_Key="k") == made[0]
    assert api.post(api.schedules, BODY, status=201, Idempotency_Key="k") == made[0]
    full(api, Idempotency_Key="l")
    assert counts(api) == (1, 1)


def test_what_is_taken_back_is_not_counted(api: Api) -> None:
    def refuse(verb: str, _: str) -> None:
        if verb == "put":
            raise DefinitionRefused("schedule: EventBridge Scheduler refused it")

    api.world.scheduler.before = refuse
    in_the_way(api, 3, after=1)
    assert "EventBridge" in full(api)
    assert counts(api) == (0, 0)
    assert len(api.world.pauses) == 3
    assert api.get(api.schedules)["data"] == []


def in_the_way(api: Api, times: int, *, after: int = 0) -> None:
    """Let other transactions be in the way of that many writes, after some others."""
    left = [None] * after + [True] * times

    def before(_: Sequence[Write]) -> None:
        if left and left.pop(0):
            raise Contended("The resource is being changed by another call; try again")

    api.world.table.before_write = before


def test_those_who_create_at_once_wait_for_each_other(api: Api) -> None:
    in_the_way(api, 23)
    api.create()
    longest = (0.02, 0.04, 0.08, 0.16, *[0.32] * 19)
    assert all(0 <= pause <= most for pause, most in zip(api.world.pauses, longest, strict=True))
    assert len(set(api.world.pauses)) == 23
    in_the_way(api, 24)
    api.refused("POST", api.schedules, BODY, status=503)
    assert counts(api) == (1, 1)


def test_who_has_waited_for_too_long_writes_nothing(api: Api) -> None:
    def pause(_: float) -> None:
        api.monotonic += 0.3

    api.world.ports = replace(api.world.ports, pause=pause)
    in_the_way(api, 11)
    message = api.refused("POST", api.schedules, BODY, status=503)
    assert "slow" in message


CHANGES: dict[str, Callable[[Api, str], Any]] = {
    "rename": lambda api, path: api.post(path, {"name": "n"}),
    "another timing": lambda api, path: api.post(path, {"schedule": LATER}),
    "pause and resume": lambda api, path: [api.post(f"{path}/pause"), api.post(f"{path}/resume")],
    "delete": lambda api, path: api.ok("DELETE", path),
    "the agent's deletion": lambda api, _: [api.ok("DELETE", api.at), api.post(f"{api.at}/restore")],
    "an occurrence": lambda api, _: api.world.pass_time(4000, step=10),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rows_older_than_counters_count_once_they_change(api: Api, change: str) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    for key, item in [*api.world.table.items.items()]:
        if key[1].startswith("C"):
            del api.world.table.items[key]
        elif "counted" in item:
            del item["counted"]
    assert counts(api) == (0, 0)
    CHANGES[change](api, path)
    expected = {"rename": (1, 1), "another timing": (1, 1), "pause and resume": (1, 1)}.get(change, (0, 0))
    assert counts(api) == expected
    api.create()
    assert counts(api) == (expected[0] + 1, expected[1] + 1)
