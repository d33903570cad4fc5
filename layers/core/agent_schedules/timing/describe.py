"""A schedule's timing in plain English, for people who do not read cron.

The words come from the values that an expression selects, not from its text: OR and AND of the day fields, 0 and 7 for
Sunday, `*/7` that begins again each hour. Different timings have different words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import product

from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.month_days import MonthDay, MonthWeekday
from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from agent_schedules.timing.zones import zone

MOST_TIMES = 6  # of a day that are named one by one
LONG_COUNT = 600  # of seconds or minutes, beyond which the larger units are given too

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_PLACES = ("first", "second", "third", "fourth", "fifth")
_WEEKS = {frozenset({1, 2, 3, 4, 5}): "weekdays", frozenset({0, 6}): "weekends"}
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def describe(spec: Spec) -> str:
    """Return one line, such as `At 09:30 on weekdays, Europe/Lisbon`; times are local to the schedule's zone."""
    match spec:
        case Once(at=at, timezone=timezone):
            return f"Once at {datetime.fromtimestamp(at, zone(timezone)):%Y-%m-%d %H:%M:%S}, {timezone}"
        case Interval(seconds=seconds):
            return f"Every {_span(seconds)}"
        case Cron(fields=fields, timezone=timezone):
            return f"{describe_cron(fields)}, {timezone}"


def describe_cron(fields: CronFields) -> str:
    """Return the times that a cron expression selects, without their zone."""
    words = f"{_times(fields)} {_days(fields)}".strip()
    return f"{words[0].upper()}{words[1:]}"


def _span(seconds: int) -> str:
    """Elapsed time: `90 seconds`, `hour`, `7 days of 24 hours`; odd long ones also in larger units."""
    if seconds % 86_400 == 0:
        return "24 hours" if seconds == 86_400 else f"{seconds // 86_400} days of 24 hours"
    unit, size = next(pair for pair in _UNITS if seconds % pair[1] == 0)
    if seconds == size:
        return unit
    plain = f"{seconds // size} {unit}s"
    if seconds // size <= LONG_COUNT:
        return plain
    parts, rest = list[str](), seconds
    for name, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return f"{plain} ({_joined(parts)})"


def _times(fields: CronFields) -> str:
    """Return the times of a day."""
    seconds, minutes, hours = fields.seconds, fields.minutes, fields.hours
    on_the_minute = seconds == (0,)
    if _few(fields):
        times = product(hours, minutes, seconds)
        return "at " + _joined([f"{h:02}:{m:02}" if on_the_minute else f"{h:02}:{m:02}:{s:02}" for h, m, s in times])
    if on_the_minute and minutes == (0,):
        if rhythm := _rhythm(hours, "hour", 24):
            return rhythm
        if _one_run(hours):
            return f"every hour from {hours[0]:02}:00 to {hours[-1]:02}:00"
    often = _within_the_hour(seconds, minutes)
    rhythmic = often.startswith("every")
    if len(hours) == 24:
        return often if rhythmic or len(minutes) == 60 else f"{often} of every hour"
    if rhythmic and _one_run(hours):
        last = f"{hours[-1]:02}:{minutes[-1]:02}" + ("" if on_the_minute else f":{seconds[-1]:02}")
        return f"{often} from {hours[0]:02}:00 to {last}"
    return f"{often} of {_numbers('hour', hours)}"


def _few(fields: CronFields) -> bool:
    """Whether the times of a day are few enough to be named one by one."""
    return len(fields.hours) * len(fields.minutes) * len(fields.seconds) <= MOST_TIMES


def _within_the_hour(seconds: Sequence[int], minutes: Sequence[int]) -> str:
    """`every 15 minutes`, `at minutes 5 and 20`, `at second 10 of every minute`."""
    if list(seconds) == [0]:
        return _rhythm(minutes, "minute", 60) or f"at {_numbers('minute', minutes)}"
    if len(minutes) == 60:
        return _rhythm(seconds, "second", 60) or f"at {_numbers('second', seconds)} of every minute"
    return f"at {_numbers('second', seconds)} of {_numbers('minute', minutes)}"


