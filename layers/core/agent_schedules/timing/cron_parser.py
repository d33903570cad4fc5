"""Parse the text of a cron expression into the values that each field selects.

The dialect is Unix cron's (contract D14): lists, ranges, steps, names in any case, 0 and 7 for Sunday, macros. The two
day fields also take the forms of `month_days`. Other syntax of other tools is refused, with what to write instead: each
tool reads it differently, so a guess would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.month_days import MOST_BEFORE_LAST, MOST_IN_A_MONTH, MonthDay, MonthWeekday

T = TypeVar("T")

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

_ORDER = "minute hour day-of-month month day-of-week"
_ITEM = re.compile(r"(?:(?P<star>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)
_WRAPPED = re.compile(r"(cron|rate|at) *\(", re.IGNORECASE)
_WRAPPERS = {
    "cron": f"write the five fields alone, without `cron(...)`: {_ORDER}",
    "rate": "`rate(...)` is not cron; use a schedule of type `interval`",
    "at": "`at(...)` is not cron; use a schedule of type `once`",
}
_ZONE_PREFIX = re.compile(r"(CRON_)?TZ=", re.IGNORECASE)
_YEAR = re.compile(r"(19|20|21)\d\d\b.*", re.ASCII)
_MONTH_DAY = re.compile(r"L(?:-(?P<before>\d+))?|(?:L|(?P<day>\d+))(?P<nearest>W)", re.ASCII | re.IGNORECASE)
_MONTH_WEEKDAY = re.compile(r"(?P<weekday>\d+|[A-Z]{3})(?:L|#(?P<place>\d+))", re.ASCII | re.IGNORECASE)
_LAST = r"(.*\d|.*-|(.*-)?[A-Z]{3})?L([-/].*)?"
_NEAREST = r"(.*[\d-]|L|[A-Z]{3})?W([-/].*)?"
# Forms that are refused, the field that each is for (None: any other), and the message that says what to write instead.
_FOREIGN = (
    (r".*\?.*", None, "`?` is AWS's and Quartz's; write `*`"),
    (r".*~.*", None, "`~` (a random value) is not Unix cron; choose a value"),
    (r"H(\(.*\))?(/\d+)?", None, "`H` is Jenkins's; choose a value"),
    (r".*#.*", "day of week", "`#` takes one day and its place in the month: write `MON#2`, or list `MON#1,TUE#1`"),
    (r".*#.*", None, "`#` (the n-th weekday of a month) belongs in the day of week"),
    (_NEAREST, "day of month", "`W` (the nearest weekday) takes one day: write `15W`, or `LW` for the last weekday"),
    (_NEAREST, None, "`W` (the nearest weekday) belongs in the day of month"),
    (_LAST, "day of month", "write `L` (the last day) or `L-3` (three days before it), without a range or a step"),
    (r"L", "day of week", "`L` alone is Saturday on AWS; write `SAT`, or `SATL` for the month's last Saturday"),
    (_LAST, "day of week", "write `5L` or `FRIL` for the last Friday of the month, or list `MONL,FRIL`"),
    (_LAST, None, "`L` (the last day) belongs in the day of month or the day of week"),
)


def refusal(why: str) -> InvalidRequest:
    """Return the error of an expression. It names the request's field."""
    return InvalidRequest(f"schedule.cron_expression: {why}")


