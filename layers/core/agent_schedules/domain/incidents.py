"""What `pause-all` and `resume-all` do to a schedule. Pure.

A pause-all holds whatever could start by itself: active schedules, and paused ones whose pause has an end. The end of
the incident brings back how it was: it resumes the schedule, or puts back an earlier pause that has not ended by then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain import transitions
from agent_schedules.domain.schedules import Pause, Schedule, State
from agent_schedules.domain.transitions import Change
from agent_schedules.timestamps import floor_seconds


def starts_by_itself(state: State) -> bool:
    """Whether a schedule runs without a caller who resumes it first."""
    return state.status == "active" or (state.status == "paused" and state.wakes_at is not None)


def held(schedule: Schedule, now: datetime, pause: Pause, *, agent_deletions: int) -> Change | None:
    """Pause a schedule without an end, and remember a pause with one. None if it does not start by itself."""
    if not starts_by_itself(schedule.state):
        return None
    if schedule.state.status == "paused":
        pause, agent_deletions = replace(pause, earlier=schedule.state.pause), schedule.state.agent_deletions
    return transitions.paused(schedule, now, pause, agent_deletions=agent_deletions)


def released(schedule: Schedule, now: datetime, *, agent_deletions: int) -> Change | None:
    """Put back the earlier pause of a paused schedule, or resume it if there is none, or its end has passed.

    Raises Conflict as `transitions.resumed` does.
    """
    state = schedule.state
    earlier = state.pause.earlier if state.pause is not None else None
    if earlier is None or earlier.until is None or earlier.until <= floor_seconds(now):
        return transitions.resumed(schedule, now, agent_deletions=agent_deletions)
    return transitions.paused(schedule, now, earlier, agent_deletions=state.agent_deletions)
