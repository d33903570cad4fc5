"""A cron as EventBridge Scheduler reads it: the same times, or the smallest superset that AWS can express. Pure.

A superset's extra fires are harmless, because a fire is a hint: `settle` finds nothing due. An expression that AWS
refuses would not be, so only forms that AWS documents are written (aws.md 1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import partial

from agent_schedules.timing.cron import SHAPES, CronFields, Shape
from agent_schedules.timing.month_days import MonthDay, MonthWeekday
from agent_schedules.timing.spec import Cron
from agent_schedules.timing.zones import offsets

_LENGTHS = {2: {28, 29}, 4: {30}, 6: {30}, 9: {30}, 11: {30}}  # of months that are not 31 days long
_FORMS: dict[tuple[str, str], MonthDay | MonthWeekday] = {
    ("L", "?"): MonthDay(0, nearest_weekday=False),
    # Not `1W` and `28W` to `31W`, whose nearest weekday can be in another month: AWS does not say what it does then.
    **{(f"{day}W", "?"): MonthDay(day, nearest_weekday=True) for day in range(2, 28)},
    **{("?", f"{day + 1}L"): MonthWeekday(day, None) for day in range(7)},
    **{("?", f"{day + 1}#{place}"): MonthWeekday(day, place) for day in range(7) for place in range(1, 6)},
}
"""The day fields of each form that AWS documents for days that depend on the month. It takes them alone, in no list."""

DaysOf = Callable[[Shape], set[int]]
"""The days of a month of some shape."""


def aws_cron(spec: Cron, now: int) -> tuple[str, str]:
    """Return the six-field AWS expression of a cron, and its zone.

    It never misses an occurrence from `now` (UTC seconds) on. Values are written out, because AWS's steps and names
    differ (aws.md 1.3).

    An expression open in hour, day and month runs through a repeated hour twice, and what AWS does then is not
    documented. It is said in UTC, where nothing repeats: its minutes, as every offset of the zone from now on shows
    them, which is the same set wherever the clocks change by whole hours.
    """
    fields = spec.fields
    if fields.every_hour:
        shifts = {offset // 60 for offset in offsets(spec.timezone, datetime.fromtimestamp(now, UTC).year)}
        minutes = _list({(minute - shift) % 60 for minute in fields.minutes for shift in shifts}, 0, 59)
        return f"cron({minutes} * * * ? *)", "UTC"
    days, weekdays = _by_month(fields) if fields.by_month else _by_values(fields)
    minutes, hours, months = _list(fields.minutes, 0, 59), _list(fields.hours, 0, 23), _list(fields.months, 1, 12)
    return f"cron({minutes} {hours} {days} {months} {weekdays} *)", spec.timezone


def _by_values(fields: CronFields) -> tuple[str, str]:
    """Return the day fields of an expression whose days are plain values. AWS wants `?` in one of them."""
    if fields.either_day:
        # Two restricted day fields joined by OR have no exact AWS form, so every day is the superset.
        return "*", "?"
    days, weekdays = _list(fields.days, 1, 31), _weekdays(fields.weekdays)
    if weekdays == "*" or (days != "*" and len(fields.days) * 7 <= len(fields.weekdays) * 31):
        return days, "?"
    return "?", weekdays


def _by_month(fields: CronFields) -> tuple[str, str]:
    """Return the day fields of an expression with days such as `L` or `MON#2`.

    Of all that AWS can express, the choice holds every selected day and the fewest others, counted over the shapes that
    the selected months can have.
    """
    lengths = {length for month in fields.months for length in _LENGTHS.get(month, {31})}
    selected = {shape: {*fields.days_of(shape)} for shape in SHAPES if shape[1] in lengths}
    supersets = [
        (sum(len(days_of(shape)) for shape in selected), day_fields)
        for day_fields, days_of in _choices(selected)
        if all(days <= days_of(shape) for shape, days in selected.items())
    ]
    return min(supersets)[1]


def _choices(selected: dict[Shape, set[int]]) -> Iterator[tuple[tuple[str, str], DaysOf]]:
    """Yield day fields that AWS can express: the numbers and the weekdays that are selected, and its other forms."""
    numbers = {day for days in selected.values() for day in days}
    weekdays = {_weekday(shape, day) for shape, days in selected.items() for day in days}
    yield (_list(numbers, 1, 31), "?"), lambda shape: {day for day in numbers if day <= shape[1]}
    yield (
        ("?", _weekdays(weekdays)),
        lambda shape: {day for day in range(1, shape[1] + 1) if _weekday(shape, day) in weekdays},
    )
    for day_fields, form in _FORMS.items():
        yield day_fields, partial(_found, form)


def _weekday(shape: Shape, day: int) -> int:
    return (shape[0] + day) % 7  # 0 = Sunday


def _found(form: MonthDay | MonthWeekday, shape: Shape) -> set[int]:
    return {day for day in [form.find(*shape)] if day is not None}


def _weekdays(values: Collection[int]) -> str:
    return _list({day + 1 for day in values}, 1, 7)  # AWS: 1 = Sunday


def _list(values: Collection[int], low: int, high: int) -> str:
    """Return the shortest AWS form of a set of values: `*`, or ranges and single values."""
    ordered = sorted(values)
    if len(ordered) == high - low + 1:
        return "*"
    runs: list[list[int]] = []
    for value in ordered:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}{',' if len(run) == 2 else '-'}{run[-1]}" for run in runs]
    return ",".join(parts)
