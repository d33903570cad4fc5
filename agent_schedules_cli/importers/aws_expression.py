"""Translate an expression of EventBridge Scheduler: `cron(…)`, `rate(…)` or `at(…)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agent_schedules_cli.importers.cron_text import field_text

FIRST_YEAR, LAST_YEAR = 1970, 2199
_FORM = re.compile(r"(?P<kind>cron|rate|at)\((?P<text>.*)\)")
_RATE = re.compile(r"([1-9][0-9]*) +(minute|hour|day)s?", re.ASCII)
_ITEM = re.compile(r"(?P<low>\*|\w+)(?:-(?P<high>\w+))?(?:/(?P<step>\d+))?", re.ASCII)
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


@dataclass(frozen=True)
class Translated:
    """A timing of ours, without its time zone."""

    timing: dict[str, Any]
    years: frozenset[int] | None = None
    """The years of a `cron`; None if all."""


def translate(expression: str) -> Translated:
    """Return what an expression means. Raises ValueError, with the reason, for one that AWS would refuse."""
    form = _FORM.fullmatch(expression.strip())
    if form is None:
        raise ValueError(f"`{expression[:80]}` is neither cron(), rate() nor at()")
    match form["kind"]:
        case "rate":
            rate = _RATE.fullmatch(form["text"])
            if rate is None:
                raise ValueError(f"`{expression[:80]}` is not a whole number of minutes, hours or days")
            return Translated({"type": "interval", "interval_seconds": int(rate[1]) * _SECONDS[rate[2]]})
        case "at":
            return Translated({"type": "once", "run_at": form["text"]})
    return _cron(form["text"].upper().split())


def _cron(fields: list[str]) -> Translated:
    if len(fields) != 6:
        raise ValueError(f"cron() has {len(fields)} fields, must be 6")
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") == (weekdays == "?"):
        raise ValueError("one of the two day fields of cron() must be `?`, and only one")
    written = " ".join(
        [
            field_text(_values(minutes, 0, 59, []), 0, 59),
            field_text(_values(hours, 0, 23, []), 0, 23),
            "*" if days == "?" else _month_days(days),
            field_text(_values(months, 1, 12, _MONTHS), 1, 12),
            "*" if weekdays == "?" else _weekdays(weekdays),
        ]
    )
    in_years = _values(years, FIRST_YEAR, LAST_YEAR, [])
    every_year = len(in_years) == LAST_YEAR - FIRST_YEAR + 1
    return Translated({"type": "cron", "cron_expression": written}, None if every_year else frozenset(in_years))


def _month_days(text: str) -> str:
    """Return our day of month: `L`, `LW` and `15W` are the same here."""
    if text in ("L", "LW") or re.fullmatch(r"\d{1,2}W", text, re.ASCII):
        return text
    return field_text(_values(text, 1, 31, []), 1, 31)


def _weekdays(text: str) -> str:
    """Return our day of week, counted from 0 = Sunday. `L` alone is the last day of the week, Saturday."""
    if text == "L":
        return "6"
    special = re.fullmatch(r"(?P<day>[1-7]|[A-Z]{3})(?P<form>L|#[1-5])", text, re.ASCII)
    if special is not None:
        (day,) = _values(special["day"], 1, 7, _WEEKDAYS)
        return f"{day - 1}{special['form']}"
    return field_text({day - 1 for day in _values(text, 1, 7, _WEEKDAYS)}, 0, 6)


def _values(text: str, low: int, high: int, names: list[str]) -> set[int]:
    """Return the values of a field. `a/n` runs from a to the end of the field."""

    def value(word: str) -> int:
        found = names.index(word) + low if word in names else int(word) if word.isdigit() else low - 1
        if not low <= found <= high:
            raise ValueError(f"`{text}` in cron() has a value outside of {low}-{high}")
        return found

    found: set[int] = set()
    for item in text.split(","):
        parts = _ITEM.fullmatch(item)
        if parts is None or (parts["low"] == "*" and parts["high"]):
            raise ValueError(f"`{item[:40]}` in cron() is not a value, a range or a step")
        first = low if parts["low"] == "*" else value(parts["low"])
        last = value(parts["high"]) if parts["high"] else high if parts["step"] or parts["low"] == "*" else first
        step = int(parts["step"] or 1)
        if last < first or not 1 <= step <= high:
            raise ValueError(f"`{item[:40]}` in cron() runs backwards, or has a step that leaves the field")
        found.update(range(first, last + 1, step))
    return found
