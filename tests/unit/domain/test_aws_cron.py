"""A cron as EventBridge reads it: what each expression becomes, and that it is never less than what it stands for."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime
from functools import cache
from math import inf

import pytest
from agent_schedules.domain.aws_cron import aws_cron
from agent_schedules.domain.entries import entry_for
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.spec import Cron

from dev.scheduler import expressions as aws
from dev.scheduler.cron_fields import DayRule, month_day_rule, weekday_rule
from tests.support.month_days import EVERY_FORM, Month, selected
from tests.support.times import expressions, law, seconds_of

NOW = seconds_of("2026-03-01T00:00:00Z")
RIGA = "Europe/Riga"
MONTHS = [(year, month) for year in range(2001, 2029) for month in range(1, 13)]
"""28 years, in which a month of each length begins on each weekday."""


def cron(expression: str, zone: str = RIGA) -> Cron:
    return Cron(expression, zone)


def months_of(expression: str) -> list[Month]:
    return [month for month in MONTHS if month[1] in CronFields.parse(expression).months]


@cache
def rule(days: str, weekdays: str) -> DayRule:
    return cache(weekday_rule(weekdays) if days == "?" else month_day_rule(days))


def fired_on(text: str, month: Month) -> set[int]:
    """The days of a month that AWS's evaluator reads in an expression, whatever its month field."""
    _, _, days, _, weekdays, _ = text.removeprefix("cron(").split()
    return {*rule(days, weekdays)(*month)}


RENDERED = {
    "fixed time": ("30 9 * * *", RIGA, "cron(30 9 * * ? *)", RIGA),
    "weekdays": ("30 9 * * mon-fri", RIGA, "cron(30 9 ? * 2-6 *)", RIGA),
    "Sunday, as 0 and 7": ("0 0 * * 0,7", RIGA, "cron(0 0 ? * 1 *)", RIGA),
    "Saturday and Sunday": ("0 0 * * 6-7", RIGA, "cron(0 0 ? * 1,7 *)", RIGA),
    "days of a month": ("0 0 1,15,30-31 * *", RIGA, "cron(0 0 1,15,30,31 * ? *)", RIGA),
    "months": ("0 0 1 */3 *", RIGA, "cron(0 0 1 1,4,7,10 ? *)", RIGA),
    "a step that restarts each hour": ("*/25 3 * * *", RIGA, "cron(0,25,50 3 * * ? *)", RIGA),
    "OR of two day fields: every day": ("0 0 13 2 5", RIGA, "cron(0 0 * 2 ? *)", RIGA),
    "OR that is every day anyway": ("0 0 13 * 0-6", RIGA, "cron(0 0 * * ? *)", RIGA),
    "AND: the sparser field": ("0 0 */2 * 1", RIGA, "cron(0 0 ? * 2 *)", RIGA),
    "AND: the other": ("0 0 */30 * 1-6", RIGA, "cron(0 0 1,31 * ? *)", RIGA),
    "AND of all days": ("0 0 * * 1", RIGA, "cron(0 0 ? * 2 *)", RIGA),
    # Open in hour, day and month: in UTC, where nothing repeats.
    "every minute": ("* * * * *", RIGA, "cron(* * * * ? *)", "UTC"),
    "every quarter": ("*/15 * * * *", RIGA, "cron(0,15,30,45 * * * ? *)", "UTC"),
    "minutes that do not divide the hour": ("*/7 * * * *", RIGA, "cron(0,7,14,21,28,35,42,49,56 * * * ? *)", "UTC"),
    "45 minutes off": ("0,20 * * * *", "Asia/Kathmandu", "cron(15,35 * * * ? *)", "UTC"),
    "half an hour off": ("*/7 * * * *", "Asia/Kolkata", "cron(5,12,19,26,30,37,44,51,58 * * * ? *)", "UTC"),
    "half-hour change: both readings": ("10 * * * *", "Australia/Lord_Howe", "cron(10,40 * * * ? *)", "UTC"),
    "half-hour change, nothing to add": ("*/30 * * * *", "Australia/Lord_Howe", "cron(0,30 * * * ? *)", "UTC"),
    "open hour, chosen day": ("*/15 * * * 1", RIGA, "cron(0,15,30,45 * ? * 2 *)", RIGA),
    "chosen hours": ("*/30 */2 * * *", RIGA, "cron(0,30 0,2,4,6,8,10,12,14,16,18,20,22 * * ? *)", RIGA),
}

