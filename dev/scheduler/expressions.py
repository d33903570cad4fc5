"""When an EventBridge Scheduler expression fires, computed from its text by AWS's published rules.

It stands in for AWS's own evaluator and imports nothing of the service that wrote the expression, so a wrong
translation fires wrongly here too, as it would on AWS. The rules follow the EventBridge Scheduler User Guide, "Schedule
types". Where it is silent, a docstring states the choice.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from dev.scheduler.cron_fields import MONTHS, DayRule, month_day_rule, numbers, weekday_rule

MAX_LENGTH = 256
FIRST_YEAR, LAST_YEAR = 1970, 2199

_TICK = timedelta(microseconds=1)
# A local day lies within a day of its UTC namesake, so these bound every local time of the two years.
_EARLIEST = datetime(FIRST_YEAR - 1, 12, 31, tzinfo=UTC)
_LATEST = datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC)

_FORM = re.compile(r"(at|rate|cron)\((.*)\)")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}")
_RATE = re.compile(r"([1-9][0-9]*) +(minute|hour|day)s?")

_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class InvalidExpression(ValueError):
    """An expression that CreateSchedule would refuse. The message has AWS's form; `reason` explains it."""

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(f"Invalid Schedule Expression {expression}.")
        self.expression = expression
        self.reason = reason


class AwsExpression(ABC):
    """A parsed expression with its zone and bounds. `one_time` is true for at() only."""

    one_time: bool = False

    @abstractmethod
    def next_fire(self, after: datetime) -> datetime | None:
        """Return the first fire strictly later than `after` (aware), in UTC; None if there is none up to 2199."""


@dataclass(frozen=True)
class _At(AwsExpression):
    """at(): one moment. StartDate and EndDate do not apply to it."""

    moment: datetime
    one_time = True

    def next_fire(self, after: datetime) -> datetime | None:
        return self.moment if self.moment > _utc(after) else None


@dataclass(frozen=True)
class _Rate(AwsExpression):
    """rate(): elapsed time from the first fire, so a day is 24 hours whatever the zone's clocks do."""

    first: datetime | None  # StartDate or the creation time
    period_seconds: int
    end: datetime | None

    def next_fire(self, after: datetime) -> datetime | None:
        if self.first is None:
            raise ValueError("created: a rate without StartDate counts from its creation time")
        # Whole numbers instead of timedelta: a valid text may give a period that timedelta cannot hold.
        passed = (_utc(after) - self.first) // _TICK // 1_000_000
        offset = 0 if passed < 0 else (passed // self.period_seconds + 1) * self.period_seconds
        if offset >= (_LATEST - self.first).total_seconds():
            return None
        return _until(self.first + timedelta(seconds=offset), self.end)


@dataclass(frozen=True)
class _Cron(AwsExpression):
    """cron(): local times of a zone. A time the zone skips is skipped; a repeated one fires in its first pass only."""

    minutes: Sequence[int]
    hours: Sequence[int]
    months: Sequence[int]
    years: Sequence[int]
    days: DayRule
    zone: ZoneInfo
    start: datetime | None
    end: datetime | None

    def next_fire(self, after: datetime) -> datetime | None:
        # StartDate itself may fire, hence the step back that makes "strictly later" include it.
        bound = min(_LATEST, max(_utc(after), _EARLIEST, self.start - _TICK if self.start else _EARLIEST))
        # Local times map to UTC in order (first passes, gaps left out), so none before `wall` can be later than bound.
        wall = bound.astimezone(self.zone).replace(tzinfo=None)
        today = wall.date()
        for day in self._days_from(today):
            for hour in _from(self.hours, wall.hour if day == today else 0):
                for minute in _from(self.minutes, wall.minute if (day, hour) == (today, wall.hour) else 0):
                    local = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - resolved next
                    fire = None if local < wall else _first_pass(local, self.zone)
                    if fire is not None and fire > bound:
                        return _until(fire, self.end)
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in _from(self.years, first.year):
            for month in self.months:
                if (year, month) >= (first.year, first.month):
                    begun = (year, month) == (first.year, first.month)
                    for day in _from(self.days(year, month), first.day if begun else 0):
                        yield date(year, month, day)


def parse(
    expression: str,
    *,
    timezone: str,
    start: datetime | None = None,
    end: datetime | None = None,
    created: datetime | None = None,
) -> AwsExpression:
    """Parse at(), rate() or cron(). Raises InvalidExpression for an expression that AWS would refuse.

    `timezone` is an IANA name and governs at() and cron(). `start` and `end` (aware) are StartDate and EndDate, both
    inclusive: AWS says "on, or after" and "on, or before". `created` (aware) is the creation time, where a
    rate() without StartDate fires first. Times of rate() are whole seconds, as in the API.
    """
    if len(expression) > MAX_LENGTH or not expression.isascii():
        raise InvalidExpression(expression, f"at most {MAX_LENGTH} ASCII characters")
    form = _FORM.fullmatch(expression)
    if form is None:
        raise InvalidExpression(expression, "neither at(), rate() nor cron()")
    start, end, created = (None if moment is None else _utc(moment) for moment in (start, end, created))
    try:
        zone = _zone(timezone)
        if form[1] == "at":
            return _parse_at(form[2], zone)
        if form[1] == "rate":
            return _parse_rate(form[2], start if start is not None else created, end)
        return _parse_cron(form[2].upper().split(), zone, start, end)
    except ValueError as error:
        raise InvalidExpression(expression, str(error)) from error


def _parse_at(text: str, zone: ZoneInfo) -> _At:
    if not _AT.fullmatch(text):
        raise ValueError("at() takes yyyy-mm-ddThh:mm:ss")
    local = datetime.fromisoformat(text)
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise ValueError("year out of range")
    # A repeated local time means its first pass. One that does not exist moves forward by the gap: AWS says nothing,
    # and that is how the usual time libraries resolve it.
    return _At(local.replace(tzinfo=zone).astimezone(UTC))


def _parse_rate(text: str, first: datetime | None, end: datetime | None) -> _Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("rate() takes a positive whole number and minute(s), hour(s) or day(s)")
    return _Rate(first and first.replace(microsecond=0), int(match[1]) * _UNIT_SECONDS[match[2]], end)


def _parse_cron(fields: list[str], zone: ZoneInfo, start: datetime | None, end: datetime | None) -> _Cron:
    if len(fields) != 6:
        raise ValueError("cron() takes six fields")
    minutes, hours, day_of_month, months, day_of_week, years = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError("exactly one of the two day fields must be ?")
    return _Cron(
        minutes=numbers(minutes, 0, 59),
        hours=numbers(hours, 0, 23),
        months=numbers(months, 1, 12, MONTHS),
        years=numbers(years, FIRST_YEAR, LAST_YEAR),
        days=cache(weekday_rule(day_of_week) if day_of_month == "?" else month_day_rule(day_of_month)),
        zone=zone,
        start=start,
        end=end,
    )


def _from(values: Sequence[int], first: int) -> Sequence[int]:
    """Return the sorted values that are not below the first."""
    return values[bisect_left(values, first) :]


def _first_pass(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the UTC time of a naive local one, the earlier if it repeats; None if the zone skips it."""
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def _until(fire: datetime, end: datetime | None) -> datetime | None:
    return None if fire.year > LAST_YEAR or (end is not None and fire > end) else fire


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()}: a time needs an offset")
    return moment.astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    """Return the zone from the tzdata package, never from the host, so that results are the same everywhere."""
    package = files("tzdata")
    if name not in package.joinpath("zones").read_text().split():
        raise ValueError(f"{name}: not an IANA time zone")
    with package.joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
