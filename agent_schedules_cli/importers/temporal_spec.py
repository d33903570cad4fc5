"""Temporal's times: structured calendars, exclusions and intervals, as timings of ours.

A calendar selects the times whose fields are all in its sets; several calendars and intervals select the union.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from agent_schedules_cli.importers.cron_text import both_days, field_text

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_EXCLUDED, YEARS_WRITTEN = 100, 10
_BOUNDS = {
    "second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day_of_month": (1, 31), "month": (1, 12),
    "year": (FIRST_YEAR, LAST_YEAR), "day_of_week": (0, 6),
}  # fmt: skip
_JSON = {"day_of_month": "dayOfMonth", "day_of_week": "dayOfWeek"}
_TIMES = ("second", "minute", "hour")


@dataclass(frozen=True)
class Calendar:
    """The values of each field. Weekdays count from 0 = Sunday."""

    second: frozenset[int]
    minute: frozenset[int]
    hour: frozenset[int]
    day_of_month: frozenset[int]
    month: frozenset[int]
    year: frozenset[int]
    day_of_week: frozenset[int]

    @classmethod
    def of(cls, value: dict[str, Any]) -> Calendar:
        """Read a structured calendar. Raises ValueError for values outside of their fields."""
        return cls(**{name: _values(name, value.get(_JSON.get(name, name)) or []) for name in _BOUNDS})

    def sets(self) -> dict[str, frozenset[int]]:
        """Return the fields by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def years(self) -> frozenset[int] | None:
        """The years; None if all."""
        return None if "year" in self.whole() else self.year

    def whole(self) -> set[str]:
        """Return the fields that select every value."""
        return {name for name, (low, high) in _BOUNDS.items() if len(getattr(self, name)) == high - low + 1}

    def expression(self) -> dict[str, Any] | None:
        """Return the timing, without its zone and years; None if no cron expression says it."""
        days = both_days(self.day_of_month, self.day_of_week)
        if days is None:
            return None
        text = f"{field_text(self.minute, 0, 59)} {field_text(self.hour, 0, 23)} {days[0]} "
        text += f"{field_text(self.month, 1, 12)} {days[1]}"
        if self.second == {0}:
            return {"type": "cron", "cron_expression": text}
        return {"type": "cron", "cron_expression": f"{field_text(self.second, 0, 59)} {text}", "precision": "second"}

    def selects(self, day: date) -> bool:
        """Whether a date is selected."""
        return (
            day.year in self.year
            and day.month in self.month
            and day.day in self.day_of_month
            and day.isoweekday() % 7 in self.day_of_week
        )


def _values(name: str, ranges: list[dict[str, Any]]) -> frozenset[int]:
    """Return the values of a field. No years are all years. The other fields select nothing without a range."""
    low, high = _BOUNDS[name]
    if not ranges and name == "year":
        return frozenset(range(low, high + 1))
    if not ranges:
        raise ValueError(f"a calendar has no {_JSON.get(name, name)}, so it selects nothing")
    found: set[int] = set()
    for one in ranges:
        start, step = int(one.get("start") or 0), int(one.get("step") or 1)
        end = max(int(one.get("end") or 0), start)
        if step < 1 or start < low or end > high + (name == "day_of_week"):
            raise ValueError(f"a calendar has a {_JSON.get(name, name)} outside of {low}-{high}")
        found.update(range(start, end + 1, step))
    if name == "day_of_week":
        found = {day % 7 for day in found}
    return frozenset(found)


def merged(calendars: list[Calendar]) -> list[Calendar]:
    """Return calendars that select the same, as few as can be had by joining those that differ in one field."""
    found = list(dict.fromkeys(calendars))
    while True:
        for one, other in combinations(found, 2):
            apart = [name for name, values in one.sets().items() if values != other.sets()[name]]
            if len(apart) == 1:
                joined = replace(one, **{apart[0]: one.sets()[apart[0]] | other.sets()[apart[0]]})
                found = [joined, *(each for each in found if each not in (one, other))]
                break
        else:
            return found


def without(calendar: Calendar, exclusion: Calendar) -> Calendar | None:
    """Return the calendar without an exclusion that leaves out values of one field; None if it is not such a one."""
    narrow = [name for name, values in calendar.sets().items() if not values <= exclusion.sets()[name]]
    if len(narrow) != 1:
        return None
    left = calendar.sets()[narrow[0]] - exclusion.sets()[narrow[0]]
    return replace(calendar, **{narrow[0]: left})


def touches(calendar: Calendar, exclusion: Calendar) -> bool:
    """Whether some value of every field is in both."""
    return all(values & exclusion.sets()[name] for name, values in calendar.sets().items())


def covers_times(exclusion: Calendar, calendar: Calendar | None) -> bool:
    """Whether an exclusion takes whole dates: all times that the calendar has (None: any time) on its dates."""
    if calendar is None:
        return set(_TIMES) <= exclusion.whole()
    return all(calendar.sets()[name] <= exclusion.sets()[name] for name in _TIMES)


def excluded_dates(exclusions: list[Calendar], calendar: Calendar | None, today: date) -> tuple[list[str], date | None]:
    """Return the dates that exclusions take from a calendar, as ranges, and the last date that was looked at if there
    may be more."""
    every_year = any(one.years is None for one in exclusions)
    last_year = today.year + YEARS_WRITTEN if every_year else max(max(one.year) for one in exclusions)
    ranges: list[tuple[date, date]] = []
    for day in _days(today, date(min(last_year, LAST_YEAR), 12, 31)):
        if any(one.selects(day) for one in exclusions) and (calendar is None or calendar.selects(day)):
            if ranges and ranges[-1][1] == day - timedelta(days=1):
                ranges[-1] = ranges[-1][0], day
            elif len(ranges) == MOST_EXCLUDED:
                return _written(ranges), day - timedelta(days=1)
            else:
                ranges.append((day, day))
    return _written(ranges), date(last_year, 12, 31) if every_year else None


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _written(ranges: list[tuple[date, date]]) -> list[str]:
    return [str(first) if first == last else f"{first}/{last}" for first, last in ranges]
