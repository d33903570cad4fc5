"""How a timing comes into force, and how a schedule begins. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain.expiry import Kept
from agent_schedules.domain.schedules import Definition, Key, Pause, Schedule, State
from agent_schedules.domain.silence import watch_from
from agent_schedules.domain.timetable import first_run
from agent_schedules.timestamps import floor_seconds
from agent_schedules.timing.spec import Once
from agent_schedules.timing.zones import TZDATA_VERSION


def initial_watermark(definition: Definition, now: datetime) -> int:
    """Return the watermark (UTC seconds) for a timing that comes into force at `now`: later occurrences are due."""
    start = floor_seconds(now)
    if isinstance(definition.timing, Once):  # a run_at within the grace of contract D9 is still due
        start = min(start, definition.timing.at - 1)
    return start


def initial_schedule(
    key: Key,
    definition: Definition,
    now: datetime,
    *,
    agent_deletions: int,
    pause: Pause | None = None,
    kept_days: int = 0,
) -> Schedule:
    """Return a schedule created at `now`, paused if there is a pause, whose runs are kept for `kept_days`.

    Raises InvalidRequest if its timing has no occurrence left.
    """
    due_from = initial_watermark(definition, now)
    state = State(
        status="active" if pause is None else "paused",
        generation=1,
        revision=definition.revision,
        settled_until=due_from,
        created_at=now,
        updated_at=now,
        tzdata=TZDATA_VERSION,
        agent_deletions=agent_deletions,
        pause_reason=None if pause is None else "paused",
        pause=pause,
        counted=True,
        hourly=definition.timing.busiest_hour,
        rev=1,
        kept=Kept(definition=kept_days),
        watch=watch_from(definition.policies, floor_seconds(now)) if pause is None else None,
    )
    schedule = Schedule(key, definition, state)
    first = first_run(schedule.timetable, due_from)
    return replace(schedule, state=schedule.clocked(state, due_from, first if pause is None else None))
