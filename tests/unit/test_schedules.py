"""What is due and what becomes of it."""

from __future__ import annotations

import pytest
from agent_schedules.schedules import MOST_MISSED, MOST_RUNS, Record, Settlement, closing_records, decide
from agent_schedules.timetable import Interval, Once

HOUR = 3600
MINUTELY = Interval(60, 1_000_000_020)
FIRST = MINUTELY.first


def settle(spec: Interval | Once, *, settled_until: int, now: int) -> Settlement | None:
    """`decide` with the usual grace."""
    return decide(spec, settled_until=settled_until, now=now, grace=HOUR)


def test_nothing_is_due_before_its_time_except_by_a_second() -> None:
    assert settle(MINUTELY, settled_until=FIRST - 60, now=FIRST - 2) is None
    assert settle(MINUTELY, settled_until=FIRST - 60, now=FIRST - 1) == Settlement(
        (FIRST,), (), FIRST, FIRST + 60, False
    )


def test_up_to_two_minutes_late_every_occurrence_runs() -> None:
    settlement = settle(MINUTELY, settled_until=FIRST - 60, now=FIRST + 120)
    assert settlement is not None
    assert settlement.runs == (FIRST, FIRST + 60, FIRST + 120)
    assert settlement.records == ()


def test_of_those_later_only_the_newest_runs_and_the_others_are_one_missed_record() -> None:
    settlement = settle(MINUTELY, settled_until=FIRST - 60, now=FIRST + 600)
    assert settlement is not None
    assert settlement.runs == (FIRST + 420, FIRST + 480, FIRST + 540, FIRST + 600)
    assert settlement.records == (Record("missed", "late", FIRST, FIRST + 360, 7),)
    assert (settlement.settled_until, settlement.next_run_at) == (FIRST + 600, FIRST + 660)


def test_beyond_the_grace_nothing_runs() -> None:
    hourly = Interval(HOUR * 2, FIRST)
    settlement = settle(hourly, settled_until=FIRST - 60, now=FIRST + HOUR + 1)
    assert settlement == Settlement((), (Record("missed", "late", FIRST, FIRST, 1),), FIRST, FIRST + HOUR * 2, False)
    inside = settle(hourly, settled_until=FIRST - 60, now=FIRST + HOUR)
    assert inside is not None
    assert inside.runs == (FIRST,)


def test_a_missed_once_leaves_its_record_and_nothing_to_come() -> None:
    settlement = settle(Once(FIRST), settled_until=FIRST - 1, now=FIRST + HOUR * 9)
    assert settlement == Settlement((), (Record("missed", "late", FIRST, FIRST, 1),), FIRST, None, False)


@pytest.mark.parametrize("outage", [100, 5_000, 25_000])
def test_work_is_bounded_and_nothing_is_left_out_however_long_the_outage(outage: int) -> None:
    spec = Interval(1, FIRST)
    settled_until, now, covered, rounds = FIRST - 1, FIRST + outage, 0, 0
    while (settlement := settle(spec, settled_until=settled_until, now=now)) is not None:
        assert len(settlement.runs) <= MOST_RUNS
        assert all(record.count <= MOST_MISSED for record in settlement.records)
        covered += len(settlement.runs) + sum(record.count for record in settlement.records)
        assert covered == settlement.settled_until - FIRST + 1
        settled_until, rounds = settlement.settled_until, rounds + 1
        assert settlement.more == (settled_until < now + 1)
    assert covered == outage + 2  # FIRST itself, and the one a second ahead
    assert rounds <= 3 + 122 // MOST_RUNS + outage // MOST_MISSED


def test_a_control_operation_leaves_what_was_due_as_one_skipped_record() -> None:
    records = closing_records(MINUTELY, settled_until=FIRST - 60, now=FIRST + 90, reason="schedule_deleted")
    assert records == (Record("skipped", "schedule_deleted", FIRST, FIRST + 60, 2),)
    assert closing_records(MINUTELY, settled_until=FIRST, now=FIRST + 59, reason="x") == ()
