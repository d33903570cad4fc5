"""What is due and what becomes of it."""

from __future__ import annotations

import pytest
from agent_schedules.domain.settlement import MOST_WRITES, Record, Settlement, closing_records, decide
from agent_schedules.timing.spec import Cron, Interval, Once

from tests.support.questions import asked
from tests.support.schedules import schedule_of
from tests.support.times import once_at

HOUR = 3600
TWO_SECONDS = Cron("*/2 * * * * *", "Europe/Berlin", second_exact=True)
MINUTELY = Interval(60, 1_000_000_020)
FIRST = MINUTELY.first


def settle(spec: Interval | Once | Cron, *, settled_until: int, now: int) -> Settlement | None:
    """`decide` with the usual policies."""
    return decide(schedule_of(spec, settled_until), now=now, grace=HOUR)


def outcome(
    runs: tuple[int, ...], records: tuple[Record, ...], until: int, following: int | None, more: bool
) -> Settlement:
    """A settlement in which no run waits."""
    return Settlement(runs, frozenset(), records, until, following, more)


def test_nothing_is_due_before_its_time() -> None:
    assert settle(MINUTELY, settled_until=FIRST - 60, now=FIRST - 1) is None
    assert settle(MINUTELY, settled_until=FIRST - 60, now=FIRST) == outcome((FIRST,), (), FIRST, FIRST + 60, False)


def test_up_to_two_minutes_late_every_occurrence_runs() -> None:
    settlement = settle(MINUTELY, settled_until=FIRST - 60, now=FIRST + 120)
    assert settlement is not None
    assert settlement.runs == (FIRST, FIRST + 60, FIRST + 120)
    assert settlement.records == ()


def test_only_the_newest_late_one_runs_the_rest_are_one_record() -> None:
    settlement = settle(MINUTELY, settled_until=FIRST - 60, now=FIRST + 600)
    assert settlement is not None
    assert settlement.runs == (FIRST + 420, FIRST + 480, FIRST + 540, FIRST + 600)
    assert settlement.records == (Record("missed", "late", FIRST, FIRST + 360, 7),)
    assert (settlement.settled_until, settlement.next_run_at) == (FIRST + 600, FIRST + 660)


def test_beyond_the_grace_nothing_runs() -> None:
    hourly = Interval(HOUR * 2, FIRST)
    settlement = settle(hourly, settled_until=FIRST - 60, now=FIRST + HOUR + 1)
    assert settlement == outcome((), (Record("missed", "late", FIRST, FIRST, 1),), FIRST, FIRST + HOUR * 2, False)
    inside = settle(hourly, settled_until=FIRST - 60, now=FIRST + HOUR)
    assert inside is not None
    assert inside.runs == (FIRST,)


def test_a_missed_once_leaves_its_record_and_nothing_to_come() -> None:
    settlement = settle(once_at(FIRST), settled_until=FIRST - 1, now=FIRST + HOUR * 9)
    assert settlement == outcome((), (Record("missed", "late", FIRST, FIRST, 1),), FIRST, None, False)


@pytest.mark.parametrize("outage", [100, 5_000, 31 * 86_400, 10 * 365 * 86_400])
@pytest.mark.parametrize("spec", [Interval(1, FIRST), TWO_SECONDS], ids=["interval", "cron"])
def test_an_outage_of_any_length_takes_two_settlements(spec: Interval | Cron, outage: int) -> None:
    settled_until, now, covered, rounds = FIRST - 1, FIRST + outage, 0, 0
    step = 1 if isinstance(spec, Interval) else 2
    with asked() as questions:
        while (settlement := settle(spec, settled_until=settled_until, now=now)) is not None:
            assert len(settlement.runs) <= MOST_WRITES
            covered += len(settlement.runs) + sum(record.count for record in settlement.records)
            assert covered == settlement.settled_until // step - (FIRST - 1) // step
            settled_until, rounds = settlement.settled_until, rounds + 1
            assert settlement.more == (settled_until < now // step * step)
    assert covered == now // step - (FIRST - 1) // step
    assert rounds <= 2
    assert questions["next_after"] <= 2 + 121 + 2 * 31


@pytest.mark.parametrize("spec", [Interval(1, FIRST), TWO_SECONDS], ids=["interval", "cron"])
def test_closing_a_gap_of_years_asks_a_bounded_number_of_times(spec: Interval | Cron) -> None:
    now = FIRST + 10 * 365 * 86_400
    with asked() as questions:
        (record,) = closing_records(schedule_of(spec, FIRST - 1), now, "paused")
    step = 1 if isinstance(spec, Interval) else 2
    assert (record.first, record.last) == (FIRST, now)
    assert record.count == now // step - (FIRST - 1) // step
    assert questions["next_after"] <= 32


def test_a_change_leaves_what_was_due_as_one_skipped_record() -> None:
    records = closing_records(schedule_of(MINUTELY, FIRST - 60), FIRST + 90, "schedule_deleted")
    assert records == (Record("skipped", "schedule_deleted", FIRST, FIRST + 60, 2),)
    assert closing_records(schedule_of(MINUTELY, FIRST), FIRST + 59, "x") == ()
