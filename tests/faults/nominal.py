"""Nominal times worked out from a canonical spec by `matches` alone, independently of `next_after`."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from agent_schedules.timetable import Interval, Spec, matches, spec_from

Definition = dict[str, Any]
"""A canonical `schedule` object."""


def nominal_times(definition: Definition, after: int, until: int) -> list[int]:
    """Every nominal time in (after, until], UTC seconds."""
    match definition["type"]:
        case "once":
            moment = datetime.fromisoformat(definition["run_at"]).timestamp()
            return [second for second in range(int(moment), int(moment) + 2) if _is(definition, second, after, until)]
        case "interval":
            step = definition["interval_seconds"]
            start = max(after + 1, definition["first"])
            start += -(start - definition["first"]) % step
            return [second for second in range(start, until + 1, step) if _is(definition, second, after, until)]
        case _:
            expression, timezone = definition["cron_expression"], definition["timezone"]
            minutes = range(after // 60 * 60, until + 1, 60)
            return [minute for minute in minutes if after < minute and _selected(expression, timezone, minute)]


def _is(definition: Definition, second: int, after: int, until: int) -> bool:
    return after < second <= until and matches(_spec(tuple(definition.items())), second)


@cache
def _spec(items: tuple[tuple[str, Any], ...]) -> Spec:
    return spec_from(dict(items))


@cache
def _selected(expression: str, timezone: str, minute: int) -> bool:
    return matches(_spec((("type", "cron"), ("cron_expression", expression), ("timezone", timezone))), minute)


def second_exact(definition: Definition) -> bool:
    """Whether EventBridge cannot repeat it by itself, so that each occurrence is armed by the one before it."""
    spec = _spec(tuple(definition.items()))
    return isinstance(spec, Interval) and spec.seconds % 60 != 0
