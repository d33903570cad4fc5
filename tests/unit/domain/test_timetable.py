"""The nominal times of a schedule with policies: bounds, hidden times, spread."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest
from agent_schedules.domain.policies import DateRange, Policies
from agent_schedules.domain.timetable import Handover, Timetable
from agent_schedules.timing.spec import LATEST, Cron, Interval, Once
from agent_schedules.timing.zones import zone, zone_names

MINUTE, HOUR, DAY = 60, 3600, 86_400
FIRST = 1_772_000_040
MINUTELY = Interval(MINUTE, FIRST)
ODD_MIDNIGHTS = (
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Santiago",
    "America/Asuncion",
    "America/Nuuk",
    "Atlantic/Azores",
    "America/Scoresbysund",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Europe/Berlin",
    "Pacific/Apia",
)


def at(second: int, microsecond: int = 0) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(microsecond=microsecond)


def excluded(*texts: str, timezone: str = "UTC", expression: str = "0 * * * *") -> Timetable:
    return Timetable(Cron(expression, timezone), Policies(exclude=tuple(DateRange.parse(text) for text in texts)))


# ------------------------------------------------------------------------------------------------------------- bounds


def test_bounds_include_a_nominal_time_that_is_one() -> None:
    table = Timetable(MINUTELY, Policies(start_at=at(FIRST + 60), end_at=at(FIRST + 180)))
    assert table.next_after(0) == FIRST + 60
    assert table.next_after(FIRST + 60) == FIRST + 120
    assert table.next_after(FIRST + 180) is None
    assert table.last_in(0, LATEST) == FIRST + 180
    assert table.count_in(0, LATEST) == 3
    assert [table.matches(FIRST + n * 60) for n in range(5)] == [False, True, True, True, False]


def test_a_fraction_of_a_bound_leaves_its_second_out() -> None:
    table = Timetable(MINUTELY, Policies(start_at=at(FIRST, 1), end_at=at(FIRST + 120, 999_999)))
    assert (table.next_after(0), table.last_in(0, LATEST)) == (FIRST + 60, FIRST + 120)


def test_bounds_that_leave_nothing_leave_nothing() -> None:
    table = Timetable(MINUTELY, Policies(start_at=at(FIRST + 1), end_at=at(FIRST + 59)))
    assert (table.next_after(0), table.next_run(0), table.last_in(0, LATEST), table.count_in(0, LATEST)) == (
        None,
        None,
        None,
        0,
    )


def test_a_once_outside_its_bounds_does_not_exist() -> None:
    moment = Once(at(FIRST))
    assert Timetable(moment, Policies(end_at=at(FIRST - 1))).next_run(0) is None
    assert Timetable(moment, Policies(start_at=at(FIRST + 1))).next_run(0) is None
    assert Timetable(moment, Policies(start_at=at(FIRST), end_at=at(FIRST))).next_run(0) == FIRST


# ------------------------------------------------------------------------------------------------------- hidden times


def test_next_run_and_last_run_pass_over_skipped_times() -> None:
    table = Timetable(MINUTELY, skips=frozenset({FIRST + 60, FIRST + 120}))
    assert (table.next_run(FIRST), table.last_run(0, FIRST + 120)) == (FIRST + 180, FIRST)
    assert [table.hidden(FIRST + n * 60) for n in range(4)] == [None, "skip_requested", "skip_requested", None]


def test_a_range_of_excluded_dates_is_passed_at_once() -> None:
    table = excluded("2026-03-02/2026-03-20", "2026-03-21")
    before = int(datetime(2026, 3, 1, 23, tzinfo=UTC).timestamp())
    after = int(datetime(2026, 3, 22, tzinfo=UTC).timestamp())
    assert table.next_run(before) == after
    assert table.last_run(0, after - 1) == before
    assert table.same_until(before + HOUR, LATEST) == after - 1
    assert table.same_until(before, LATEST) == before + HOUR - 1


def test_a_skip_on_an_excluded_date_keeps_its_own_reason() -> None:
    noon = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
    table = Timetable(Cron("0 * * * *", "UTC"), Policies(exclude=(DateRange.parse("2026-03-02"),)), frozenset({noon}))
    assert [table.hidden(noon + n * HOUR) for n in (-1, 0, 1)] == ["excluded", "skip_requested", "excluded"]
    assert table.same_until(noon - HOUR, LATEST) == noon - 1
    assert table.same_until(noon, LATEST) == noon
    assert table.last_run(0, noon + HOUR) == noon - 13 * HOUR


def test_everything_excluded_leaves_no_run() -> None:
    table = excluded("0001-01-01/9999-12-31")
    assert (table.next_run(FIRST), table.last_run(0, FIRST)) == (None, None)


def test_a_once_far_ahead_is_hidden_or_runs() -> None:
    far = Once(at(LATEST))
    assert Timetable(far, Policies(exclude=(DateRange.parse("2199-12-31"),))).next_run(0) is None
    assert Timetable(far, Policies(exclude=(DateRange.parse("2199-12-30"),))).next_run(0) == LATEST
    assert Timetable(far, skips=frozenset({LATEST})).next_run(0) is None


@pytest.mark.parametrize("name", ODD_MIDNIGHTS)
def test_excluded_is_what_the_local_clock_dates_so(name: str) -> None:
    # Each clock change of two years, with the days around it excluded in turn, minute by minute.
    tz = zone(name)
    for change in _changes(name, 2026, 2028):
        for days in (-1, 0, 1):
            day = datetime.fromtimestamp(change, tz).date() + timedelta(days=days)
            table = excluded(str(day), timezone=name)
            for second in range(change - 2 * DAY, change + 2 * DAY, 300):
                expected = "excluded" if datetime.fromtimestamp(second, tz).date() == day else None
                assert table.hidden(second) == expected, (day, second)


def test_a_date_that_a_zone_has_not_excludes_nothing() -> None:
    # Samoa went from the 29th to the 31st of December 2011.
    table = excluded("2011-12-30", timezone="Pacific/Apia")
    middle = int(datetime(2011, 12, 30, 10, tzinfo=UTC).timestamp())
    assert not any(table.hidden(second) for second in range(middle - 2 * DAY, middle + 2 * DAY, 600))
    assert table.next_run(middle - 1) == middle
    around = excluded("2011-12-29/2011-12-31", timezone="Pacific/Apia")
    assert around.next_run(middle - DAY - 1) == middle + DAY


@pytest.mark.slow
def test_no_zone_has_a_date_in_two_parts_from_now_on() -> None:
    # Then a date would be no stretch of seconds, and `_stretches` would be wrong there.
    for name in sorted(zone_names()):
        tz = zone(name)
        for change in _changes(name, 2026, 2032):
            dates = [datetime.fromtimestamp(second, tz).date() for second in range(change - DAY, change + DAY, 60)]
            assert dates == sorted(dates), (name, change)


def _changes(name: str, first: int, last: int) -> list[int]:
    """The seconds at which a zone's clocks change."""
    tz, found = zone(name), []
    begin, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last))
    for second in range(begin, end, 5 * DAY):  # no offset lasts less
        low, high = second, second + 5 * DAY
        if _offset(low, tz) == _offset(high, tz):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, tz) == _offset(low, tz) else (low, middle)
        found.append(high)
    return found


