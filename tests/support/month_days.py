"""The days that a cron expression selects in a month, read from its text and from a month as the calendar prints it:
weeks from Monday to Sunday. It knows nothing of the service's search."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from functools import cache

from tests.support.times import DAYS

Month = tuple[int, int]


@cache
def weeks(year: int, month: int) -> Sequence[Sequence[int]]:
    return calendar.monthcalendar(year, month)


def column(month: Month, name: str) -> list[int]:
    """The days of a month below one name of the week."""
    number = int(name) if name.isdigit() else [day.upper() for day in DAYS].index(name)
    return [week[(number - 1) % 7] for week in weeks(*month) if week[(number - 1) % 7]]


def of_month(item: str, month: Month) -> set[int]:
    """The days that one item of the day of month selects."""
    days = [*range(1, max(weeks(*month)[-1]) + 1)]
    if item.startswith("*"):
        return set(days[:: int(item[2:] or 1)])
    if item.endswith("W"):
        wanted = days[-1] if item == "LW" else int(item[:-1])
        weekdays = [day for week in weeks(*month) for day in week[:5] if day]
        return {min(weekdays, key=lambda day: abs(day - wanted))} if wanted in days else set()
    if item.startswith("L"):
        return set(days[::-1][int(item[2:] or 0) :][:1])
    first, _, last = item.partition("-")
    return set(days) & {*range(int(first), int(last or first) + 1)}


def of_week(item: str, month: Month) -> set[int]:
    """The days that one item of the day of week selects."""
    if item == "*":
        return set().union(*(column(month, str(day)) for day in range(7)))
    if item.endswith("L"):
        return {column(month, item[:-1])[-1]}
    name, _, place = item.partition("#")
    return set(column(month, name)[int(place) - 1 : int(place)] if place else column(month, name))


def selected(expression: str, month: Month) -> set[int]:
    """The days of a month that the two day fields select together. The other fields are left out."""
    _, _, days, _, weekdays = expression.split()
    one, other = (
        set[int]().union(*(meaning(item, month) for item in field.split(",")))
        for field, meaning in ((days, of_month), (weekdays, of_week))
    )
    return one & other if days.startswith("*") or weekdays.startswith("*") else one | other


BEFORE = [f"L-{number}" for number in range(1, 31)]
NEAREST = [f"{number}W" for number in range(1, 32)]
WEEKDAYS = [
    f"{name}{which}" for name in ("SUN", 1, "TUE", 3, "THU", 5, 6) for which in ("L", "#1", "#2", "#3", "#4", "#5")
]
EVERY_FORM = [f"0 9 {day} * *" for day in ["L", "LW", *BEFORE, *NEAREST]] + [f"0 9 * * {day}" for day in WEEKDAYS]
