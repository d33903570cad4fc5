"""Days that are a different number in each month: `L`, `L-3`, `LW`, `15W`, `MON#2` and `FRIL` (docs/reference/time.md).

Each answers two independent questions. `find` computes the day from the shape of a month: its length and the weekday
on which it begins. `matches` decides from a date alone, and is the oracle for `find`.
"""

from __future__ import annotations

from calendar import FRIDAY, MONDAY, SATURDAY, SUNDAY, monthrange
from dataclasses import dataclass
from datetime import date

MOST_BEFORE_LAST = 30  # `L-30` is the 1st of a month with 31 days
MOST_IN_A_MONTH = 5  # days of one name


@dataclass(frozen=True)
class MonthDay:
    """A day counted from the end of the month (`L`, `L-3`), or moved to the nearest weekday (`LW`, `15W`)."""

    day: int
    """1 to 31 as the calendar counts; 0 is the last day, -3 is three days before it."""
    nearest_weekday: bool
    """The day from Monday to Friday that is nearest, in the same month. A month that lacks the day has none."""

    def find(self, first: int, length: int) -> int | None:
        """Return the day in a month of that length that begins on that weekday (0 = Monday); None if it has none."""
        day = self.day if self.day > 0 else length + self.day
        if not 1 <= day <= length:
            return None
        weekday = (first + day - 1) % 7
        if self.nearest_weekday and weekday == SATURDAY:
            return day - 1 if day > 1 else day + 2
        if self.nearest_weekday and weekday == SUNDAY:
            return day + 1 if day < length else day - 2
        return day

    def matches(self, moment: date) -> bool:
        """Whether a date is the day."""
        length = monthrange(moment.year, moment.month)[1]
        meant = self.day if self.day > 0 else length + self.day
        if not self.nearest_weekday:
            return moment.day == meant
        weekday = moment.weekday()
        if moment.day == meant:
            return weekday not in (SATURDAY, SUNDAY)
        saturday_is_next = moment.day + 1 == meant <= length
        sunday_ends_the_month = moment.day + 2 == meant == length
        sunday_was_before = moment.day - 1 == meant >= 1
        saturday_began_the_month = moment.day - 2 == meant == 1
        return (weekday == FRIDAY and (saturday_is_next or sunday_ends_the_month)) or (
            weekday == MONDAY and (sunday_was_before or saturday_began_the_month)
        )


@dataclass(frozen=True)
class MonthWeekday:
    """One of the days of the month with the same name: `MON#2` is the second Monday, `FRIL` the last Friday."""

    weekday: int
    """0 to 6, 0 = Sunday."""
    place: int | None
    """1 to 5; None is the last. A month with four such days has no fifth."""

    def find(self, first: int, length: int) -> int | None:
        """Return the day in a month of that length that begins on that weekday (0 = Monday); None if it has none."""
        earliest = 1 + (self.weekday - 1 - first) % 7
        if self.place is None:
            return earliest + (length - earliest) // 7 * 7
        day = earliest + (self.place - 1) * 7
        return day if day <= length else None

    def matches(self, moment: date) -> bool:
        """Whether a date is the day."""
        if moment.isoweekday() % 7 != self.weekday:
            return False
        if self.place is None:
            return moment.day + 7 > monthrange(moment.year, moment.month)[1]
        return (moment.day + 6) // 7 == self.place
