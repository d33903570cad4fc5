"""Which nominal times a backfill gives a run, and what is left of their records."""

from __future__ import annotations

import pytest
from agent_schedules.domain.backfill import MOST_TIMES, NOT_SCHEDULED, Missing, fits, missing_of, times_in, without
from agent_schedules.domain.policies import NO_POLICIES, DateRange, Policies
from agent_schedules.domain.settlement import Record
from agent_schedules.domain.transitions import backfilling, without_backfill
from agent_schedules.errors import Conflict, InvalidRequest
from agent_schedules.timing.spec import Cron, Interval

from tests.support.schedules import EPOCH, schedule_of
from tests.support.times import seconds_of

FIRST = 1_000_000_020
MINUTELY = Interval(60, FIRST)


def minute(number: int) -> int:
    """A nominal time of the minutely schedule."""
    return FIRST + 60 * number


def late(first: int, last: int) -> Record:
    """A record of missed times."""
    return Record("missed", "late", minute(first), minute(last), last - first + 1)


# -------------------------------------------------------------------------------------------------------------- times


def test_the_times_are_those_within_the_range() -> None:
    schedule = schedule_of(MINUTELY, minute(9))
    assert times_in(schedule, minute(2), minute(4)) == [minute(2), minute(3), minute(4)]
    assert times_in(schedule, minute(2) + 1, minute(4) - 1) == [minute(3)]
    assert times_in(schedule, 0, minute(0)) == [minute(0)]
    assert times_in(schedule, 0, minute(0) - 1) == []


def test_a_range_may_end_after_the_last_settled_time() -> None:
    schedule = schedule_of(MINUTELY, minute(9))
    assert times_in(schedule, minute(9), minute(10) - 1) == [minute(9)]
    with pytest.raises(InvalidRequest, match=r"^to: 2001-09-09T01:57:00\.000Z is before it and not settled yet"):
        times_in(schedule, minute(9), minute(10))


def test_too_many_times_are_refused_with_their_number() -> None:
    schedule = schedule_of(MINUTELY, minute(5000))
    assert len(times_in(schedule, minute(1), minute(MOST_TIMES))) == MOST_TIMES
    with pytest.raises(InvalidRequest, match="there are 4001 occurrences"):
        times_in(schedule, minute(1000), minute(5000))


def test_bounds_and_exclusions_count_as_the_timetable_has_them() -> None:
    daily = Cron("0 9 * * *", "UTC")
    day = DateRange.parse("2026-03-03").first
    policies = Policies(start_at=EPOCH.replace(year=2026, month=3, day=2), exclude=(DateRange(day, day),))
    schedule = schedule_of(daily, seconds_of("2026-03-05T09:00:00Z"), policies)
    times = times_in(schedule, 0, seconds_of("2026-03-04T23:00:00Z"))
    assert times == [seconds_of(f"2026-03-0{number}T09:00:00Z") for number in (2, 3, 4)]
    assert [missing.reason for missing in missing_of(schedule, times, set(), [])] == [
        NOT_SCHEDULED,
        "excluded",
        NOT_SCHEDULED,
    ]


# ------------------------------------------------------------------------------------------------------------ missing


def test_each_missing_time_has_the_reason_of_its_record() -> None:
    schedule = schedule_of(MINUTELY, minute(9))
    records = [late(1, 2), Record("skipped", "paused", minute(4), minute(4), 1)]
    times = [minute(number) for number in range(6)]
    assert missing_of(schedule, times, {minute(0), minute(3)}, records) == [
        Missing(minute(1), "late"),
        Missing(minute(2), "late"),
        Missing(minute(4), "paused"),
        Missing(minute(5), NOT_SCHEDULED),
    ]


def test_times_in_a_record_of_another_timing_are_left_out() -> None:
    schedule = schedule_of(MINUTELY, minute(9))
    every_two = Record("missed", "late", minute(1), minute(5), 3)
    times = [minute(number) for number in range(7)]
    assert [missing.nominal for missing in missing_of(schedule, times, set(), [every_two])] == [minute(0), minute(6)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (late(1, 5), True),
        (Record("missed", "late", minute(1), minute(5), 4), False),
        (Record("missed", "late", minute(1) + 1, minute(5), 4), False),
        (Record("missed", "late", minute(1), minute(5) - 1, 4), False),
    ],
)
def test_a_record_fits_the_timing_that_has_its_times(record: Record, expected: bool) -> None:
    assert fits(record, MINUTELY) is expected


# ------------------------------------------------------------------------------------------------- what a record keeps


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (1, [(2, 5, True)]),
        (3, [(1, 2, False), (4, 5, True)]),
        (5, [(1, 4, False)]),
    ],
)
def test_a_record_keeps_the_times_around_one(gone: int, left: list[tuple[int, int, bool]]) -> None:
    found = without(late(1, 5), minute(gone), MINUTELY)
    assert [(one.first, one.last, one.count, one.rest) for one in found] == [
        (minute(first), minute(last), last - first + 1, rest) for first, last, rest in left
    ]
    assert {one.reason for one in found} == {"late"}


def test_a_record_of_one_time_is_gone_with_it() -> None:
    assert without(late(1, 1), minute(1), MINUTELY) == ()


# -------------------------------------------------------------------------------------------------------- transitions


def test_a_backfill_under_way_has_the_same_times_still_to_do() -> None:
    schedule = schedule_of(MINUTELY, minute(9), NO_POLICIES)
    begun = backfilling(schedule, [minute(1), minute(3)], EPOCH, agent_deletions=0)
    assert begun is not None
    under_way = begun.schedule
    assert under_way.state.generation == schedule.state.generation + 1
    assert backfilling(under_way, [minute(3)], EPOCH, agent_deletions=0) is None
    assert backfilling(under_way, [], EPOCH, agent_deletions=0) is None
    with pytest.raises(Conflict, match="under way"):
        backfilling(under_way, [minute(3), minute(4)], EPOCH, agent_deletions=0)
    stopped = without_backfill(under_way, EPOCH)
    assert stopped is not None
    assert without_backfill(stopped.schedule, EPOCH) is None


def test_a_backfill_from_before_the_agents_deletion_is_over() -> None:
    schedule = schedule_of(MINUTELY, minute(9), NO_POLICIES)
    begun = backfilling(schedule, [minute(1)], EPOCH, agent_deletions=0)
    assert begun is not None
    again = backfilling(begun.schedule, [minute(2)], EPOCH, agent_deletions=1)
    assert again is not None
    assert again.schedule.state.backfill is not None
    assert again.schedule.state.backfill.until == minute(2)
