"""Write sets of values as the fields of a cron expression."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

WEEKS = [set(range(first, min(first + 7, 32))) for first in range(1, 32, 7)]
"""The days of a month in which each weekday comes for the first, second, … fifth time."""
ALL_DAYS, ALL_WEEKDAYS = frozenset(range(1, 32)), frozenset(range(7))


def field_text(values: Collection[int], low: int, high: int) -> str:
    """Return the shortest usual form of values: `*`, `*/15`, `8-18/2`, or ranges and single values."""
    ordered = sorted(values)
    if len(ordered) == high - low + 1:
        return "*"
    step = ordered[1] - ordered[0] if len(ordered) > 1 else 1
    if step > 1 and ordered == list(range(ordered[0], ordered[-1] + 1, step)):
        if ordered[0] == low and ordered[-1] + step > high:
            return f"*/{step}"
        if len(ordered) > 2:
            return f"{ordered[0]}-{ordered[-1]}/{step}"
    return ",".join(_runs(ordered))


def both_days(days: Collection[int], weekdays: Collection[int]) -> tuple[str, str] | None:
    """Return the day fields of the days that are in both sets, or None if no expression says it.

    Two restricted day fields mean either. They mean both if one begins with `*`, as `*/31` (the 1st) and `*/7` (Sunday)
    do. The second Monday and the like have a form of their own.
    """
    days, weekdays = set(days), set(weekdays)
    if weekdays == ALL_WEEKDAYS or days == ALL_DAYS:
        return field_text(days, 1, 31), field_text(weekdays, 0, 6)
    places = [place for place, week in enumerate(WEEKS, 1) if week <= days]
    if days == set().union(*(WEEKS[place - 1] for place in places)):
        return "*", ",".join(f"{day}#{place}" for day in sorted(weekdays) for place in places)
    if 1 in days:
        return ",".join(["*/31", *_runs(sorted(days - {1}))]), field_text(weekdays, 0, 6)
    if 0 in weekdays:
        return field_text(days, 1, 31), ",".join(["*/7", *_runs(sorted(weekdays - {0}))])
    return None


def _runs(ordered: list[int]) -> Iterator[str]:
    for _, group in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0]):
        run = [value for _, value in group]
        if len(run) < 3:
            yield from map(str, run)
        else:
            yield f"{run[0]}-{run[-1]}"
