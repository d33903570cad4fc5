"""The fields of AWS's cron(): which numbers a field matches, and which days of a month a day field matches."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date

_ITEM = re.compile(r"(?P<first>\*|[0-9]{1,4}|[A-Z]{3})(?:-(?P<last>[0-9]{1,4}|[A-Z]{3}))?(?:/(?P<step>[0-9]{1,4}))?")
_WEEKDAY_NEAREST = re.compile(r"([0-9]{1,2})W")
_LAST_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})L")
_NTH_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})#([1-5])")

_MONTH_NAMES = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
MONTHS = {_MONTH_NAMES[3 * number - 3 : 3 * number]: number for number in range(1, 13)}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}

# The days of one month (year, month) on which a day field matches, in order.
DayRule = Callable[[int, int], Sequence[int]]


def numbers(text: str, low: int, high: int, names: dict[str, int] | None = None) -> list[int]:
    """Return the values of a field of lists, ranges and steps; `a/n` runs from a to the highest value."""

    def number(word: str) -> int:
        value = (names or {}).get(word, -1) if word.isalpha() else int(word)
        if not low <= value <= high:
            raise ValueError(f"{word}: not in {low}-{high}")
        return value

    values: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None or (match["first"] == "*" and match["last"]):
            raise ValueError(f"{item}: not a value, range or step")
        first = low if match["first"] == "*" else number(match["first"])
        last = number(match["last"]) if match["last"] else high if match["step"] or match["first"] == "*" else first
        step = int(match["step"] or 1)
        if last < first:
            raise ValueError(f"{item}: the range is reversed")
        # */60 in the minutes is refused by EventBridge: a step may not leave the field.
        if not 1 <= step <= high:
            raise ValueError(f"{item}: the step is out of range")
        values.update(range(first, last + 1, step))
    return sorted(values)


def month_day_rule(text: str) -> DayRule:
    """Day-of-month: numbers, L (last day), nW (the Monday-Friday nearest to day n, same month), LW (the last one).

    L and W stand alone, not in a list; a month without day n has no fire for nW. AWS does not say either way.
    """
    if text == "L":
        return lambda year, month: [_last_day(year, month)]
    if text == "LW":
        return lambda year, month: [_nearest_weekday(year, month, _last_day(year, month))]
    nearest = _WEEKDAY_NEAREST.fullmatch(text)
    if nearest:
        [day] = numbers(nearest[1], 1, 31)
        return lambda year, month: [_nearest_weekday(year, month, day)] if day <= _last_day(year, month) else []
    days = numbers(text, 1, 31)
    return lambda year, month: [day for day in days if day <= _last_day(year, month)]


def weekday_rule(text: str) -> DayRule:
    """Day-of-week, 1 = Sunday: numbers, nL (the month's last n), L (last day of the week), n#k (the k-th n)."""
    last = _LAST_WEEKDAY.fullmatch(text)
    if last:
        [wanted] = numbers(last[1], 1, 7, _WEEKDAYS)
        return lambda year, month: _on(year, month, {wanted})[-1:]
    nth = _NTH_WEEKDAY.fullmatch(text)
    if nth:
        [wanted], place = numbers(nth[1], 1, 7, _WEEKDAYS), int(nth[2])
        return lambda year, month: _on(year, month, {wanted})[place - 1 : place]
    wanted_days = {_WEEKDAYS["SAT"]} if text == "L" else set(numbers(text, 1, 7, _WEEKDAYS))
    return lambda year, month: _on(year, month, wanted_days)


def _on(year: int, month: int, weekdays: set[int]) -> list[int]:
    return [day for day in range(1, _last_day(year, month) + 1) if _weekday(year, month, day) in weekdays]


def _nearest_weekday(year: int, month: int, day: int) -> int:
    weekday = _weekday(year, month, day)
    if weekday == _WEEKDAYS["SAT"]:
        return day - 1 if day > 1 else day + 2
    if weekday == _WEEKDAYS["SUN"]:
        return day + 1 if day < _last_day(year, month) else day - 2
    return day


def _weekday(year: int, month: int, day: int) -> int:
    """AWS's number of the day of the week: 1 is Sunday, 7 is Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