def _rhythm(values: Sequence[int], unit: str, size: int) -> str | None:
    """`every minute`, `every 15 minutes`; None unless the values come round evenly from 0."""
    step = values[1] - values[0] if len(values) > 1 else size
    if size % step or list(values) != list(range(0, size, step)) or step == size:
        return None
    return f"every {unit}" if step == 1 else f"every {step} {unit}s"


def _days(fields: CronFields) -> str:
    """Return the days and months, the two day fields joined as the expression joins them."""
    all_days, all_weekdays, months = len(fields.days) == 31, len(fields.weekdays) == 7, _months(fields)
    if (all_days and all_weekdays) or (fields.either_day and (all_days or all_weekdays)):
        return f"every day {months}" if _few(fields) else months
    days, weekdays = _of_month(fields), _of_week(fields)
    if fields.either_day:
        return f"on {days} or on {weekdays}{months and f', {months}'}"
    if all_days:
        return f"on {weekdays} {months}"
    if not all_weekdays:
        return f"on {weekdays} {'if that is' if fields.month_weekdays else 'that are'} {days} {months}"
    if len(fields.days) == len(fields.months) == 1 and not fields.month_days:
        return f"on {min(fields.days)} {_MONTHS[min(fields.months) - 1]}"
    return f"on {days} {months}"


def _of_month(fields: CronFields) -> str:
    """`days 1 and 15 of the month`, `day 1, the last day and the weekday nearest to day 15 of the month`."""
    parts = [_numbers("day", fields.days)] if fields.days else []
    order = sorted(fields.month_days, key=lambda one: (one.day if one.day > 0 else 100 + one.day, one.nearest_weekday))
    parts += [_month_day(one) for one in order]
    return f"{_joined(parts)} of the month"


def _month_day(one: MonthDay) -> str:
    """`the last day`, `the day 3 days before the last`, `the last weekday`, `the weekday nearest to day 15`."""
    if one.nearest_weekday:
        return f"the weekday nearest to day {one.day}" if one.day > 0 else "the last weekday"
    if one.day == 0:
        return "the last day"
    return "the day before the last" if one.day == -1 else f"the day {-one.day} days before the last"


def _of_week(fields: CronFields) -> str:
    """`weekdays`, `Mondays and Fridays`, `Mondays, the second Tuesday and the last Friday of the month`."""
    week = _WEEKS.get(fields.weekdays)
    parts = [week] if week else [_DAYS[day] for day in range(7) if (day + 1) % 7 in fields.weekdays]
    order = sorted(fields.month_weekdays, key=lambda one: (one.place or len(_PLACES) + 1, (one.weekday - 1) % 7))
    return _joined(parts + [_month_weekday(one) for one in order]) + (" of the month" if order else "")


def _month_weekday(one: MonthWeekday) -> str:
    """`the second Monday`, `the last Friday`."""
    place = "last" if one.place is None else _PLACES[one.place - 1]
    return f"the {place} {_DAYS[(one.weekday - 1) % 7].removesuffix('s')}"


def _months(fields: CronFields) -> str:
    return "" if len(fields.months) == 12 else f"in {_joined([_MONTHS[month - 1] for month in sorted(fields.months)])}"


def _one_run(values: Sequence[int]) -> bool:
    """Whether the values are two or more that follow each other without a gap."""
    return len(values) > 1 and values[-1] - values[0] == len(values) - 1


def _numbers(unit: str, values: Collection[int]) -> str:
    """`minute 5`, `minutes 0, 20 and 40`, `hours 9 to 17 and 20`."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts = [
        text for run in runs for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(value) for value in run])
    ]
    return f"{unit}{'s' if len(values) > 1 else ''} {_joined(parts)}"


def _joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