# Alone, AWS takes most of the days that depend on the month. These are the same times.
EXACT = {
    "the last day": ("0 9 L * *", "cron(0 9 L * ? *)"),
    "the last day of two months": ("0 9 L 2,4 *", "cron(0 9 L 2,4 ? *)"),
    "three days before the last of one length": ("0 9 L-3 4,6 *", "cron(0 9 27 4,6 ? *)"),
    "nearest weekday": ("0 9 15W * *", "cron(0 9 15W * ? *)"),
    "the last Saturday: AWS counts from 1": ("0 9 * * 6L", "cron(0 9 ? * 7L *)"),
    "the last Sunday, as 7": ("0 9 * * 7L", "cron(0 9 ? * 1L *)"),
    "the second Monday": ("0 9 * * MON#2", "cron(0 9 ? * 2#2 *)"),
    "the fifth Friday": ("0 9 * * 5#5", "cron(0 9 ? * 6#5 *)"),
    "all the first days of a name": ("0 9 * * 0#1,1#1,2#1,3#1,4#1,5#1,6#1", "cron(0 9 1-7 * ? *)"),
    "all days but not all hours": ("0 9 1-30,L * *", "cron(0 9 * * ? *)"),
}
# In lists, or where AWS is silent, as the numbers or the weekdays that can occur.
SUPERSETS = {
    "three days before the last": ("0 9 L-3 * *", "cron(0 9 25-28 * ? *)"),
    "the last weekday": ("0 9 LW * *", "cron(0 9 26-31 * ? *)"),
    "the last weekday of February": ("0 9 LW 2 *", "cron(0 9 26-29 2 ? *)"),
    "the weekday nearest to the 1st": ("0 9 1W * *", "cron(0 9 1-3 * ? *)"),
    "the weekday nearest to the 28th": ("0 9 28W * *", "cron(0 9 26-29 * ? *)"),
    "the weekday nearest to the 31st": ("0 9 31W * *", "cron(0 9 29-31 * ? *)"),
    "a list with the last day": ("0 9 1,15,L * *", "cron(0 9 1,15,28-31 * ? *)"),
    "two Mondays": ("0 9 * * MON#1,MON#3", "cron(0 9 ? * 2 *)"),
    "two names": ("0 9 * * 1#1,5L", "cron(0 9 ? * 2,6 *)"),
    "a plain weekday and another": ("0 9 * * 1,5L", "cron(0 9 ? * 2,6 *)"),
    "OR of numbers": ("0 9 15 * MON#1", "cron(0 9 1-7,15 * ? *)"),
    "OR with a plain weekday: every day": ("0 9 L * MON", "cron(0 9 * * ? *)"),
    "AND: within the sparser form": ("0 9 */2 * MON#2", "cron(0 9 ? * 2#2 *)"),
    "AND: one number": ("0 9 */31 * MON#1,FRI#1", "cron(0 9 1 * ? *)"),
}


@pytest.mark.parametrize(("expression", "zone", "text", "rendered_in"), RENDERED.values(), ids=RENDERED.keys())
def test_a_cron_as_aws_reads_it(expression: str, zone: str, text: str, rendered_in: str) -> None:
    assert aws_cron(cron(expression, zone), NOW) == (text, rendered_in)
    entry = entry_for(cron(expression, zone), schedule_id="s", input={"v": 1}, nominal=NOW + 60, now=NOW)
    assert entry is not None
    assert (entry.name, entry.expression, entry.timezone) == ("s", text, rendered_in)
    assert (entry.start, entry.delete_after, entry.input) == (None, False, {"v": 1})
    aws.parse(text, timezone=rendered_in)


@pytest.mark.parametrize(
    ("begins", "start"),
    [(None, None), (NOW - 60, None), (NOW + 60, None), (NOW + 61, NOW + 1), (NOW + 10**7, NOW + 10**7 - 60)],
)
def test_a_cron_does_not_fire_long_before_its_bound(begins: int | None, start: int | None) -> None:
    spec = cron("* * * * *")
    entry = entry_for(spec, schedule_id="s", input={}, nominal=NOW + 60, now=NOW, begins=begins)
    assert entry is not None
    assert entry.start == (None if start is None else datetime.fromtimestamp(start, UTC))
    parsed = aws.parse(entry.expression, timezone=entry.timezone, start=entry.start)
    fire = parsed.next_fire(datetime.fromtimestamp(NOW, UTC))
    assert fire is not None
    first = spec.next_after(max(NOW, (begins or 0) - 1))
    assert first is not None
    assert max(NOW, first - 120) < fire.timestamp() <= first


@pytest.mark.parametrize(("expression", "text"), EXACT.values(), ids=EXACT.keys())
def test_days_that_aws_can_express(expression: str, text: str) -> None:
    assert aws_cron(cron(expression), NOW) == (text, RIGA)
    for month in months_of(expression):
        assert fired_on(text, month) == selected(expression, month)


