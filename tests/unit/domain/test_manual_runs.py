"""How a run that a caller asks for joins its schedule's line, as a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.domain.manual_runs import in_line, manual_run
from agent_schedules.domain.policies import MOST_WAITING, Overlap, Policies
from agent_schedules.errors import Conflict
from agent_schedules.timing.spec import Interval

from tests.support.schedules import schedule_of

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OPEN, NEW = "run_open", "run_new"


def joined(
    overlap: Overlap, *, busy: bool, waiting: tuple[str, ...] = (), policy: Overlap = "allow"
) -> tuple[str | None, tuple[str, ...], bool, bool]:
    """The state's open run, the runs that wait, and whether the new run waits and is in the line."""
    before = "run_before"
    schedule = schedule_of(
        Interval(3600, 0), 0, Policies(overlap=policy, max_runs=9), open_run_id=before, waiting=waiting, run_count=4
    )
    run = manual_run(schedule, NEW, now=NOW, agent_version=1, size=1, own_work=False)
    state, run = in_line(schedule, run, overlap=overlap, open_run_id=OPEN if busy else None, kept_days=0)
    assert (state.run_count, state.other_runs, state.last_run_id, state.last_run_at) == (5, 1, NEW, NOW)
    assert (state.settled_until, state.next_run_at, state.generation) == (0, 3600, 1)
    assert state.rev == schedule.state.rev + 1
    return state.open_run_id, state.waiting, run.waiting, run.in_line


@pytest.mark.parametrize("policy", ["allow", "skip"])
@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "cancel_previous"])
def test_a_run_that_is_free_to_start_becomes_the_open_one(policy: Overlap, overlap: Overlap) -> None:
    assert joined(overlap, busy=False, policy=policy) == (NEW, (), False, True)


@pytest.mark.parametrize("busy", [True, False])
@pytest.mark.parametrize("waiting", [(), ("run_1",)])
def test_with_allow_it_stays_outside_of_the_line(busy: bool, waiting: tuple[str, ...]) -> None:
    assert joined("allow", busy=busy, waiting=waiting, policy="queue_all") == ("run_before", waiting, False, False)


@pytest.mark.parametrize(
    ("overlap", "waiting"),
    [("queue_one", ()), ("queue_all", ("run_1",)), ("cancel_previous", ()), ("cancel_previous", ("run_1",))],
)
def test_it_waits_behind_the_open_run(overlap: Overlap, waiting: tuple[str, ...]) -> None:
    assert joined(overlap, busy=True, waiting=waiting) == (OPEN, (*waiting, NEW), True, True)


def test_it_does_not_overtake_runs_that_wait() -> None:
    assert joined("queue_all", busy=False, waiting=("run_1",)) == ("run_before", ("run_1", NEW), True, True)


@pytest.mark.parametrize(
    ("overlap", "waiting", "named"),
    [
        ("skip", 0, OPEN),
        ("queue_one", 1, "a run waits"),
        ("queue_all", MOST_WAITING, f"{MOST_WAITING} runs wait"),
        ("cancel_previous", MOST_WAITING, f"{MOST_WAITING} runs wait"),
    ],
)
def test_a_policy_that_skips_it_is_a_conflict(overlap: Overlap, waiting: int, named: str) -> None:
    with pytest.raises(Conflict, match=named) as refused:
        joined(overlap, busy=True, waiting=tuple(f"run_{number}" for number in range(waiting)))
    assert OPEN in refused.value.message