def _offset(second: int, tz: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(second, tz).utcoffset()


# ------------------------------------------------------------------------------------------------------------- spread


def test_spread_is_fixed_and_within_its_bound() -> None:
    table = Timetable(MINUTELY, Policies(spread_seconds=20), seed="sched_1")
    again = Timetable(MINUTELY, Policies(spread_seconds=20), seed="sched_1")
    times = [FIRST + n * MINUTE for n in range(500)]
    offsets = [table.due_at(time) - time for time in times]
    assert offsets == [again.due_at(time) - time for time in times]
    assert set(offsets) == set(range(21))


def test_spread_never_passes_the_following_time() -> None:
    table = Timetable(MINUTELY, Policies(spread_seconds=900), seed="sched_1")
    offsets = {table.due_at(FIRST + n * MINUTE) - FIRST - n * MINUTE for n in range(900)}
    assert offsets == set(range(60))


def test_the_last_time_spreads_over_the_whole_bound() -> None:
    dues = {
        Timetable(MINUTELY, Policies(spread_seconds=900, end_at=at(FIRST)), seed=f"sched_{n}").due_at(FIRST) - FIRST
        for n in range(300)
    }
    assert max(dues) > 800
    assert min(dues) >= 0


def test_spread_differs_between_schedules() -> None:
    dues = {Timetable(Once(at(FIRST)), Policies(spread_seconds=900), seed=f"s{n}").due_at(FIRST) for n in range(50)}
    assert len(dues) > 40


@pytest.mark.parametrize("spread", [0, 1, 30, 59, 60, 900])
def test_due_by_divides_due_from_undue(spread: int) -> None:
    table = Timetable(MINUTELY, Policies(spread_seconds=spread, end_at=at(FIRST + 20 * MINUTE)), seed="sched_1")
    times = [FIRST + n * MINUTE for n in range(21)]
    for instant in range(FIRST - 10, FIRST + 22 * MINUTE, 7):
        mark = table.due_by(instant)
        assert all((time <= mark) == (table.due_at(time) <= instant) for time in times if time <= instant), instant
        assert mark <= instant


def test_hidden_times_bound_the_spread_too() -> None:
    # A skip may be taken back, and the order must hold then.
    table = Timetable(MINUTELY, Policies(spread_seconds=900), frozenset({FIRST + MINUTE}), "sched_1")
    assert table.due_at(FIRST) < FIRST + MINUTE


def test_without_a_zone_given_dates_are_those_of_utc() -> None:
    table = Timetable(MINUTELY, Policies(exclude=(DateRange(date(2026, 2, 25), date(2026, 2, 25)),)))
    second = int(datetime(2026, 2, 25, tzinfo=UTC).timestamp())
    assert [table.hidden(second + n) for n in (-1, 0, DAY - 1, DAY)] == [None, "excluded", "excluded", None]


# ----------------------------------------------------------------------------------------------------------- handover


@pytest.mark.parametrize("offsets", [(1,), (0, 3), (2, 3, 5)])
def test_during_a_handover_only_its_times_are_there(offsets: tuple[int, ...]) -> None:
    until = FIRST + 5 * MINUTE + 20
    times = tuple(FIRST + offset * MINUTE for offset in offsets)
    table = Timetable(MINUTELY, handover=Handover(until, times))
    before = range(FIRST, times[0], MINUTE)
    expected = [*before, *times, *range(until + 40, until + 10 * MINUTE, MINUTE)]
    for instant in range(FIRST - 90, until + 200, 10):
        assert table.matches(instant) == (instant in expected)
        assert table.next_after(instant) == next(time for time in expected if time > instant)
        for end in range(instant + 10, until + 400, 70):
            within = [time for time in expected if instant < time <= end]
            assert table.last_in(instant, end) == (within[-1] if within else None)
            assert table.count_in(instant, end) == len(within)


def test_excluded_dates_are_placed_once_however_often_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [date(2026, 3, 2) + timedelta(2 * number) for number in range(100)]
    table = excluded(*map(str, days), expression="0 0 * * *")
    begin, placed = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()), 0

    def counted(name: str) -> tzinfo:
        nonlocal placed
        placed += 1
        return zone(name)

    monkeypatch.setattr("agent_schedules.domain.timetable.zone", counted)
    assert sum(table.hidden(begin + day * DAY) == "excluded" for day in range(400)) == 100
    assert table.next_run(begin - 1) == begin + DAY
    assert table.last_run(begin - 1, begin + 198 * DAY) == begin + 197 * DAY
    assert placed == 1