@dataclass(frozen=True)
class Field:
    """One field: its name in messages, its inclusive bounds, and the names it accepts."""

    name: str
    low: int
    high: int
    words: dict[str, int]
    around: int = 0
    """After how many values the field begins again, where a range may run past its end: `sat-sun` is `6-7`."""

    def parse(self, text: str) -> frozenset[int]:
        """Return the values that `text` selects. Raises InvalidRequest, naming the field and the wrong part."""
        return frozenset(value for part in text.split(",") for value in self._item(part))

    def parse_month_days(self, text: str) -> tuple[frozenset[int], frozenset[MonthDay]]:
        """Return the values of the day of month, and its days that depend on the month."""
        return self._parse_both(text, _MONTH_DAY, self._month_day)

    def parse_month_weekdays(self, text: str) -> tuple[frozenset[int], frozenset[MonthWeekday]]:
        """Return the values of the day of week, and its days that depend on the month."""
        return self._parse_both(text, _MONTH_WEEKDAY, self._month_weekday)

    def _parse_both(
        self, text: str, form: re.Pattern[str], read: Callable[[re.Match[str]], T]
    ) -> tuple[frozenset[int], frozenset[T]]:
        values, found = set[int](), set[T]()
        for part in text.split(","):
            item = form.fullmatch(part)
            if item is None:
                values.update(self._item(part))
            else:
                found.add(read(item))
        return frozenset(values), frozenset(found)

    def _month_day(self, item: re.Match[str]) -> MonthDay:
        part = item[0]
        if item["day"]:
            return MonthDay(self._value(item["day"], part), nearest_weekday=True)
        before = int(item["before"][:4]) if item["before"] else 0
        if item["before"] and not 1 <= before <= MOST_BEFORE_LAST:
            raise self._refusal(part, f"must be `L-1` to `L-{MOST_BEFORE_LAST}`; the last day itself is `L`")
        return MonthDay(-before, nearest_weekday=bool(item["nearest"]))

    def _month_weekday(self, item: re.Match[str]) -> MonthWeekday:
        part, day = item[0], item["weekday"]
        weekday = self._value(day, part) % 7
        place = int(item["place"][:4]) if item["place"] else None
        if place is not None and not 1 <= place <= MOST_IN_A_MONTH:
            raise self._refusal(
                part, f"must be `{day}#1` to `{day}#{MOST_IN_A_MONTH}`; the last of a month is `{day}L`"
            )
        return MonthWeekday(weekday, place)

    def _item(self, part: str) -> range:
        item = _ITEM.fullmatch(part)
        if item is None:
            raise self._unreadable(part)
        step = self._step(item["step"], part)
        if item["star"]:
            return range(self.low, self.high + 1, step)
        low = self._value(item["low"], part)
        if item["high"] is None:
            if item["step"]:
                raise self._refusal(part, f"has a step without a range; write `{item['low']}-{self.high}/{step}`")
            return range(low, low + 1)
        high = self._value(item["high"], part)
        if high < low and self.around:
            high += self.around
        if high < low:
            split = f"{item['low']}-{self.high},{self.low}-{item['high']}"
            raise self._refusal(part, "runs backwards" if item["step"] else f"runs backwards; write `{split}`")
        return range(low, high + 1, step)

    def _step(self, text: str | None, part: str) -> int:
        if text is None:
            return 1
        step, size = int(text) if len(text) <= 4 else 10_000, self.high - self.low + 1
        if step < 1:
            raise self._refusal(part, "has a step of 0; a step must be 1 or more")
        if step > size:
            # Unix reads `*/90` in the minutes as `0`, which its author hardly means.
            raise self._refusal(
                part, f"has a step larger than the field's {size} values; for such spacing use type `interval`"
            )
        return step

    def _value(self, text: str, part: str) -> int:
        word = text.upper()
        if word in self.words:
            return self.words[word]
        if not text.isdigit():
            raise self._unreadable(part)
        value = int(text) if len(text) <= 4 else self.high + 1
        if not self.low <= value <= self.high:
            inside = "" if text == part else f" (in `{part[:40]}`)"
            raise refusal(f"{self.name}: {text[:12]} is outside {self.low}-{self.high}{inside}")
        return value

    def _unreadable(self, part: str) -> InvalidRequest:
        if not part:
            return refusal(f"{self.name}: a comma has no value before or after it")
        for form, field, hint in _FOREIGN:
            if field in (self.name, None) and re.fullmatch(form, part, re.IGNORECASE | re.ASCII):
                return self._refusal(part, f"is not understood: {hint}")
        if part.isalpha() and part[:3].upper() in self.words:
            return self._refusal(part, f"is not understood; write `{part[:3].upper()}`")
        return self._refusal(part, f"is not a value, a range or a step within {self.low}-{self.high}")

    def _refusal(self, part: str, why: str) -> InvalidRequest:
        return refusal(f"{self.name}: `{part[:40]}` {why}")


SECOND = Field("second", 0, 59, {})
MINUTE = Field("minute", 0, 59, {})
HOUR = Field("hour", 0, 23, {})
DAY_OF_MONTH = Field("day of month", 1, 31, {})
MONTH = Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)})
DAY_OF_WEEK = Field("day of week", 0, 7, {name: number for number, name in enumerate(DAYS)}, around=7)


def split(expression: str, *, seconds: bool) -> list[str]:
    """Return the texts of the five fields, with macros resolved; with `seconds` also of six, the seconds first.

    Raises InvalidRequest for every other form.
    """
    text = expression.strip(" \t")
    text = MACROS.get(text.lower(), text)
    if text.startswith("@"):
        raise refusal(_macro(text))
    if _ZONE_PREFIX.match(text):
        raise refusal("put the time zone into schedule.timezone, not before the fields")
    if wrapped := _WRAPPED.match(text):
        raise refusal(_WRAPPERS[wrapped[1].lower()])
    parts = re.findall(r"[^ \t]+", text)  # `split` would take any white space of Unicode
    if len(parts) == 5 or (seconds and len(parts) == 6):
        return parts
    raise refusal(_count(text, parts, seconds=seconds))


def _macro(text: str) -> str:
    if text.lower().startswith("@every"):
        return "`@every` is not cron; use a schedule of type `interval`"
    if text.lower() == "@reboot":
        return "`@reboot` is not supported; use a schedule of type `once`"
    return f"`{text[:40]}` is not one of {', '.join(MACROS)}"


def _count(text: str, parts: list[str], *, seconds: bool) -> str:
    """Return the message for a wrong number of fields, with what to write instead."""
    said = f"{len(parts)} fields, must be 5: {_ORDER}"
    if re.search(r",\s|\s,", text):
        return f"{said}; remove the spaces within a list"
    if len(parts) == 7:
        return f'{said}; years are not supported, and seconds only with `precision: "second"`'
    if len(parts) == 6 and ("?" in (parts[2], parts[4]) or _YEAR.fullmatch(parts[5])):
        # AWS's own form. Its weekdays are one higher than Unix's, so the digits cannot simply be copied.
        return f"{said}; drop the year, write `*` for `?`, and count weekdays from 0 = Sunday"
    if len(parts) == 6:
        return f'{said}; a sixth field, for seconds, goes first and needs `precision: "second"` in the schedule'
    return f"{said} (or 6 with seconds first)" if seconds else said
