"""Any expression of AWS and any calendar of Temporal means the same after its translation, or is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.cron import CronFields
from hypothesis import assume
from hypothesis import strategies as st

from agent_schedules_cli.importers.aws_expression import translate
from agent_schedules_cli.importers.cron_text import both_days, field_text
from agent_schedules_cli.importers.temporal_spec import Calendar, merged, touches, without
from dev.scheduler.cron_fields import MONTHS, month_day_rule, numbers, weekday_rule
from tests.support.times import law

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
FIRST = date(2026, 1, 1)


def dates_of(days: str, months: str, weekdays: str) -> list[date]:
    """The dates of four years that our expression selects."""
    try:
        fields = CronFields.parse(f"0 0 {days} {months} {weekdays}")
    except InvalidRequest:
        return []
    found = []
    for day in fields.dates(FIRST):
        if day >= date(2030, 1, 1):
            break
        found.append(day)
    return found


def calendar_days() -> list[date]:
    """Every date of four years."""
    return [FIRST + timedelta(days=number) for number in range(1461)]


@st.composite
def aws_field(draw: st.DrawFn, low: int, high: int, names: list[str] | None = None) -> str:
    """A field of values, ranges and steps as AWS takes them."""

    def value(number: int) -> str:
        return names[number - low] if names and draw(st.booleans()) else str(number)

    items = []
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.integers(low, high))
        last = draw(st.integers(first, high))
        step = draw(st.integers(1, high))
        forms = ["*", value(first), f"{value(first)}-{value(last)}", f"*/{step}", f"{first}/{step}"]
        items.append(draw(st.sampled_from([*forms, f"{first}-{last}/{step}"])))
    return ",".join(items)


special_days = st.sampled_from(["L", "LW"]) | st.integers(1, 31).map("{}W".format)
special_weekdays = st.one_of(
    st.just("L"),
    st.integers(1, 7).map("{}L".format),
    st.sampled_from(DAYS).map("{}L".format),
    st.builds("{}#{}".format, st.integers(1, 7) | st.sampled_from(DAYS), st.integers(1, 5)),
)


@law(
    aws_field(0, 59), aws_field(0, 23), aws_field(1, 12, [*MONTHS]),
    st.tuples(aws_field(1, 31) | special_days, st.just("?"))
    | st.tuples(st.just("?"), aws_field(1, 7, DAYS) | special_weekdays),
    examples=40,
)  # fmt: skip
def test_aws_expressions_select_the_same_times(minutes: str, hours: str, months: str, days: tuple[str, str]) -> None:
    text = translate(f"cron({minutes} {hours} {days[0]} {months} {days[1]} *)").timing["cron_expression"]
    our_minutes, our_hours, our_days, our_months, our_weekdays = text.split(" ")
    rule = weekday_rule(days[1]) if days[0] == "?" else month_day_rule(days[0])
    theirs = [
        date(year, month, day)
        for year in range(2026, 2030)
        for month in numbers(months, 1, 12, MONTHS)
        for day in rule(year, month)
    ]
    assert dates_of(our_days, our_months, our_weekdays) == theirs
    times = CronFields.parse(f"{our_minutes} {our_hours} * * *")
    assert [*times.minutes] == numbers(minutes, 0, 59)
    assert [*times.hours] == numbers(hours, 0, 23)


@law(st.sets(st.integers(1, 31), min_size=1), st.sets(st.integers(0, 6), min_size=1), examples=40)
def test_two_day_fields_mean_both(days: set[int], weekdays: set[int]) -> None:
    found = both_days(days, weekdays)
    assume(found is not None)
    assert found is not None
    wanted = [day for day in calendar_days() if day.day in days and day.isoweekday() % 7 in weekdays]
    assert dates_of(found[0], "*", found[1]) == wanted


@law(st.sets(st.integers(0, 59), min_size=1), examples=40)
def test_a_field_has_the_values_that_it_is_written_from(values: set[int]) -> None:
    assert [*CronFields.parse(f"{field_text(values, 0, 59)} * * * *").minutes] == sorted(values)


def subset(low: int, high: int) -> st.SearchStrategy[frozenset[int]]:
    """A few values, one, or all."""
    everything = frozenset(range(low, high + 1))
    return st.just(everything) | st.frozensets(st.integers(low, high), min_size=1, max_size=4)


calendars = st.builds(
    Calendar, second=st.just(frozenset({0})) | subset(0, 59), minute=subset(0, 59), hour=subset(0, 23),
    day_of_month=subset(1, 31), month=subset(1, 12), year=st.just(frozenset(range(2000, 2101))),
    day_of_week=subset(0, 6),
)  # fmt: skip
moments = st.integers(1_767_225_600, 1_893_456_000).map(lambda instant: datetime.fromtimestamp(instant, UTC))


def selects(calendar: Calendar, at: datetime) -> bool:
    """Whether a calendar selects a moment."""
    of_time = at.second in calendar.second and at.minute in calendar.minute and at.hour in calendar.hour
    return of_time and calendar.selects(at.date())


@st.composite
def moments_of(draw: st.DrawFn, some: list[Calendar]) -> datetime:
    """A moment that one of them is likely to select."""
    one = draw(st.sampled_from(some))
    at = draw(moments)
    picked: dict[str, Any] = {
        name: draw(st.sampled_from(sorted(getattr(one, name)))) for name in ("second", "minute", "hour", "month")
    }
    day = draw(st.sampled_from(sorted(one.day_of_month)))
    return at.replace(**picked, day=min(day, 28))


@law(st.lists(calendars, min_size=1, max_size=4), st.data(), examples=40)
def test_merged_calendars_select_the_same(some: list[Calendar], data: st.DataObject) -> None:
    found = merged(some)
    assert len(found) <= len(some)
    for _ in range(5):
        at = data.draw(moments_of(some))
        assert any(selects(one, at) for one in found) == any(selects(one, at) for one in some)


@law(calendars, calendars, st.data(), examples=40)
def test_a_calendar_without_an_exclusion(calendar: Calendar, exclusion: Calendar, data: st.DataObject) -> None:
    found = without(calendar, exclusion)
    for _ in range(5):
        at = data.draw(moments_of([calendar, exclusion]))
        if not touches(calendar, exclusion):
            assert not (selects(calendar, at) and selects(exclusion, at))
        if found is not None:
            assert selects(found, at) == (selects(calendar, at) and not selects(exclusion, at))


@law(calendars, examples=40)
def test_calendars_select_the_dates_of_their_expression(calendar: Calendar) -> None:
    timing = calendar.expression()
    assume(timing is not None)
    assert timing is not None
    days, months, weekdays = timing["cron_expression"].split(" ")[-3:]
    assert dates_of(days, months, weekdays) == [day for day in calendar_days() if calendar.selects(day)]
