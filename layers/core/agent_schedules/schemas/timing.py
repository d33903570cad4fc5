"""A caller's timing, canonicalised at the door (time.md). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.requests import CronBody, IntervalBody, OnceBody
from agent_schedules.timestamps import ceil_seconds, floor_seconds, text_of
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.timetable import LATEST, Cron, moment_of, next_after
from agent_schedules.timing.zones import must_be_zone

LOOKED_AT = 200  # occurrences of a cron that are held against the shortest interval
PAST_GRACE = 60  # seconds that a `run_at` may lie in the past and still runs at once (contract D9)


def canonical(
    body: OnceBody | IntervalBody | CronBody,
    *,
    now: datetime,
    minimum_interval: int,
    stored: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The stored form of a spec: times as UTC texts, the interval's anchor fixed, the cron text as the caller wrote it.

    `stored` is the form in force, if there is one: where the caller says the same again the grid stays, and a past
    `run_at` is no mistake. Raises InvalidRequest, naming the field, for what can never run.
    """
    must_be_zone(body.timezone)
    common: dict[str, Any] = {"type": body.type, "timezone": body.timezone}
    if body.precision == "second":
        common["precision"] = "second"
    match body:
        case OnceBody():
            run_at = _moment(body.run_at, body.timezone, "schedule.run_at")
            spec = common | {"run_at": text_of(run_at)}
            if spec != stored and run_at < now - timedelta(seconds=PAST_GRACE):
                raise InvalidRequest(
                    f"schedule.run_at: {text_of(run_at)} is in the past (it is {text_of(now)}); choose a future time"
                )
            return spec
        case IntervalBody():
            if body.interval_seconds < minimum_interval:
                raise InvalidRequest(
                    f"schedule.interval_seconds: must be at least {minimum_interval}, this is {body.interval_seconds}"
                )
            spec = common | {"interval_seconds": body.interval_seconds}
            first = floor_seconds(now) + body.interval_seconds
            if body.start_at is not None:
                start_at = _moment(body.start_at, body.timezone, "schedule.start_at")
                spec["start_at"] = text_of(start_at)
                first = ceil_seconds(start_at)
            elif stored is not None and _grid(stored) == _grid(spec):
                first = stored["first"]
            return spec | {"first": first}
        case CronBody():
            fields = CronFields.parse(body.cron_expression, seconds=body.precision == "second")
            gap = _smallest_gap(Cron(fields, body.timezone), floor_seconds(now)) if minimum_interval > 1 else None
            if gap is not None and gap < minimum_interval:
                raise InvalidRequest(
                    f"schedule.cron_expression: occurs {gap} s apart, must be at least {minimum_interval}; "
                    "choose fewer times"
                )
            return common | {"cron_expression": body.cron_expression}


def _grid(spec: dict[str, Any]) -> dict[str, Any]:
    """What an interval's grid follows from, besides the moment that it was created at."""
    return {name: spec.get(name) for name in ("type", "interval_seconds", "start_at")}


def _smallest_gap(spec: Cron, instant: int) -> int | None:
    """The least seconds between two of the next occurrences; None where there are not two."""
    moments = [instant]
    while len(moments) <= LOOKED_AT and (following := next_after(spec, moments[-1])) is not None:
        moments.append(following)
    return min((later - earlier for earlier, later in pairwise(moments[1:])), default=None)


def _moment(value: datetime, timezone: str, name: str) -> datetime:
    try:
        moment = moment_of(value, timezone, name)
    except OverflowError:
        moment = None
    if moment is None or not 0 <= moment.timestamp() <= LATEST:
        raise InvalidRequest(f"{name}: must lie between 1970 and 2199")
    return moment
