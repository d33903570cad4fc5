"""The outcomes that policies give: one table of cases for each value, and for values that meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules.domain.policies import MOST_LATE, MOST_WAITING, DateRange, Overlap, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import MOST_WRITES, Record, Settlement, decide, settled
from agent_schedules.ids import run_id
from agent_schedules.timing.spec import Cron, Interval

from tests.support.schedules import KEY, schedule_of

GRACE = 3600
T = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())  # midnight
MINUTELY, SECONDLY = Interval(60, T + 60), Interval(1, T + 1)
YESTERDAY, TODAY = DateRange.parse("2026-03-01"), DateRange.parse("2026-03-02")
OPEN = "run_open"


def times(*minutes: int) -> tuple[int, ...]:
    return tuple(T + 60 * minute for minute in minutes)


def own(minute: int) -> str:
    return run_id(KEY.schedule_id, T + 60 * minute)


def minutely(known: Policies, **state: Any) -> Schedule:
    return schedule_of(MINUTELY, T, known, **state)


def settle(schedule: Schedule, seconds: int, open_run_id: str | None = None) -> Settlement:
    found = decide(schedule, now=T + seconds, grace=GRACE, open_run_id=open_run_id)
    assert found is not None
    return found


def after(schedule: Schedule, found: Settlement, seconds: int, open_run_id: str | None = None) -> Schedule:
    moment = datetime.fromtimestamp(T + seconds, UTC)
    return replace(schedule, state=settled(schedule, found, open_run_id=open_run_id, now=moment))


def told(found: Settlement) -> list[tuple[str, int, int, int]]:
    """The records: their reason, the minutes that they stand for, and how many."""
    return [(r.reason, (r.first - T) // 60, (r.last - T) // 60, r.count) for r in found.records]


# ------------------------------------------------------------------------------------------------------------- misfire


@pytest.mark.parametrize(
    ("known", "runs", "records"),
    [
        # Ten minutes have passed: minutes 1-7 are late, 8-10 are on time.
        (Policies(), (7, 8, 9, 10), [("late", 1, 6, 6)]),
        (Policies(misfire="run_latest", misfire_grace_seconds=180), (7, 8, 9, 10), [("late", 1, 6, 6)]),
        (Policies(misfire="run_latest", misfire_grace_seconds=179), (8, 9, 10), [("late", 1, 7, 7)]),
        (Policies(misfire="skip"), (8, 9, 10), [("late", 1, 7, 7)]),
        (Policies(misfire="run_all"), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), []),
        (Policies(misfire="run_all", misfire_grace_seconds=300), (5, 6, 7, 8, 9, 10), [("late", 1, 4, 4)]),
        (Policies(misfire="run_all", misfire_grace_seconds=0), (8, 9, 10), [("late", 1, 7, 7)]),
        (Policies(max_runs=2), (7, 8), [("late", 1, 6, 6)]),
        (Policies(misfire="run_all", max_runs=4), (1, 2, 3, 4), []),
        (Policies(start_at=datetime.fromtimestamp(T + 500, UTC)), (9, 10), []),
        (Policies(end_at=datetime.fromtimestamp(T + 200, UTC)), (3,), [("late", 1, 2, 2)]),
    ],
)
def test_a_late_settlement_is_by_the_misfire_policy(
    known: Policies, runs: tuple[int, ...], records: list[tuple[str, int, int, int]]
) -> None:
    found = settle(minutely(known), 600)
    assert (found.runs, told(found)) == (times(*runs), records)


def test_run_all_runs_a_hundred_late_ones_in_two_settlements() -> None:
    schedule = schedule_of(SECONDLY, T, Policies(misfire="run_all"))
    now, made, missed, rounds = 3_000, 0, 0, 0
    while True:
        found = settle(schedule, now)
        schedule = after(schedule, found, now)
        assert len(found.runs) + len(found.records) <= MOST_WRITES
        made, missed, rounds = made + len(found.runs), missed + sum(r.count for r in found.records), rounds + 1
        if not found.more:
            break
    assert (made, missed) == (MOST_LATE + 121, 3_000 - MOST_LATE - 121)
    assert rounds == 3


def test_a_settlement_stops_at_the_last_run_of_max_runs() -> None:
    schedule = schedule_of(SECONDLY, T, Policies(max_runs=150))
    first = settle(schedule, 121)
    assert (len(first.runs), first.more) == (MOST_WRITES, True)
    rest = settle(after(schedule, first, 121), 200)
    assert len(first.runs) + len(rest.runs) + sum(r.count for r in rest.records) <= 200
    last = schedule_of(SECONDLY, T, Policies(max_runs=100), run_count=103, other_runs=4)
    found = settle(last, 50)
    assert (found.runs, found.next_run_at, found.more) == ((T + 1,), None, False)
    assert after(last, found, 50).state.status == "completed"


# -------------------------------------------------------------------------------------------------------------- hidden


def test_a_skip_between_two_that_run_is_one_record() -> None:
    schedule = schedule_of(MINUTELY_CRON, T - 300, Policies(exclude=(TODAY,)), skips=(T - 180,))
    found = decide(schedule, now=T - 60, grace=GRACE)
    assert found is not None
    assert told(found) == [("skip_requested", -3, -3, 1)]


MINUTELY_CRON = Cron("* * * * *", "UTC")


def test_a_day_excluded_in_the_middle_is_one_record() -> None:
    schedule = schedule_of(MINUTELY_CRON, T - 86_400 - 600, Policies(exclude=(YESTERDAY,)))
    found = settle(schedule, 600)
    assert told(found) == [("late", -1450 + 1, -1441, 9), ("excluded", -1440, -1, 1440), ("late", 0, 6, 7)]
    assert found.runs == times(7, 8, 9, 10)


def test_hidden_times_alone_are_not_settled_by_themselves() -> None:
    schedule = schedule_of(MINUTELY_CRON, T - 60, Policies(exclude=(TODAY,)))
    assert schedule.state.next_run_at == T + 86_400
    assert decide(schedule, now=T + 80_000, grace=GRACE) is None
    found = settle(schedule, 86_400)
    assert (told(found), found.runs) == ([("excluded", 0, 1439, 1440)], (T + 86_400,))


def test_a_skipped_time_is_not_run_however_late_the_others_are() -> None:
    schedule = minutely(Policies(), skips=(T + 420, T + 540))
    found = settle(schedule, 600)
    assert found.runs == times(6, 8, 10)
    assert told(found) == [("late", 1, 5, 5), ("skip_requested", 7, 7, 1), ("skip_requested", 9, 9, 1)]
    assert after(schedule, found, 600).state.skips == ()


def test_after_the_last_run_nothing_is_recorded() -> None:
    schedule = minutely(Policies(max_runs=1, misfire="run_all"), skips=(T + 120,))
    found = settle(schedule, 300)
    assert (found.runs, told(found), found.settled_until, found.next_run_at) == (times(1), [], T + 60, None)


def test_a_schedule_whose_rest_is_hidden_is_completed() -> None:
    schedule = minutely(Policies(end_at=datetime.fromtimestamp(T + 120, UTC)), skips=(T + 120,))
    found = settle(schedule, 60)
    assert (found.runs, found.next_run_at) == (times(1), None)
    assert after(schedule, found, 60).state.status == "completed"


# ------------------------------------------------------------------------------------------------------------- overlap


@pytest.mark.parametrize(
    ("overlap", "line", "runs", "waits", "records"),
    [
        # Minutes 1, 2 and 3 are due at once.
        ("allow", (OPEN, ()), (1, 2, 3), (), []),
        ("skip", (None, ()), (1,), (), [(2, 3, own(1))]),
        ("skip", (OPEN, ()), (), (), [(1, 3, OPEN)]),
        ("queue_one", (None, ()), (1, 2), (2,), [(3, 3, own(1))]),
        ("queue_one", (OPEN, ()), (1,), (1,), [(2, 3, OPEN)]),
        ("queue_one", (OPEN, ("run_w",)), (), (), [(1, 3, OPEN)]),
        ("queue_all", (None, ()), (1, 2, 3), (2, 3), []),
        ("queue_all", (OPEN, ()), (1, 2, 3), (1, 2, 3), []),
        ("queue_all", (OPEN, ("w",) * (MOST_WAITING - 1)), (1,), (1,), [(2, 3, OPEN)]),
        ("queue_all", (OPEN, ("w",) * MOST_WAITING), (), (), [(1, 3, OPEN)]),
        ("cancel_previous", (None, ()), (3,), (), [(1, 2, own(3))]),
        ("cancel_previous", (OPEN, ()), (3,), (3,), [(1, 2, own(3))]),
        ("cancel_previous", (OPEN, ("w",)), (3,), (3,), [(1, 2, own(3))]),
    ],
)
def test_several_due_at_once_go_by_the_overlap_policy(
    overlap: Overlap,
    line: tuple[str | None, tuple[str, ...]],
    runs: tuple[int, ...],
    waits: tuple[int, ...],
    records: list[tuple[int, int, str]],
) -> None:
    open_run, waiting = line
    schedule = minutely(Policies(overlap=overlap), open_run_id=open_run, waiting=waiting)
    found = settle(schedule, 180, open_run)
    assert (found.runs, found.waiting) == (times(*runs), frozenset(times(*waits)))
    assert [((r.first - T) // 60, (r.last - T) // 60, r.run_id) for r in found.records] == records
    assert {(r.outcome, r.reason) for r in found.records} <= {("skipped", "overlap")}
    state = after(schedule, found, 180, open_run).state
    started = [minute for minute in runs if minute not in waits]
    assert state.waiting == (*waiting, *(own(minute) for minute in waits))
    if overlap != "allow":
        assert len(started) + (open_run is not None) == 1
        assert state.open_run_id == (open_run or own(started[0]))
    assert (state.run_count, state.last_run_id) == (len(runs), own(runs[-1]) if runs else None)


def test_records_merge_only_where_nothing_lies_between() -> None:
    schedule = minutely(Policies(overlap="skip"), skips=(T + 120,), open_run_id=OPEN)
    found = settle(schedule, 240, OPEN)
    assert [(r.reason, r.first, r.last, r.count) for r in found.records] == [
        ("overlap", T + 60, T + 60, 1),
        ("skip_requested", T + 120, T + 120, 1),
        ("overlap", T + 180, T + 240, 2),
    ]


def test_a_late_one_that_overlaps_is_skipped_for_that() -> None:
    found = settle(minutely(Policies(overlap="skip"), open_run_id=OPEN), 600, OPEN)
    assert found.records == (
        Record("missed", "late", T + 60, T + 360, 6),
        Record("skipped", "overlap", T + 420, T + 600, 4, OPEN),
    )


def test_an_occurrence_that_is_skipped_is_none_of_max_runs() -> None:
    schedule = minutely(Policies(overlap="skip", max_runs=2))
    found = settle(schedule, 180)
    state = after(schedule, found, 180).state
    assert (found.runs, state.status, state.run_count) == (times(1), "active", 1)
    assert found.next_run_at == T + 240


def test_one_that_waits_is_one_of_max_runs() -> None:
    schedule = minutely(Policies(overlap="queue_all", max_runs=2))
    found = settle(schedule, 180)
    state = after(schedule, found, 180).state
    assert (found.runs, found.waiting, state.status) == (times(1, 2), frozenset(times(2)), "completed")
    assert state.waiting == (own(2),)


def test_an_ended_run_is_forgotten() -> None:
    schedule = minutely(Policies(overlap="skip"), open_run_id="run_ended")
    found = settle(schedule, 60, None)
    assert after(schedule, found, 60).state.open_run_id == own(1)
    late = settle(minutely(Policies(overlap="skip", misfire="skip"), open_run_id="run_ended"), 61)
    assert late.runs == times(1)


# -------------------------------------------------------------------------------------------------------------- spread


def test_with_a_spread_an_occurrence_is_due_at_its_own_time() -> None:
    schedule = minutely(Policies(spread_seconds=50))
    due = schedule.timetable.due_at(T + 60)
    assert schedule.state.due_at == (due if due != T + 60 else None)
    assert decide(schedule, now=due - 1, grace=GRACE) is None
    found = settle(schedule, due - T)
    assert found.runs == times(1)
    assert after(schedule, found, due - T).state.wakes_at == schedule.timetable.due_at(T + 120)


def test_lateness_counts_from_the_due_time() -> None:
    schedule = schedule_of(Interval(3_600, T + 60), T, Policies(spread_seconds=900, misfire="skip"))
    due = schedule.timetable.due_at(T + 60) - T
    assert settle(schedule, due + 120).runs == (T + 60,)
    assert settle(schedule, due + 121).runs == ()
