"""Nominal times worked out from a canonical spec by `matches` alone, independently of `next_after`."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from agent_schedules.domain.entries import recurs_on_aws
from agent_schedules.storage.definitions import timing_of
from agent_schedules.timing.spec import Cron, Spec

from tests.faults.rules import Definition, timing, within


def nominal_times(definition: Definition, after: int, until: int) -> list[int]:
    """Every nominal time in (after, until], UTC seconds."""
    times = _times(timing(definition), after, until)
    if "policies" in definition:
        times = [time for time in times if within(definition, time)]
    if handover := definition.get("handover"):  # what was due when it came into force, as far as it takes it over
        times = [time for time in times if time > handover["until"] or time in handover["times"]]
    return times


def _times(definition: Definition, after: int, until: int) -> list[int]:
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
            seconds = _seconds(expression, timezone)
            minutes = range(after // 60 * 60, until + 1, 60)
            selected = [m for m in minutes if _selected(expression, timezone, m + seconds[0])]
            return [m + second for m in selected for second in seconds if after < m + second <= until]


def _is(definition: Definition, second: int, after: int, until: int) -> bool:
    return after < second <= until and _spec(tuple(definition.items())).matches(second)


@cache
def _spec(items: tuple[tuple[str, Any], ...]) -> Spec:
    return timing_of(dict(items))


def _cron(expression: str, timezone: str) -> Cron:
    precision = (("precision", "second"),) * (len(expression.split()) == 6)  # without it seconds are refused
    spec = _spec((("type", "cron"), ("cron_expression", expression), ("timezone", timezone), *precision))
    assert isinstance(spec, Cron)
    return spec


@cache
def _seconds(expression: str, timezone: str) -> tuple[int, ...]:
    return tuple(_cron(expression, timezone).fields.seconds)


@cache
def _selected(expression: str, timezone: str, instant: int) -> bool:
    return _cron(expression, timezone).matches(instant)


def second_exact(definition: Definition) -> bool:
    """Whether EventBridge cannot repeat it by itself, so that each occurrence is armed by the one before it."""
    return not recurs_on_aws(_spec(tuple(timing(definition).items())))
