"""Five-field Unix cron (contract D14): parsing, and the two independent answers `matches` and `next_after`.

Day rule of Vixie cron: when neither day field starts with `*`, a day matches on day-of-month OR day-of-week,
otherwise on both. DST rule of EventBridge Scheduler (aws.md 1.4): a local time that does not exist is skipped that
day, one that occurs twice runs at its first pass only.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timezone
from typing import TYPE_CHECKING

from agent_schedules.errors import InvalidRequest

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LAST_YEAR = 2199  # the last year that EventBridge's cron knows (aws.md 1.3)

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_ITEM = re.compile(r"(?:(?P<star>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One field's name in messages, its inclusive bounds and the words it understands."""

    name: str
    low: int
    high: int
    words: dict[str, int]

    def parse(self, text: str) -> frozenset[int]:
        """The values that `text` selects; InvalidRequest names the field and the offending part."""
        values: set[int] = set()
        for part in text.split(","):
            values.update(self._parse_item(part))
        return frozenset(values)

    def _parse_item(self, part: str) -> range:
        if found := re.search(r"[LW#?]", part.upper()):
            for word in self.words:
                if word in part.upper():
                    break
            else:
                raise self._error(part, f"`{found[0]}` is not part of five-field cron; list the days instead")
        item = _ITEM.fullmatch(part)
        if item is None:
            raise self._error(part, "is not a value, a range, a list or a step")
        step = int(item["step"] or 1)
        if step < 1:
            raise self._error(part, "a step must be 1 or more")
        if item["star"]:
            return range(self.low, self.high + 1, step)
        low = self._value(item["low"], part)
        if item["high"] is None:
            if item["step"]:
                raise self._error(part, f"a step needs a range: write `{low}-{self.high}/{step}` or `*/{step}`")
            return range(low, low + 1)
        high = self._value(item["high"], part)
        if high < low:
            raise self._error(part, "the range runs backwards; split it in two")
        return range(low, high + 1, step)

    def _value(self, text: str, part: str) -> int:
        if text.upper() in self.words:
            return self.words[text.upper()]
        if not text.isdigit():
            raise self._error(part, "is not a value, a range, a list or a step")
        value = int(text) if len(text) <= 4 else self.high + 1
        if not self.low <= value <= self.high:
            raise self._error(part, f"{text[:12]} is outside {self.low}-{self.high}")
        return value

    def _error(self, part: str, why: str) -> InvalidRequest:
        return InvalidRequest(f"schedule.cron_expression: {self.name} {part[:40]!r}: {why}")


FIELDS = (
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day of month", 1, 31, {}),
    Field("month", 1, 12, _MONTHS),
    Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class CronFields:
    """A parsed expression: the values of each field. Weekdays are 0-6 with 0 = Sunday."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Day-of-month OR day-of-week (neither field starts with `*`), else both must hold."""

    @classmethod
    def parse(cls, expression: str) -> CronFields:
        """Read five fields or a macro; raises InvalidRequest for other forms and for what can never occur."""
        text = MACROS.get(expression.strip(" \t").lower(), expression)
        parts = re.findall(r"[^ \t]+", text)
        if text.startswith("@"):
            raise InvalidRequest(f"schedule.cron_expression: {text[:40]!r} is not one of {', '.join(MACROS)}")
        if len(parts) != 5:
            raise InvalidRequest(
                f"schedule.cron_expression: {len(parts)} fields, must be 5: minute hour day-of-month month day-of-week"
            )
        minutes, hours, days, months, weekdays = (field.parse(part) for field, part in zip(FIELDS, parts, strict=True))
        fields = cls(
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
        )
        if next(fields.dates(date(2000, 1, 1)), None) is None:
            raise InvalidRequest(
                f"schedule.cron_expression: {expression[:60]!r} never occurs: no such day in the chosen months"
            )
        return fields

    @property
    def every_day(self) -> bool:
        """Whether no day is left out."""
        return len(self.days) == 31 and len(self.weekdays) == 7 and len(self.months) == 12

    def day_matches(self, day: date) -> bool:
        """Whether the day rule holds for a local date."""
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week

    def matches(self, moment: datetime) -> bool:
        """Whether an aware local time is an occurrence, decided from its fields alone."""
        return (
            moment.second == 0
            and moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.fold == 0
            and self.day_matches(moment.date())
        )

    def dates(self, start: date) -> Iterator[date]:
        """Matching local dates from `start` on; steps by months and days, never by minutes."""
        for year in range(start.year, LAST_YEAR + 1):
            for month in sorted(self.months):
                if (year, month) < (start.year, start.month):
                    continue
                first = start.day if (year, month) == (start.year, start.month) else 1
                for number in range(first, monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if self.day_matches(day):
                        yield day

    def next_after(self, instant: int, tz: ZoneInfo) -> int | None:
        """The first occurrence strictly after `instant` (whole seconds, UTC) on the clocks of `tz`."""
        moment = datetime.fromtimestamp(instant, tz)
        # First passes follow each other in the order of the wall clock, so nothing before `moment` can be after it.
        for day in self.dates(moment.date()):
            passed = (moment.hour, moment.minute) if day == moment.date() else (0, 0)
            for hour in self.hours:
                if hour < passed[0]:
                    continue
                for minute in self.minutes:
                    if (hour, minute) < passed:
                        continue
                    found = utc_of(datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz))
                    if found is not None and found > instant:
                        return found
        return None


def utc_of(local: datetime) -> int | None:
    """The UTC second of an aware local time at its first pass, or None if that local time does not exist."""
    offset = local.replace(fold=0).utcoffset()
    assert offset is not None
    instant = local.replace(tzinfo=timezone(offset))
    back = instant.astimezone(local.tzinfo)
    if back.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0):
        return None
    return int(instant.astimezone(UTC).timestamp())
