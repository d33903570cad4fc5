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


def initial_settled_until(definition: Definition, now: datetime) -> int:
    """Return the `settled_until` (UTC seconds) of a timing that comes into force at `now`: later times are its own."""
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
    settled_until = initial_settled_until(definition, now)
    state = State(
        status="active" if pause is None else "paused",
        generation=1,
        revision=definition.revision,
        settled_until=settled_until,
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
    first = first_run(schedule.timetable, settled_until)
    return replace(schedule, state=schedule.clocked(state, settled_until, first if pause is None else None))