@pytest.mark.parametrize(("expression", "text"), SUPERSETS.values(), ids=SUPERSETS.keys())
def test_days_that_become_a_superset(expression: str, text: str) -> None:
    assert aws_cron(cron(expression), NOW) == (text, RIGA)
    assert all(fired_on(text, month) >= selected(expression, month) for month in months_of(expression))
    assert any(fired_on(text, month) > selected(expression, month) for month in months_of(expression))


def test_days_open_in_all_but_minutes_are_said_in_utc() -> None:
    assert aws_cron(cron("5 * 1-30,L * *"), NOW) == ("cron(5 * * * ? *)", "UTC")
    assert aws_cron(cron("5 * L * *"), NOW) == ("cron(5 * L * ? *)", RIGA)


@pytest.mark.slow
@pytest.mark.parametrize("expression", EVERY_FORM)
def test_every_form_alone_misses_no_day(expression: str) -> None:
    text, _ = aws_cron(cron(expression), NOW)
    _, _, days, _, _ = expression.split()
    inexact = days.startswith("L-") or days in {"LW", "1W", "28W", "29W", "30W", "31W"}
    extra = [month for month in MONTHS if fired_on(text, month) != selected(expression, month)]
    assert all(fired_on(text, month) >= selected(expression, month) for month in extra)
    assert bool(extra) == inexact


@law(expressions(monthly=True), examples=30)
def test_no_form_of_aws_is_a_smaller_superset(expression: str) -> None:
    fields = CronFields.parse(expression)
    if fields.every_hour:
        return
    months = {monthrange(*month): month for month in months_of(expression)}
    wanted = {month: {*fields.days_of(shape)} for shape, month in months.items()}
    numbers = ",".join(map(str, sorted({day for days in wanted.values() for day in days})))
    weekdays = ",".join(
        sorted({str(date(*month, day).isoweekday() % 7 + 1) for month, days in wanted.items() for day in days})
    )

    def size(days: str, weekdays: str) -> float:
        """How often AWS fires in all, or infinity if it misses a day."""
        fires = [(fired_on(f"cron(0 9 {days} * {weekdays} *)", month), wanted[month]) for month in months.values()]
        return sum(len(fired) for fired, _ in fires) if all(fired >= days for fired, days in fires) else inf

    _, _, days, _, day_of_week, _ = aws_cron(cron(expression), NOW)[0].removeprefix("cron(").split()
    forms = [("L", "?"), (numbers, "?"), ("?", weekdays), *((f"{day}W", "?") for day in range(2, 28))]
    forms += [("?", f"{day}{which}") for day in range(1, 8) for which in ("L", "#1", "#2", "#3", "#4", "#5")]
    assert size(days, day_of_week) == min(size(*form) for form in forms)


def test_an_offset_that_is_over_adds_nothing() -> None:
    # Pyongyang was half an hour off until 2018-05-04.
    spec = cron("0 * * * *", "Asia/Pyongyang")
    assert aws_cron(spec, seconds_of("2018-02-01T00:00:00Z"))[0] == "cron(0,30 * * * ? *)"
    assert aws_cron(spec, NOW)[0] == "cron(0 * * * ? *)"


def longest(low: int, high: int) -> tuple[int, ...]:
    """The values of a field whose rendering is the longest: by the length of the runs of values that it is made of."""
    best: dict[int, tuple[int, tuple[int, ...]]] = {high + 1: (-1, ()), high + 2: (-1, ())}
    for begin in range(high, low - 1, -1):
        options = [best[begin + 1]]
        for end in range(begin, high + 1):
            # A run is one number, or two with a comma or a dash between; after it comes a comma and a gap.
            text = str(begin) if end == begin else f"{begin}-{end}"
            rest, values = best[end + 2]
            options.append((len(text) + 1 + rest, (*range(begin, end + 1), *values)))
        best[begin] = max(options)
    return best[low][1]


def test_the_longest_expression_fits_awss_256_characters() -> None:
    minutes, hours, days, months = longest(0, 59), longest(0, 23), longest(1, 31), longest(1, 12)
    texts = [",".join(map(str, values)) for values in (minutes, hours, days, months)]
    assert [len(text) for text in texts] == [113, 41, 56, 17]
    rendered, _ = aws_cron(cron(f"{texts[0]} {texts[1]} {texts[2]} {texts[3]} *"), NOW)
    assert len(rendered) == len("cron(    ? *)") + 113 + 41 + 56 + 17 == 240
    aws.parse(rendered, timezone=RIGA)
    # A field of the days of the week is shorter, and so is everything that is said in UTC.
    assert len(aws_cron(cron(f"{texts[0]} {texts[1]} * {texts[3]} 0,1,3,5"), NOW)[0]) < 240
    assert len(aws_cron(cron(f"{texts[0]} * * * *", "Australia/Lord_Howe"), NOW)[0]) < 240
