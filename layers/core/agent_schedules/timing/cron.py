"""Cron (contract D14): the times that a parsed expression selects, by two independent functions, `matches` and
`next_after`.

Day rule of Vixie cron: when neither day field starts with `*`, a day matches on day-of-month OR day-of-week, otherwise
on both. The selected days of a month depend on nothing but its length and the weekday that it begins on.

Clock changes follow EventBridge Scheduler (contract D15, aws.md 1.4): a local time that does not exist is skipped that
day, one that occurs twice runs at its first pass. An expression that leaves hour, day and month open says how often,
not when: it runs through both passes (docs/decisions/0006-repeated-hour.md).
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from agent_schedules.timing.cron_parser import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, refusal, split
from agent_schedules.timing.dst import change_between, stretch_end, stretches, utc_of
from agent_schedules.timing.month_days import MonthDay, MonthWeekday

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LAST_YEAR = 2199  # the last year that EventBridge's cron knows (aws.md 1.3)
Shape = tuple[int, int]
"""Of a month, as in `calendar.monthrange`: the weekday that it begins on (0 = Monday) and its length."""
SHAPES = tuple((first, length) for first in range(7) for length in range(28, 32))


@dataclass(frozen=True)
class CronFields:
    """A parsed expression: the selected values of each field. Weekdays are 0-6 with 0 = Sunday."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Day-of-month OR day-of-week (neither field starts with `*`), else both must hold."""
    seconds: tuple[int, ...] = (0,)
    """More than second 0 only in the six-field form."""
    month_days: frozenset[MonthDay] = frozenset()
    """Selected next to `days`; empty if those are all."""
    month_weekdays: frozenset[MonthWeekday] = frozenset()
    """Selected next to `weekdays`; none of a weekday that is in there."""

    @classmethod
    def parse(cls, expression: str, *, seconds: bool = False) -> CronFields:
        """Read five fields or a macro; with `seconds` also six fields, the seconds first.

        Raises InvalidRequest, with what to write instead, for other forms and for expressions that never occur.
        """
        parts = split(expression, seconds=seconds)
        of_minute = SECOND.parse(parts.pop(0)) if len(parts) == 6 else {0}
        minutes, hours = MINUTE.parse(parts[0]), HOUR.parse(parts[1])
        days, month_days = DAY_OF_MONTH.parse_month_days(parts[2])
        months = MONTH.parse(parts[3])
        weekdays, month_weekdays = DAY_OF_WEEK.parse_month_weekdays(parts[4])
        weekdays = frozenset(day % 7 for day in weekdays)
        fields = cls(
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=days,
            months=months,
            weekdays=weekdays,
            either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
            seconds=tuple(sorted(of_minute)),
            month_days=month_days if len(days) < 31 else frozenset(),
            month_weekdays=frozenset(one for one in month_weekdays if one.weekday not in weekdays),
        )
        if next(fields.dates(date(2000, 1, 1)), None) is None:
            day = f"{parts[2][:20]} that is {parts[4][:20]}" if month_weekdays else parts[2][:20]
            raise refusal(f"{expression[:60]!r} never occurs: month {parts[3][:20]} has no day {day}")
        return fields

    @property
    def by_month(self) -> bool:
        """Whether a day is selected that is a different number in each month, such as `L` or `MON#2`."""
        return bool(self.month_days or self.month_weekdays)

    @cached_property
    def every_day(self) -> bool:
        """Whether no day is left out."""
        if len(self.months) < 12:
            return False
        if self.by_month:
            return all(len(self.days_of(shape)) == shape[1] for shape in SHAPES)
        all_days, all_weekdays = len(self.days) == 31, len(self.weekdays) == 7
        return (all_days or all_weekdays) if self.either_day else (all_days and all_weekdays)

    @property
    def every_hour(self) -> bool:
        """Whether hour, day and month are open, so that the expression acts as an interval."""
        return len(self.hours) == 24 and self.every_day

    def matches(self, moment: datetime) -> bool:
        """Whether an aware local time is an occurrence, decided from its fields alone."""
        return (
            moment.second in self.seconds
            and moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.month in self.months
            and self._matches_day(moment)
            and moment.year <= LAST_YEAR
            and (moment.fold == 0 or self.every_hour)
        )

    def _matches_day(self, moment: datetime) -> bool:
        of_month = moment.day in self.days or any(day.matches(moment) for day in self.month_days)
        of_week = moment.isoweekday() % 7 in self.weekdays or any(day.matches(moment) for day in self.month_weekdays)
        return of_month or of_week if self.either_day else of_month and of_week

    def next_after(self, instant: int, tz: ZoneInfo) -> int | None:
        """Return the first occurrence strictly after `instant` (whole seconds, UTC) on the clocks of `tz`.

        It looks at months, then at one local time. A clock change adds one look, however much it hides.
        """
        moment = datetime.fromtimestamp(instant + 1, tz)
        if self.every_hour:
            return self._next_running(instant + 1, tz) if moment.year <= LAST_YEAR else None
        # First passes follow each other in the order of the wall clock, so nothing before `start` can come later.
        start = moment.replace(tzinfo=None, fold=0)
        if moment.fold:
            start = stretch_end(start, tz)
        while (local := next(self.local_times(start), None)) is not None:
            found = utc_of(local.replace(tzinfo=tz))
            if found is not None:
                return found
            start = stretch_end(local, tz)
        return None

    def count(self, after: int, until: int, tz: ZoneInfo) -> int:
        """Count the occurrences in (after, until], by multiplication: the cost follows months and clock changes, not
        occurrences."""
        first = datetime.fromtimestamp(after + 1, tz)
        shown = first.replace(tzinfo=None, fold=0)
        if first.fold:
            shown = stretch_end(shown, tz)
        found = 0
        for start, end in stretches(tz, after + 1, until + 1):
            begin = start if self.every_hour else max(start, shown)  # a repeated local time ran at its first pass
            shown = max(shown, end)
            if begin < end:
                found += self._count_on_the_wall(begin, end)
        return found

    def _count_on_the_wall(self, start: datetime, end: datetime) -> int:
        """Count the selected times of the wall clock in [start, end), both naive."""
        a_day = len(self.hours) * len(self.minutes) * len(self.seconds)
        whole = self._dates_before(start.date(), end.date()) * a_day
        return whole + self._times_before(end) - self._times_before(start)

    def _dates_before(self, start: date, end: date) -> int:
        """Count the selected dates in [start, end)."""
        found = 0
        for year, month in self.months_from(start):
            if (year, month) > (end.year, end.month):
                break
            low = start.day if (year, month) == (start.year, start.month) else 1
            high = end.day if (year, month) == (end.year, end.month) else 32
            days = self.days_of(monthrange(year, month))
            found += bisect_left(days, high) - bisect_left(days, low)
        return found

    def _times_before(self, moment: datetime) -> int:
        """Count the selected times of that day before `moment` (naive)."""
        if not self._dates_before(moment.date(), moment.date() + timedelta(days=1)):
            return 0
        hour, minute = bisect_left(self.hours, moment.hour), bisect_left(self.minutes, moment.minute)
        found = hour * len(self.minutes) * len(self.seconds)
        if moment.hour in self.hours:
            found += minute * len(self.seconds)
            if moment.minute in self.minutes:
                found += bisect_left(self.seconds, moment.second)
        return found

    def _next_running(self, instant: int, tz: ZoneInfo) -> int | None:
        """Return the first second from `instant` on whose minute and second are selected, in either pass."""
        while True:
            local = datetime.fromtimestamp(instant, tz)
            found = instant - local.minute * 60 - local.second + self._of_the_hour(local.minute, local.second)
            change = change_between(tz, instant, found)
            if change is None:
                return found if datetime.fromtimestamp(found, tz).year <= LAST_YEAR else None
            instant = change

    def _of_the_hour(self, minute: int, second: int) -> int:
        """Return the first selected second of an hour from `minute`:`second` on, or of the next hour."""
        at = bisect_left(self.minutes, minute)
        if self.minutes[at : at + 1] == (minute,):
            if second <= self.seconds[-1]:
                return minute * 60 + self.seconds[bisect_left(self.seconds, second)]
            at += 1
        following = self.minutes[at] if at < len(self.minutes) else 60 + self.minutes[0]
        return following * 60 + self.seconds[0]

    def local_times(self, start: datetime) -> Iterator[datetime]:
        """Yield the selected times of the wall clock from `start` on (all naive), whether or not a zone shows them."""
        for day in self.dates(start.date()):
            begin = start.time() if day == start.date() else time.min
            for hour in self.hours[bisect_left(self.hours, begin.hour) :]:
                minute = begin.minute if hour == begin.hour else 0
                for number in self.minutes[bisect_left(self.minutes, minute) :]:
                    second = begin.second if (hour, number) == (begin.hour, begin.minute) else 0
                    for last in self.seconds[bisect_left(self.seconds, second) :]:
                        yield datetime(day.year, day.month, day.day, hour, number, last)  # noqa: DTZ001 - local time

    def dates(self, start: date) -> Iterator[date]:
        """Yield the selected dates from `start` on, by `months_from`, a month at a time."""
        for year, month in self.months_from(start):
            for number in self.days_of(monthrange(year, month)):
                if (year, month, number) >= (start.year, start.month, start.day):
                    yield date(year, month, number)

    def days_of(self, shape: Shape) -> tuple[int, ...]:
        """Return the selected days of a month of that shape, in order."""
        return _days_of(
            shape, self.days, self.weekdays, self.month_days, self.month_weekdays, either_day=self.either_day
        )

    def months_from(self, start: date) -> Iterator[tuple[int, int]]:
        """Yield the months that a search looks at, in order, up to the last year.

        The rarest day, 29 February on one day of the week, is at most 40 years away, and only Februaries are looked at:
        41 looks. Where nothing is left, the search ends after at most twelve looks for each year up to 2199.
        """
        for year in range(start.year, LAST_YEAR + 1):
            for month in sorted(self.months):
                if (year, month) >= (start.year, start.month):
                    yield year, month


@lru_cache(maxsize=1024)
def _days_of(
    shape: Shape,
    days: frozenset[int],
    weekdays: frozenset[int],
    month_days: frozenset[MonthDay],
    month_weekdays: frozenset[MonthWeekday],
    *,
    either_day: bool,
) -> tuple[int, ...]:
    first, length = shape
    of_month = {day for day in days if day <= length}
    of_month |= {found for day in month_days if (found := day.find(first, length)) is not None}
    of_week = {day for day in range(1, length + 1) if (first + day) % 7 in weekdays}  # Unix: 0 = Sunday
    of_week |= {found for day in month_weekdays if (found := day.find(first, length)) is not None}
    return tuple(sorted(of_month | of_week if either_day else of_month & of_week))
