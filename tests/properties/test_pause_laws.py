"""Laws of pauses that end by themselves, against brute force: each nominal time has one outcome, none is lost."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_schedules.domain.policies import Policies
from agent_schedules.domain.schedules import Pause, Schedule
from agent_schedules.domain.transitions import pause_ended, paused
from agent_schedules.timing.spec import Spec
from hypothesis import strategies as st

from tests.properties.test_policy_laws import STARTS, policies, specs
from tests.support.schedules import schedule_of
from tests.support.times import law

LONGEST = 7_200  # seconds of a history


@st.composite
def histories(draw: st.DrawFn) -> tuple[Spec, Policies, int, int, int, int]:
    """A timing with policies; when its clock stood, when it was paused, until when, and how late that is handled."""
    start = draw(st.sampled_from(STARTS))
    spec = draw(specs(start))
    at = start + draw(st.integers(0, 600))
    until = at + draw(st.integers(1, LONGEST))
    return spec, draw(policies(start)), start, at, until, draw(st.sampled_from((0, 1, 59, 600, 90_000)))


def pause_of(schedule: Schedule, at: int, until: int) -> Schedule:
    """The schedule, paused."""
    moment = datetime.fromtimestamp(at, UTC)
    change = paused(schedule, moment, Pause(since=moment, until=until), agent_deletions=0)
    assert change is not None
    return change.schedule


@law(histories(), examples=40)
def test_the_end_of_a_pause_settles_exactly_its_times(history: tuple[Spec, Policies, int, int, int, int]) -> None:
    spec, chosen, start, at, until, late = history
    before = pause_of(schedule_of(spec, start, chosen), at, until)
    change = pause_ended(before, datetime.fromtimestamp(until + late, UTC), deletions=0)
    after, table = change.schedule.state, before.timetable
    covered = [
        time for record in change.records for time in range(record.first, record.last + 1) if table.matches(time)
    ]
    first, last = chosen.first or 0, chosen.last or until
    expected = [time for time in range(max(at + 1, first), min(until, last) + 1) if spec.matches(time)]
    assert covered == expected
    assert sum(record.count for record in change.records) == len(expected)
    assert after.settled_until == until
    assert after.next_run_at == table.next_run(until)
    assert after.status == ("completed" if after.next_run_at is None else "active")
    assert (after.pause, after.pause_reason, after.generation) == (None, None, before.state.generation + 1)


@law(histories(), examples=40)
def test_a_deleted_agent_keeps_it_paused_with_the_same_records(
    history: tuple[Spec, Policies, int, int, int, int],
) -> None:
    spec, chosen, start, at, until, late = history
    before = pause_of(schedule_of(spec, start, chosen), at, until)
    now = datetime.fromtimestamp(until + late, UTC)
    for deletions in (None, 1):
        change = pause_ended(before, now, deletions=deletions)
        after = change.schedule.state
        assert (after.status, after.pause_reason, after.wakes_at) == ("paused", "agent_deleted", None)
        assert change.records == pause_ended(before, now, deletions=0).records
        assert after.settled_until == until
