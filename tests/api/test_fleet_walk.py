"""The list over all agents against a filter of everything, while nothing changes and while everything does."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

import pytest

from tests.support.cost_meter import CostMeter
from tests.support.fleets import FILTERS, TENANTS, Fleet, Row, fleet, wanted

FAST = (120, 8)
ALL = (10_000, 200)
MOST_CALLS = 6  # a query, four steps of 25 schedules, and their latest runs


@pytest.fixture(
    scope="module", params=[FAST, pytest.param(ALL, marks=pytest.mark.slow)], ids=lambda sizes: f"{sizes[0]} schedules"
)
def large(request: pytest.FixtureRequest) -> Fleet:
    return fleet(*request.param)


def asked(conditions: dict[str, str], **more: str | int) -> str:
    """The path of a list with these conditions."""
    return f"/api/v1/schedules?{urlencode(conditions | {name: str(value) for name, value in more.items()})}"


def same(one: Row) -> tuple[str, str | None, str]:
    return one["id"], one["last_run_status"], one["agent_id"]


@pytest.mark.slow
def test_every_filter_finds_what_a_search_of_everything_finds(large: Fleet) -> None:
    for tenant in TENANTS:
        everything = sorted(large.everything(tenant), key=lambda row: str(row["id"]), reverse=True)
        assert len({row["status"] for row in everything}) == 3
        for conditions in FILTERS:
            expected = [same(row) for row in everything if wanted(row, conditions)]
            found = [same(row) for row in large.pages(tenant, asked(conditions, limit=100))]
            assert found == expected, conditions
            agent = large.agents[tenant][1]
            of_agent = asked(conditions | {"agent_id": agent}, limit=100)
            assert [same(row) for row in large.pages(tenant, of_agent)] == [one for one in expected if one[2] == agent]
        oldest_first = [same(row) for row in large.pages(tenant, asked({"status": "paused"}, order="asc", limit=7))]
        assert oldest_first == [same(row) for row in reversed(everything) if row["status"] == "paused"]


def test_a_page_takes_few_calls_whatever_matches(large: Fleet) -> None:
    meter = CostMeter(large.api.world)
    for conditions in FILTERS:
        taken: list[int] = []

        def count(taken: list[int] = taken) -> None:
            taken.append(meter.cost.dynamodb)
            meter.reset()

        meter.reset()
        found = list(large.pages("local", asked(conditions, limit=100), between=count))
        assert max(taken) <= MOST_CALLS
        if not found:  # each page looked at as many as it may, but for the last
            assert set(taken[:-1]) <= {MOST_CALLS - 1, MOST_CALLS}


class Changes:
    """Changes of callers between the reads of another: of schedules that may change, and of new ones."""

    def __init__(self, large: Fleet, volatile: list[Row]) -> None:
        self._large, self._volatile, self._reads = large, volatile, 0

    def __call__(self) -> None:
        """Make a change before every third read."""
        table, self._reads = self._large.api.world.table, self._reads + 1
        if self._reads % 3:
            return
        table.before_read = lambda: None
        if not self._volatile or self._large.random.random() < 0.4:
            self._volatile.append(self._large.create("local"))
        at = self._large.random.randrange(len(self._volatile))
        self._large.change("local", self._volatile.pop(at))
        table.before_read = self


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_walk_misses_repeats_and_leaks_nothing(large: Fleet, order: str) -> None:
    """While callers create, change and delete, also between the calls of one page: what exists and matches during the
    whole walk is seen once, and what changes is seen once at most, as it matched."""
    others = {row["id"] for row in large.everything("local-2")}
    table, rows = large.api.world.table, large.everything("local")
    large.random.shuffle(rows)
    steady, changes = rows[len(rows) // 2 :], Changes(large, rows[: len(rows) // 2])
    for conditions in FILTERS[:12:2] + FILTERS[-3:]:
        table.before_read = changes
        try:
            found = list(large.pages("local", asked(conditions, limit=20, order=order)))
        finally:
            table.before_read = lambda: None
        seen = Counter(row["id"] for row in found)
        assert max(seen.values(), default=1) == 1
        assert {row["id"] for row in steady if wanted(row, conditions)} <= set(seen)
        assert all(wanted(row, conditions) for row in found)
        assert not others & set(seen)
        large.api.world.queue.messages.clear()
