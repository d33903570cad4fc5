"""The bodies of calls that control a schedule. Each is optional. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

from pydantic import Field, StringConstraints

from agent_schedules.domain.policies import Overlap
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import Moment
from agent_schedules.schemas.moments import bounded_moment
from agent_schedules.schemas.run_input import RunInput
from agent_schedules.timestamps import floor_seconds, text_of


class TriggerBody(Body):
    """A run of a schedule now."""

    input: Annotated[RunInput | None, Field(description="The input of this run only, instead of the schedule's")] = None
    overlap: Annotated[
        Overlap | None,
        Field(description="For this run only, instead of the schedule's policy. `skip`: a 409 while a run is open"),
    ] = None


Reason = Annotated[str | None, StringConstraints(min_length=1, max_length=200)]
Until = Moment | None


class PauseBody(Body):
    """The reason and the end of a pause."""

    model_config = examples_of({"reason": "Holidays"}, {"until": "2099-01-07T08:00:00"})
    reason: Annotated[Reason, Field(description="Shown while it is paused")] = None
    until: Annotated[
        Until,
        Field(
            description="The schedule resumes by itself at this time; occurrences up to and including it are skipped. "
            "It must be in the future. A time without an offset is local to the schedule's `timezone`"
        ),
    ] = None


def pause_until(body: PauseBody, timezone: str, now: datetime) -> int | None:
    """Return the end of a pause in whole UTC seconds. Raises InvalidRequest unless it is in the future."""
    if body.until is None:
        return None
    until = bounded_moment(body.until, timezone, "until")
    if floor_seconds(until) <= floor_seconds(now):
        raise InvalidRequest(f"until: {text_of(until)} is in the past (it is {text_of(now)}); choose a future time")
    return floor_seconds(until)


_EAST, _WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
"""Where a day begins first, and last."""


def refuse_past_everywhere(until: datetime, now: datetime) -> None:
    """Raise InvalidRequest for an end of a pause that is in the past in every time zone, or out of bounds.

    A time without an offset may be past in one zone and to come in another.
    """
    local = until.tzinfo is None
    first = bounded_moment(until.replace(tzinfo=_EAST) if local else until, "UTC", "until")
    last = first + (_EAST.utcoffset(None) - _WEST.utcoffset(None)) if local else first
    if floor_seconds(last) <= floor_seconds(now):
        raise InvalidRequest(f"until: is in the past (it is {text_of(now)}); choose a future time")
