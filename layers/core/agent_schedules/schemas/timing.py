"""Parse and check the timing of a request (time.md). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.moments import bounded_moment, milliseconds
from agent_schedules.schemas.requests import CronBody, IntervalBody, OnceBody
from agent_schedules.timestamps import ceil_seconds, floor_seconds, text_of
from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from agent_schedules.timing.zones import must_be_zone

LOOKED_AT = 200  # occurrences of a cron that are checked against the shortest interval
PAST_GRACE = 60  # seconds that a `run_at` may lie in the past and still runs at once (contract D9)


def timing_of(
    body: OnceBody | IntervalBody | CronBody, *, now: datetime, minimum_interval: int, current: Spec | None = None
) -> Spec:
    """Return the timing that a body asks for.

    `current` is the timing in force, if there is one. Where the caller repeats it, an interval keeps its grid. A
    `run_at` in the past is accepted if it is the nominal time in force, however it is written and in whatever zone.
    Raises InvalidRequest, naming the field, for a timing that can never run.
    """
    must_be_zone(body.timezone)
    exact = body.precision == "second"
    match body:
        case OnceBody():
            run_at = bounded_moment(body.run_at, body.timezone, "schedule.run_at")
            once = Once(milliseconds(run_at), exact, body.timezone)
            same = isinstance(current, Once) and current.at == once.at
            if not same and run_at < now - timedelta(seconds=PAST_GRACE):
                raise InvalidRequest(
                    f"schedule.run_at: {text_of(run_at)} is in the past (it is {text_of(now)}); choose a future time"
                )
            return once
        case IntervalBody():
            return _interval(body, exact, now=now, minimum_interval=minimum_interval, current=current)
        case CronBody():
            cron = Cron(body.cron_expression, body.timezone, exact)
            assert cron.fields  # parse now, so that an invalid expression is refused here
            gap = _smallest_gap(cron, floor_seconds(now)) if minimum_interval > 1 else None
            if gap is not None and gap < minimum_interval:
                raise InvalidRequest(
                    f"schedule.cron_expression: occurrences are {gap} s apart, but must be at least "
                    f"{minimum_interval} s apart; choose fewer times"
                )
            return cron


def _interval(
    body: IntervalBody, exact: bool, *, now: datetime, minimum_interval: int, current: Spec | None
) -> Interval:
    if body.interval_seconds < minimum_interval:
        raise InvalidRequest(
            f"schedule.interval_seconds: must be at least {minimum_interval}, but is {body.interval_seconds}"
        )
    first, start_at = floor_seconds(now) + body.interval_seconds, None
    if body.start_at is not None:
        moment = bounded_moment(body.start_at, body.timezone, "schedule.start_at")
        first, start_at = ceil_seconds(moment), milliseconds(moment)
    elif isinstance(current, Interval) and (current.seconds, current.start_at) == (body.interval_seconds, None):
        first = current.first
    return Interval(body.interval_seconds, first, exact, body.timezone, start_at)


def _smallest_gap(spec: Cron, instant: int) -> int | None:
    """Return the fewest seconds between two of the next occurrences; None if there are fewer than two."""
    moments = [instant]
    while len(moments) <= LOOKED_AT and (following := spec.next_after(moments[-1])) is not None:
        moments.append(following)
    return min((later - earlier for earlier, later in pairwise(moments[1:])), default=None)
