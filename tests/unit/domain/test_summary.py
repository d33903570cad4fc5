"""A summary of states: counts by status, what is due, and how late runs were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from agent_schedules.domain.schedules import State
from agent_schedules.domain.summary import Lateness, percentile, summary_of
from agent_schedules.ids import run_id

from tests.support.world import World

HOUR = 3600


@pytest.fixture(scope="module")
def state() -> State:
    return World().create({"type": "interval", "interval_seconds": HOUR}).state


def ran(state: State, name: str, nominal: int, late: float) -> State:
    """A state whose latest run was claimed so many seconds late."""
    moment = datetime.fromtimestamp(nominal + late, UTC)
    return replace(state, last_run_id=run_id(name, nominal), last_run_at=moment)


def test_states_are_counted(state: State) -> None:
    now = state.settled_until
    paused, later = replace(state, status="paused", next_run_at=None), replace(state, next_run_at=now + HOUR + 1)
    found = summary_of([("a", state), ("b", paused), ("c", later), ("d", replace(state, status="completed"))], now)
    assert found.by_status == {"active": 2, "paused": 1, "completed": 1}
    assert (found.due_next_hour, found.lateness) == (2, Lateness(0, None, None))


def test_lateness_is_that_of_the_last_hours_runs(state: State) -> None:
    now = state.settled_until
    states = [(str(n), ran(state, str(n), now - 60, n / 10)) for n in range(100)]
    states.append(("old", ran(state, "old", now - HOUR, 900)))
    states.append(("by hand", replace(ran(state, "by hand", now, 5), last_run_id="run_0123456789ABCDEFGHJKMNPQRS")))
    found = summary_of(states, now).lateness
    assert found.runs == 100
    assert [found.p50, found.p99] == pytest.approx([4.9, 9.8])


def test_lateness_counts_from_the_due_time(state: State) -> None:
    now = state.settled_until
    spread = replace(ran(state, "a", now - 600, 302), last_due_at=now - 300)
    assert summary_of([("a", spread)], now).lateness == Lateness(1, 2.0, 2.0)


@pytest.mark.parametrize(
    ("values", "percent", "expected"), [([], 50, None), ([3.0], 50, 3.0), ([1.0, 2.0], 50, 1.0), ([1.0, 2.0], 99, 2.0)]
)
def test_a_percentile_is_one_of_the_values(values: list[float], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected
