"""Bring a schedule to a state that its caller describes whole. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain import transitions
from agent_schedules.domain.schedules import Definition, Pause, Schedule
from agent_schedules.domain.transitions import Change


def as_described(
    schedule: Schedule, definition: Definition, now: datetime, pause: Pause | None, *, agent_deletions: int
) -> Change | None:
    """Replace the definition, and with `pause` pause an active schedule, as one change. None if it is so already.

    It never resumes a schedule: the pause of an incident outlives the next deployment. The pause of a job becomes the
    caller's, so that the end of the incident leaves it. A completed schedule has nothing to pause. Raises
    InvalidRequest as `transitions.redefined` does.
    """
    redefined = transitions.redefined(schedule, definition, now, agent_deletions=agent_deletions)
    after = redefined.schedule if redefined is not None else schedule
    there = after.state.pause
    if pause is not None and after.state.status == "paused" and there is not None and there.job is not None:
        pause = there.taken_over(pause.by)
    elif pause is None or after.state.status != "active":
        return redefined
    # One change raises `generation` and `rev` once.
    once = replace(after.state, generation=schedule.state.generation, rev=schedule.state.rev)
    paused = transitions.paused(replace(after, state=once), now, pause, agent_deletions=agent_deletions)
    if paused is None or redefined is None:
        return paused
    return replace(paused, records=(*redefined.records, *paused.records))
