"""Cron expressions: what is accepted, what the refusals say, and how little is looked at to find the next time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import product

import pytest
from agent_schedules.domain.preview import upcoming
from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.cron_parser import MACROS
from agent_schedules.timing.zones import zone
from cronsim import CronSim

from tests.support.schedules import preview_of
from tests.support.search_counter import Searches, counting_searches
from tests.support.times import parsed, seconds_of, text_of

SAME = {
    "names, any case": ("30 9 * JAN-mar mon,Wed-FRI", "30 9 * 1-3 1,3-5"),
    "7 is Sunday": ("0 0 * * 7", "0 0 * * 0"),
    "a range to Sunday": ("0 0 * * 5-7", "0 0 * * 0,5,6"),
    "both Sundays": ("0 0 * * 0-7", "0 0 * * *"),
    "leading zeros": ("05 08 01 02 *", "5 8 1 2 *"),
    "blanks round it": ("  5\t8  1 2 * ", "5 8 1 2 *"),
    "a stepped range": ("5-20/5,59 3 * * *", "5,10,15,20,59 3 * * *"),
    "a stepped star": ("*/25 */10 * */5 *", "0,25,50 0,10,20 * 1,6,11 *"),
    "a list that overlaps": ("1-3,2-4,3 * * * *", "1-4 * * * *"),
    "a step as large as the field": ("*/60 */24 * * *", "0 0 * * *"),
    "a step beyond its range": ("0-59/60 0-5/24 1-9/31 3-4/12 *", "0 0 1 3 *"),
    "a full range": ("0-59 0-23 * 1-12 *", "* * * * *"),
}


@pytest.mark.parametrize(("expression", "plain"), SAME.values(), ids=SAME.keys())
def test_what_means_the_same(expression: str, plain: str) -> None:
    assert CronFields.parse(expression) == CronFields.parse(plain)


@pytest.mark.parametrize("macro", MACROS)
def test_macros_are_what_they_stand_for(macro: str) -> None:
    assert CronFields.parse(f" {macro.upper()} ") == CronFields.parse(MACROS[macro])
    assert CronFields.parse(macro, seconds=True) == CronFields.parse(f"0 {MACROS[macro]}", seconds=True)


@pytest.mark.parametrize(
    ("expression", "either"),
    [
        ("0 0 13 * 5", True),
        ("0 0 1-31 * 5", True),
        ("0 0 13 * 0-6", True),
        ("0 0 * * 5", False),
        ("0 0 13 * *", False),
        ("0 0 */2 * 1", False),
        ("0 0 1,15 * */2", False),
        ("0 0 *,13 * 5", False),
    ],
)
def test_the_day_fields_join_by_or_unless_one_begins_with_a_star(expression: str, either: bool) -> None:
    assert CronFields.parse(expression).either_day == either


@pytest.mark.parametrize(
    ("expression", "every_hour"),
    [
        ("* * * * *", True),
        ("*/7 * * * *", True),
        ("5,35 0-23 1-31 1-12 *", True),
        ("0 * 1-31 * 1", True),  # OR with every day is every day
        ("0 * 13 * 0-6", True),
        ("0 * */1 * */1", True),
        ("0 */2 * * *", False),
        ("0 0-22 * * *", False),
        ("0 * 1-30 * *", False),
        ("0 * * 1-11 *", False),
        ("0 * * * 1-6", False),
        ("0 * */1 * 1", False),
    ],
)
def test_an_open_expression_is_told_by_its_values(expression: str, every_hour: bool) -> None:
    assert CronFields.parse(expression).every_hour == every_hour


REFUSED = {
    "0 24 * * *": "hour: 24 is outside 0-23",
    "60 * * * *": "minute: 60 is outside 0-59",
    "0 5-24 * * *": "hour: 24 is outside 0-23 (in `5-24`)",
    "* * 0 * *": "day of month: 0 is outside 1-31",
    "* * * 13 *": "month: 13 is outside 1-12",
    "* * * * 8": "day of week: 8 is outside 0-7",
    "99999999999999999999 * * * *": "minute: 999999999999 is outside 0-59",
    "* * * WED *": "month: `WED` is not a value",
    "* * ? * *": "day of month: `?` is not understood: `?` is AWS's and Quartz's; write `*`",
    "H/15 * * * *": "minute: `H/15` is not understood: `H` is Jenkins's",
    "0~30 * * * *": "minute: `0~30` is not understood: `~`",
    "0 0 31 2 *": "'0 0 31 2 *' never occurs: month 2 has no day 31",
    "0 0 30 FEB *": "never occurs: month FEB has no day 30",
    "0 0 31 4,6,9,11 *": "never occurs",
    "0 0 * *": "4 fields, must be 5: minute hour day-of-month month day-of-week",
    "0 0 1, 2 * *": "6 fields, must be 5: minute hour day-of-month month day-of-week; remove the spaces within a list",
    "0 0 0 * * *": 'a sixth field, for seconds, goes first and needs `precision: "second"`',
    "0 9 * * ? *": "drop the year, write `*` for `?`, and count weekdays from 0 = Sunday",
    "0 9 1 1 * 2027": "drop the year",
    "0 0 12 * * ?": 'a sixth field, for seconds, goes first and needs `precision: "second"`',
    "0 0 9 * * ? 2027": "years are not supported",
    "": "0 fields",
    "@reboot": "`@reboot` is not supported; use a schedule of type `once`",
    "@every 5m": "`@every` is not cron; use a schedule of type `interval`",
    "@fortnightly": "`@fortnightly` is not one of @hourly, @daily",
    "cron(0 9 * * ? *)": "write the five fields alone, without `cron(...)`",
    "rate(5 minutes)": "`rate(...)` is not cron; use a schedule of type `interval`",
    "at(2026-05-01T09:00:00)": "use a schedule of type `once`",
    "CRON_TZ=Europe/Riga 0 9 * * *": "put the time zone into schedule.timezone",
    "TZ=UTC 0 9 * * *": "put the time zone into schedule.timezone",
    "*/0 * * * *": "minute: `*/0` has a step of 0; a step must be 1 or more",
    "*/90 * * * *": "minute: `*/90` has a step larger than the field's 60 values; for such spacing use type `interval`",
    "0 */25 * * *": "hour: `*/25`",
    "0 0 1-9/99999999999 * *": "day of month: `1-9/99999999999`",
    "5/15 * * * *": "minute: `5/15` has a step without a range; write `5-59/15`",
    "0 0 * mar/2 *": "month: `mar/2` has a step without a range; write `mar-12/2`",
    "0 22-2 * * *": "hour: `22-2` runs backwards; write `22-23,0-2`",
    "0 22-2/2 * * *": "hour: `22-2/2` runs backwards",
    "1,,2 * * * *": "minute: a comma has no value before or after it",
    "0 0 * MARCH *": "month: `MARCH` is not understood; write `MAR`",
    "0 0 * april *": "month: `april` is not understood; write `APR`",
    "0 0 * * Tuesday": "day of week: `Tuesday` is not understood; write `TUE`",
    "JAN * * * *": "minute: `JAN` is not a value, a range or a step within 0-59",
    "* * MON * *": "day of month: `MON`",
    "* * * FOO *": "month: `FOO`",
    "-1 * * * *": "minute: `-1`",
    "*-5 * * * *": "minute: `*-5`",
    "1.5 * * * *": "minute: `1.5`",
    "*/* * * * *": "minute: `*/*`",
    "/5 * * * *": "minute: `/5`",
    "\u0663 * * * *": "minute",
    "MON MON MON MON MON": "minute: `MON`",
}


@pytest.mark.parametrize(("expression", "said"), REFUSED.items())
def test_refusals_name_the_part_and_say_what_to_write(expression: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CronFields.parse(expression)
    assert refused.value.message.startswith("schedule.cron_expression: ")
    assert said in refused.value.message


@pytest.mark.parametrize(("expression", "said"), [item for item in REFUSED.items() if "; write `" in item[1]])
def test_what_a_refusal_suggests_is_accepted(expression: str, said: str) -> None:
    _, wrong, *_, better, _ = said.split("`")
    CronFields.parse(expression.replace(wrong, better))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("60 * * * * *", "second: 60 is outside 0-59"),
        ("* * * * * ? *", "7 fields"),
        ("* * * *", "4 fields, must be 5: minute hour day-of-month month day-of-week (or 6 with seconds first)"),
        ("0 9 * * ? *", "month: `?` is not understood"),
        ("0 0 12 * * ?", "day of week: `?` is not understood"),
        ("0 0 0 30 2 *", "never occurs"),
    ],
)
def test_six_fields_are_refused_by_the_same_rules(expression: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CronFields.parse(expression, seconds=True)
    assert said in refused.value.message


# How little is looked at.


@pytest.fixture
def searches() -> Iterator[Searches]:
    """Counts of what `next_after` searches."""
    with counting_searches() as count:
        yield count


def test_the_sparsest_expression_is_found_in_one_look_a_year(searches: dict[str, int]) -> None:
    spec = parsed("0 0 29 2 */7", "Europe/Riga")
    searches |= {"months": 0, "times": 0}
    found = spec.next_after(seconds_of("2088-03-01T00:00:00Z"))
    assert text_of(found or 0) == "2128-02-28T22:00:00Z"
    assert searches == {"months": 40, "times": 1}


def test_a_preview_of_the_sparsest_looks_at_a_year_few_times(searches: dict[str, int]) -> None:
    # All that the calendar has left of 29 February on one weekday, with the search that finds no more, and what clock
    # changes skip in between.
    spec = parsed("0 0 29 2 */7", "Europe/Riga")
    preview = preview_of(spec, seconds_of("2026-01-01T00:00:00Z"), 100)
    searches |= {"months": 0, "times": 0}
    shown = upcoming(preview)
    assert [occurrence.local.year for occurrence in shown] == [2032, 2060, 2088, 2128, 2156, 2184]
    assert searches == {"months": 344, "times": len(shown)}  # the calendar has 174 years left


@pytest.mark.parametrize("days", ["* 2 THU#5", "29W 2 THU#5", "L-28 2 */5"])
def test_days_that_depend_on_the_month_take_no_more_looks(searches: Searches, days: str) -> None:
    fields = parsed(f"0 0 {days}", "UTC").fields
    found, most = next(fields.dates(date(2000, 1, 1))), 0
    while found.year < 2150:
        searches["months"] = 0
        found = next(fields.dates(date(found.year + 1, 1, 1)))
        most = max(most, searches["months"])
    assert most <= 40


@pytest.mark.parametrize(
    ("months", "days"), [([2], [29]), pytest.param(range(1, 13), range(1, 32), marks=pytest.mark.slow)]
)
def test_no_day_on_any_weekday_takes_more_than_40_looks(
    searches: dict[str, int], months: Sequence[int], days: Sequence[int]
) -> None:
    most = 0
    for month, day, weekday in product(months, days, range(7)):
        fields = CronFields((0,), (0,), frozenset({day}), frozenset({month}), frozenset({weekday}), either_day=False)
        found = next(fields.dates(date(2000, 1, 1)), None)
        while found is not None and found.year < 2150:
            searches["months"] = 0
            found = next(fields.dates(date(found.year + 1, month, 1)), None)
            most = max(most, searches["months"])
    assert most == 40


@pytest.mark.parametrize(
    ("zone", "expression", "after", "found", "more"),
    [
        ("America/New_York", "* 2 * * *", "2026-03-08T06:59:59Z", "2026-03-09T06:00:00Z", 0),
        ("Europe/Riga", "* 3 * * *", "2026-10-25T01:00:00Z", "2026-10-26T01:00:00Z", 0),
        ("Pacific/Apia", "* 0-22 * * *", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z", 1),
    ],
)
def test_a_clock_change_costs_at_most_one_look_more(
    searches: dict[str, int], *, zone: str, expression: str, after: str, found: str, more: int
) -> None:
    spec = parsed(f"* {expression}", zone, second_exact=True)
    searches |= {"months": 0, "times": 0}
    assert text_of(spec.next_after(seconds_of(after)) or 0) == found
    assert searches == {"months": 1 + more, "times": 1 + more}


def test_a_time_always_in_the_gap_ends_with_the_calendar(
    searches: dict[str, int],
) -> None:
    # The second Sunday of March, half past two, in New York.
    spec = parsed("30 2 8-14 3 */7", "America/New_York")
    searches |= {"months": 0, "times": 0}
    assert spec.next_after(seconds_of("2026-01-01T00:00:00Z")) is None
    assert searches == {"months": 2 * 174, "times": 174}


def test_open_expressions_take_no_search_at_all(searches: dict[str, int]) -> None:
    spec = parsed("17 * * * *", "Australia/Lord_Howe")
    searches |= {"months": 0, "times": 0}
    instant = int(datetime(2026, 4, 4, 12, tzinfo=UTC).timestamp())
    for _ in range(10):
        instant = spec.next_after(instant) or 0
    assert searches == {"months": 0, "times": 0}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sat-sun", "6-7"), ("SAT-SUN", "6,0"), ("6-0", "6,0"), ("fri-mon", "5,6,0,1"), ("5-1", "5,6,0,1"),
        ("fri-sun", "5-7"), ("sat-thu", "6,0,1,2,3,4"), ("fri-tue/2", "5,0,2"), ("7-1", "0,1"), ("7-0", "0"),
        ("sun-sat", "*"), ("wed,sat-sun", "3,6,0"),
    ],
)  # fmt: skip
def test_days_of_the_week_go_round(written: str, meant: str) -> None:
    found, expected = (CronFields.parse(f"0 9 1 * {days}") for days in (written, meant))
    assert found.weekdays == expected.weekdays
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    # Debian's cron refuses a range that runs round, and agrees on what it means once it is written out.
    theirs = CronSim(f"0 9 * * {meant}", moment)
    after, fields = int(moment.timestamp()), CronFields.parse(f"0 9 * * {written}")
    for _ in range(30):
        after = fields.next_after(after, zone("UTC")) or 0
        assert after == int(next(theirs).timestamp())
