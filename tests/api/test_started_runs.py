"""How many runs a tenant's callers may start in a minute: what is refused, what it costs, and what copies add up to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.rate_limit import BLOCK, Allowance

from tests.support.api import Api

RUN = {"input": "x"}
MOST = 2 * BLOCK


@pytest.fixture
def api() -> Api:
    api = Api()
    api.world.with_limits(quotas=Quotas(runs=MOST))
    return api


def copy(api: Api) -> Allowance:
    """Let another copy of the function answer: it knows nothing of what this one let through."""
    allowance = Allowance()
    api.world.ports.__dict__["allowance"] = allowance
    return allowance


def started(api: Api, path: str | None = None, **headers: Any) -> int:
    """Start runs until one is refused."""
    for number in range(10 * MOST):
        if api.client.post(path or api.runs, json=RUN, headers=headers).status_code == 429:
            return number
    raise AssertionError("none was refused")


def set_aside(api: Api) -> list[Any]:
    """The counts of minutes in the table."""
    return [item["runs"] for (_, sk), item in api.world.table.items.items() if sk.startswith("C#runs#")]


def test_one_copy_lets_the_first_runs_and_then_the_limit_through(api: Api) -> None:
    assert started(api) == BLOCK + MOST
    assert set_aside(api) == [MOST]
    rows = len(api.world.table.items)
    message = api.refused("POST", api.runs, RUN, status=429)
    assert message == (
        f"runs: API calls of your account may start {MOST} runs in a minute, and this minute's are used; "
        "send the call again in 60 seconds"
    )
    assert len(api.world.table.items) == rows
    api.world.clock.advance(60)
    api.post(api.runs, RUN, status=201)


def test_all_copies_together_stay_under_the_limit(api: Api) -> None:
    copies = 4
    total = 0
    for _ in range(copies):
        copy(api)
        total += started(api)
    assert total == copies * BLOCK + MOST
    assert set_aside(api) == [MOST]


def test_a_tenants_users_and_agents_share_its_limit(api: Api) -> None:
    started(api)
    other = api.post("/api/v1/agents", {"name": "b", "model": "echo"}, status=201, X_On_Behalf_Of="u")
    api.refused("POST", f"/api/v1/agents/{other['id']}/runs", RUN, status=429, X_On_Behalf_Of="u")
    theirs = api.post("/api/v1/agents", {"name": "c", "model": "echo"}, status=201, Authorization="Bearer local-2")
    api.post(f"/api/v1/agents/{theirs['id']}/runs", RUN, status=201, Authorization="Bearer local-2")


def test_a_run_costs_a_write_more_once_in_thirty(api: Api) -> None:
    writes: list[int] = []
    api.world.table.before_write = lambda batch: writes.append(len(batch))
    for _ in range(3 * BLOCK):
        api.post(api.runs, RUN, status=201)
    assert len(writes) == 3 * BLOCK
    assert [number for number, size in enumerate(writes) if size > min(writes)] == [BLOCK, 2 * BLOCK]


def test_a_full_limit_is_asked_for_once_by_each_copy(api: Api) -> None:
    started(api)
    writes: list[int] = []
    api.world.table.before_write = lambda batch: writes.append(len(batch))
    for _ in range(5):
        api.refused("POST", api.runs, RUN, status=429)
    assert writes == []


@pytest.mark.parametrize("most", [1, 7, BLOCK + 1])
def test_a_limit_that_is_no_number_of_blocks_is_kept(api: Api, most: int) -> None:
    api.world.with_limits(quotas=Quotas(runs=most))
    first = min(BLOCK, most)
    assert started(api) == first + most - most % first
    assert set_aside(api) == [most - most % first]


def test_no_limit_is_none_and_counts_nothing(api: Api) -> None:
    api.world.with_limits(quotas=replace(Quotas(), runs=0))
    for _ in range(3 * BLOCK):
        api.post(api.runs, RUN, status=201)
    assert set_aside(api) == []
