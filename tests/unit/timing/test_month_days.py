"""Days that depend on the month: examples, refusals, and 400 years of a calendar that knows nothing of the search."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime

import pytest
from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.spec import Cron, same_times
from hypothesis import strategies as st

from tests.support.month_days import BEFORE, EVERY_FORM, NEAREST, WEEKDAYS, Month, selected
from tests.support.times import law

# 2026: August begins on a Saturday and ends on a Monday, May ends on a Sunday, 28 February is a Saturday.
SELECTED = {
    "the last day": ("L * *", "2026-01-31 2026-02-28 2026-03-31 2026-04-30"),
    "the last day of a leap February": ("L 2 *", "2026-02-28 2027-02-28 2028-02-29"),
    "three days before the last": ("L-3 * *", "2026-01-28 2026-02-25 2026-03-28 2026-04-27"),
    "before the last, in months so long": ("L-29 * *", "2026-01-02 2026-03-02 2026-04-01 2026-05-02"),
    "the last weekday": ("LW * *", "2026-01-30 2026-02-27 2026-03-31 2026-04-30 2026-05-29"),
    "nearest weekday": ("15W * *", "2026-01-15 2026-02-16 2026-03-16 2026-04-15 2026-05-15 2026-06-15"),
    "of a Saturday: Friday": ("15W 8 *", "2026-08-14 2027-08-16"),
    "of Saturday the 1st: Monday": ("1W 8 *", "2026-08-03 2027-08-02"),
    "of Sunday the 31st: Friday": ("31W 5 *", "2026-05-29 2027-05-31"),
    "of a day that some months lack": ("31W * *", "2026-01-30 2026-03-31 2026-05-29 2026-07-31"),
    "last Saturday": ("* * 6L", "2026-01-31 2026-02-28 2026-03-28 2026-04-25"),
    "last Sunday, as 7 and as a name": ("* * 7L,sunl", "2026-01-25 2026-02-22 2026-03-29"),
    "second Monday": ("* * MON#2", "2026-01-12 2026-02-09 2026-03-09"),
    "fifth Monday where there is one": ("* * 1#5", "2026-03-30 2026-06-29 2026-08-31"),
    "a list of days": ("1,15,L * *", "2026-01-01 2026-01-15 2026-01-31 2026-02-01 2026-02-15 2026-02-28"),
    "a list of weekdays": ("* * MON#1,MON#3", "2026-01-05 2026-01-19 2026-02-02 2026-02-16"),
    "places and the last": ("* * 1#1,5L", "2026-01-05 2026-01-30 2026-02-02 2026-02-27"),
    "next to plain weekdays": ("* 2 6,MON#2", "2026-02-07 2026-02-09 2026-02-14 2026-02-21 2026-02-28"),
    "OR": ("L * MON#1", "2026-01-05 2026-01-31 2026-02-02 2026-02-28"),
    "OR with a fifth Friday": ("1 4 FRI#5", "2026-04-01 2027-04-01 2027-04-30 2028-04-01"),
    "OR, plain and not": ("LW * 1", "2026-01-05 2026-01-12 2026-01-19 2026-01-26 2026-01-30 2026-02-02"),
    "AND: the last Friday, if its number is odd": ("*/2 * 5L", "2026-02-27 2026-03-27 2026-05-29 2026-07-31"),
    "AND: the first or the last, on a weekday": ("*/31,L * 1-5", "2026-01-01 2026-03-31 2026-04-01 2026-04-30"),
}


@pytest.mark.parametrize(("days", "expected"), SELECTED.values(), ids=SELECTED.keys())
def test_selected_days(days: str, expected: str) -> None:
    found = CronFields.parse(f"0 9 {days}").dates(date(2026, 1, 1))
    assert [next(found).isoformat() for _ in expected.split()] == expected.split()


SAME = {
    "any case": ("l,l-3,lw,15w * mon#2,fril", "L,L-3,LW,15W * MON#2,FRIL"),
    "leading zeros": ("05W,L-03 * 01#02", "5W,L-3 * 1#2"),
    "numbers and names": ("* * 5L,2#3", "* * FRIL,TUE#3"),
    "0 and 7 are Sunday": ("* * 7#1,7L", "* * SUN#1,0L"),
    "order and repeats": ("L,15,L * *", "15,L * *"),
    "nothing to add to all days": ("*,L,15W * *", "* * *"),
    "nothing to add to a weekday": ("* * MON,FRI,MON#2,5L", "* * MON,FRI"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_forms_that_mean_the_same(one: str, other: str) -> None:
    assert same_times(Cron(f"0 9 {one}", "UTC"), Cron(f"0 9 {other}", "UTC"))


@pytest.mark.parametrize(("one", "other"), [("L", "LW"), ("L", "L-1"), ("15W", "15"), ("15W", "LW"), ("L", "28-31")])
def test_days_of_month_that_differ(one: str, other: str) -> None:
    assert not same_times(Cron(f"0 9 {one} * *", "UTC"), Cron(f"0 9 {other} * *", "UTC"))


def test_weekdays_that_differ() -> None:
    texts = ["MON", "MONL", "MON#1", "MON#5", "TUE#1", "MON#1,MONL"]
    specs = [Cron(f"0 9 * * {text}", "UTC") for text in texts]
    assert not any(same_times(one, other) for one in specs for other in specs if one is not other)


@pytest.mark.parametrize(
    ("days", "either"),
    [("L * FRI", True), ("15 * MON#1", True), ("L * MON#1", True), ("L * *", False), ("* * 5L", False),
     ("*/2 * MON#1", False), ("*/2,L * FRI", False), ("L * */2,FRIL", False), ("L,*/2 * FRI", True)],
)  # fmt: skip
def test_a_field_that_begins_with_a_star_joins_by_and(days: str, either: bool) -> None:
    assert CronFields.parse(f"0 9 {days}").either_day == either


@pytest.mark.parametrize(
    ("days", "every"),
    [("1-30,L * *", True), ("1-29,L,L-1 * *", True), ("1-29,L * *", False), ("1-30,LW * *", False),
     ("1-30,31W * *", False), ("* * 1-6,SUN#1,SUN#2,SUN#3,SUN#4,SUNL", True), ("1-30,L 1-11 *", False),
     ("* * 1-6,SUN#1,SUN#2,SUN#3,SUN#4", False), ("1-30,L * 1", True), ("1-30 * 0-6", True)],
)  # fmt: skip
def test_every_day_is_told_by_the_days_that_are_selected(days: str, every: bool) -> None:
    assert CronFields.parse(f"5 * {days}").every_hour == every


REFUSED = {
    "0 9 L-0 * *": "day of month: `L-0` must be `L-1` to `L-30`; the last day itself is `L`",
    "0 9 L-31 * *": "day of month: `L-31` must be `L-1` to `L-30`",
    "0 9 L-99999999999 * *": "`L-99999999999` must be",
    "0 9 0W * *": "day of month: 0 is outside 1-31 (in `0W`)",
    "0 9 32W * *": "day of month: 32 is outside 1-31 (in `32W`)",
    "0 9 L/2 * *": "day of month: `L/2` is not understood: write `L` (the last day) or `L-3`",
    "0 9 28-L * *": "day of month: `28-L` is not understood: write `L`",
    "0 9 L-3-1 * *": "write `L` (the last day) or `L-3` (three days before it), without a range or a step",
    "0 9 1-5W * *": "day of month: `1-5W` is not understood: `W` (the nearest weekday) takes one day: write `15W`, or",
    "0 9 15W/2 * *": "`W` (the nearest weekday) takes one day",
    "0 9 L-3W * *": "`W` (the nearest weekday) takes one day",
    "0 9 W * *": "`W` (the nearest weekday) takes one day",
    "0 9 MON#2 * *": "day of month: `MON#2` is not understood: `#` (the n-th weekday of a month) belongs in the day of",
    "0 9 * * L": "day of week: `L` is not understood: `L` alone is Saturday on AWS; write `SAT`, or `SATL`",
    "0 9 * * MON,L": "`L` alone is Saturday on AWS",
    "0 9 * * L-3": "day of week: `L-3` is not understood: write `5L` or `FRIL` for the last Friday of the month",
    "0 9 * * 1-5L": "write `5L` or `FRIL`",
    "0 9 * * MON-FRIL": "write `5L` or `FRIL`",
    "0 9 * * 5L/2": "write `5L` or `FRIL`",
    "0 9 * * 8L": "day of week: 8 is outside 0-7 (in `8L`)",
    "0 9 * * 8#1": "day of week: 8 is outside 0-7 (in `8#1`)",
    "0 9 * * MON#6": "day of week: `MON#6` must be `MON#1` to `MON#5`; the last of a month is `MONL`",
    "0 9 * * 1#0": "day of week: `1#0` must be `1#1` to `1#5`",
    "0 9 * * MON#99999999999": "must be `MON#1` to `MON#5`",
    "0 9 * * MON#": "day of week: `MON#` is not understood: `#` takes one day and its place in the month",
    "0 9 * * MON-FRI#2": "write `MON#2`, or list `MON#1,TUE#1`",
    "0 9 * * MON#2/2": "write `MON#2`, or list `MON#1,TUE#1`",
    "0 9 * * FOO#2": "day of week: `FOO#2`",
    "0 9 * * FOOL": "day of week: `FOOL`",
    "0 9 * * 1W": "day of week: `1W` is not understood: `W` (the nearest weekday) belongs in the day of month",
    "0 9 * * MONW": "`W` (the nearest weekday) belongs in the day of month",
    "0 9 * * LW": "`W` (the nearest weekday) belongs in the day of month",
    "0 9 * L *": "month: `L` is not understood: `L` (the last day) belongs in the day of month or the day of week",
    "L 9 * * *": "minute: `L` is not understood: `L` (the last day) belongs in",
    "0 1#1 * * *": "hour: `1#1` is not understood: `#` (the n-th weekday of a month) belongs in the day of week",
    "0 9 * 1W *": "month: `1W` is not understood: `W` (the nearest weekday) belongs in the day of month",
    "0 9 L,, * *": "day of month: a comma has no value before or after it",
    "0 9 \u0661W * *": "day of month",
    "0 9 * * \u0661#1": "day of week",
    "0 9 30W 2 *": "'0 9 30W 2 *' never occurs: month 2 has no day 30W",
    "0 9 31W,31 4,6,9,11 *": "never occurs",
    "0 9 L-29 FEB *": "never occurs: month FEB has no day L-29",
    "0 9 L-30 4 *": "never occurs",
    "0 9 */31 * MON#5": "never occurs: month * has no day */31 that is MON#5",
    "0 9 */31 * FRIL": "never occurs",
}


@pytest.mark.parametrize(("expression", "said"), REFUSED.items())
def test_refusals_say_what_to_write(expression: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CronFields.parse(expression)
    assert refused.value.message.startswith("schedule.cron_expression: ")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("days", "first"),
    [("L-28 2 *", "2000-02-01"), ("29W 2 *", "2000-02-29"), ("* 2 TUE#5", "2000-02-29"), ("* 2 WED#5", "2012-02-29")],
)
def test_leap_years_are_enough_to_occur(days: str, first: str) -> None:
    assert next(CronFields.parse(f"0 9 {days}").dates(date(2000, 1, 1))).isoformat() == first


def all_months(first: int, last: int) -> list[Month]:
    return [(year, month) for year in range(first, last + 1) for month in range(1, 13)]


@pytest.mark.slow
@pytest.mark.parametrize("expression", EVERY_FORM)
def test_400_years_of_each_form(expression: str) -> None:
    found: dict[Month, set[int]] = {}
    for day in CronFields.parse(expression).dates(date(1800, 1, 1)):
        found.setdefault((day.year, day.month), set()).add(day.day)
    assert found == {month: days for month in all_months(1800, 2199) if (days := selected(expression, month))}


ONE_OF_EACH_SHAPE = {calendar.monthrange(*month): month for month in all_months(2001, 2028)}


@pytest.mark.parametrize("expression", EVERY_FORM)
def test_each_form_in_a_month_of_every_shape(expression: str) -> None:
    fields = CronFields.parse(expression)
    assert len(ONE_OF_EACH_SHAPE) == 28
    for shape, month in ONE_OF_EACH_SHAPE.items():
        expected = sorted(selected(expression, month))
        assert list(fields.days_of(shape)) == expected
        assert matched(fields, month) == expected


def matched(fields: CronFields, month: Month) -> list[int]:
    """The days of a month on which `matches` holds at nine o'clock, decided from the date alone."""
    dates = [datetime(*month, day, 9, tzinfo=UTC) for day in range(1, calendar.monthrange(*month)[1] + 1)]
    return [moment.day for moment in dates if fields.matches(moment)]


def listed(forms: list[str], plain: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A list of forms and plain values, perhaps after a star."""
    items = st.lists(st.sampled_from(forms) | st.sampled_from(forms) | plain, min_size=1, max_size=4).map(",".join)
    return items | items | st.just("*") | items.map("*,{}".format)


@law(
    listed(["L", "LW", *BEFORE, *NEAREST], st.integers(1, 28).map(str)),
    listed(WEEKDAYS, st.integers(0, 6).map(str)),
    st.lists(st.tuples(st.integers(1800, 2199), st.integers(1, 12)), min_size=6, max_size=6),
    examples=150,
)
def test_any_lists_select_what_the_calendar_shows(days: str, weekdays: str, months: list[Month]) -> None:
    expression = f"0 9 {days} * {weekdays}"
    try:
        fields = CronFields.parse(expression)
    except InvalidRequest:
        assert not any(selected(expression, month) for month in all_months(2000, 2199))
        return
    for month in months:
        expected = sorted(selected(expression, month))
        assert list(fields.days_of(calendar.monthrange(*month))) == expected
        assert matched(fields, month) == expected
