"""A caller's changes to a schedule: update, pause, resume and delete. Pure (architecture.md, invariant 4).

Each raises `generation` and decides the occurrences that were due and not yet settled, so that no hint can claim one of
the old definition after the commit. A change without effect is None: the retry of a request that succeeded writes
nothing and gets the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent_schedules.domain.attention import repaired
from agent_schedules.domain.schedules import Definition, Schedule, State, initial_watermark
from agent_schedules.domain.settlement import Record, closing_records
from agent_schedules.errors import Conflict, InvalidRequest
from agent_schedules.timestamps import floor_seconds
from agent_schedules.timing.spec import Once, last_in, next_after, same_times
from agent_schedules.timing.zones import TZDATA_VERSION

MOST_SHARED = 128  # occurrences that are compared: up to 120 s late each one runs, which may be one a second


@dataclass(frozen=True)
class Change:
    """The commit of a change: the new schedule, and records of the occurrences that make no run now."""

    schedule: Schedule
    records: tuple[Record, ...]
    rearm: bool
    """Whether the EventBridge entry has to follow."""


def paused(schedule: Schedule, now: datetime) -> Change | None:
    """Pause (contract D17, D18). Raises Conflict for a completed schedule."""
    if schedule.state.status == "completed":
        raise Conflict("The schedule is completed and cannot be paused; it has no occurrence left")
    if schedule.state.status == "paused":
        return None
    records = _skipped(schedule, floor_seconds(now), "schedule_paused")
    state = replace(
        repaired(_touched(schedule.state, now)),
        status="paused",
        settled_until=max(schedule.state.settled_until, floor_seconds(now)),
        next_run_at=None,
        pause_reason="paused",
    )
    return Change(replace(schedule, state=state), records, rearm=True)


def resumed(schedule: Schedule, now: datetime, *, agent_deletions: int) -> Change | None:
    """Resume on the same grid as before. The occurrences of the pause become one ranged record (contract D20).

    Raises Conflict for a completed schedule and for one with no occurrence left (contract D18, D19).
    """
    if schedule.state.status == "completed":
        raise Conflict("The schedule is completed and cannot be resumed; update it with a future schedule instead")
    if schedule.state.status == "active":
        return None
    start = max(schedule.state.settled_until, floor_seconds(now))
    following = next_after(schedule.definition.timing, start)
    if following is None:
        raise Conflict("The schedule's time passed while it was paused; update it with a future schedule first")
    records = _skipped(schedule, floor_seconds(now), schedule.state.pause_reason or "paused")
    state = _activated(_touched(schedule.state, now), start, following, agent_deletions)
    return Change(replace(schedule, state=state, lapsed=False), records, rearm=True)


def redefined(schedule: Schedule, definition: Definition, now: datetime, *, agent_deletions: int) -> Change | None:
    """Replace the definition (contract D21, D22, D24-D26). `definition.revision` is ignored: the state sets it.

    The same timing keeps its grid, however it is written. Another timing starts from now, and activates a completed
    schedule. Occurrences that are due under both timings run; other due ones are skipped. Raises InvalidRequest if the
    new timing has no occurrence left.
    """
    state = _touched(schedule.state, now)
    changed = replace(definition, revision=state.generation)
    if replace(changed, revision=schedule.definition.revision) == schedule.definition:
        return None
    state = replace(state, revision=changed.revision, hourly=changed.timing.busiest_hour)
    if same_times(definition.timing, schedule.definition.timing):
        return Change(replace(schedule, definition=changed, state=state), (), rearm=False)
    # The watermark never moves back: a nominal time before it has its one outcome already.
    start, given_up = max(state.settled_until, initial_watermark(changed, now)), floor_seconds(now)
    if state.status == "active" and (mark := _shared_from(schedule, changed, given_up)) is not None:
        start = given_up = mark
    following = next_after(changed.timing, start)
    if following is None or _skips(schedule, following, given_up):
        if isinstance(definition.timing, Once):
            raise InvalidRequest("schedule.run_at: is before a time that is already settled; choose a future time")
        raise InvalidRequest("schedule: has no occurrence left; choose other times")
    if state.status == "paused":
        records = _skipped(schedule, given_up, state.pause_reason or "paused")
        state = replace(state, settled_until=start)
    else:
        records = _skipped(schedule, given_up, "schedule_updated")
        state = _activated(state, start, following, agent_deletions)
    return Change(replace(schedule, definition=changed, state=state), records, rearm=state.status == "active")


def deleted(schedule: Schedule, now: datetime) -> Change | None:
    """Delete: the schedule becomes a tombstone (contract D1, D2)."""
    if schedule.state.status == "deleted":
        return None
    active = schedule.state.status == "active"
    reason = "schedule_deleted" if active else schedule.state.pause_reason or "paused"
    records = _skipped(schedule, floor_seconds(now), reason)
    state = replace(
        repaired(_touched(schedule.state, now)),
        status="deleted",
        next_run_at=None,
        deleted_at=now,
        pause_reason=None,
        counted=False,
        hourly=0,
    )
    return Change(replace(schedule, state=state), records, rearm=True)


def _touched(state: State, now: datetime) -> State:
    return replace(state, generation=state.generation + 1, updated_at=now, counted=True, rev=state.rev + 1)


def _activated(state: State, settled_until: int, following: int, agent_deletions: int) -> State:
    return replace(
        repaired(state),
        status="active",
        settled_until=settled_until,
        next_run_at=following,
        tzdata=TZDATA_VERSION,
        agent_deletions=agent_deletions,
        pause_reason=None,
    )


def _shared_from(schedule: Schedule, changed: Definition, now: int) -> int | None:
    """Return the mark (UTC seconds) after which everything due by `now` is due under both timings; None: nothing is.

    Only the newest occurrences are compared, as many as may still run one by one.
    """
    before, after, since = schedule.definition.timing, changed.timing, schedule.state.settled_until
    if isinstance(after, Once) and not (isinstance(before, Once) and before.at == after.at):
        return None  # a `run_at` of the last minute runs at once, whatever was due before
    mark: int | None = None
    for _ in range(MOST_SHARED):
        until = now if mark is None else mark
        newest = last_in(before, since, until)
        if newest is None or newest != last_in(after, since, until):
            break
        mark = newest - 1
    return mark


def _skips(schedule: Schedule, nominal: int, given_up: int) -> bool:
    """Whether this change records the time as skipped, because it was due by `given_up` (UTC seconds).

    A `once` of the last minute may name that time again. It cannot run too, because a nominal time has one outcome.
    """
    return nominal <= given_up and next_after(schedule.definition.timing, nominal - 1) == nominal


def _skipped(schedule: Schedule, until: int, reason: str) -> tuple[Record, ...]:
    """Return the record of the unsettled occurrences due by `until` (UTC seconds); a completed schedule has none."""
    if schedule.state.status == "completed":
        return ()
    return closing_records(
        schedule.definition.timing,
        settled_until=schedule.state.settled_until,
        now=until,
        reason=reason,
    )
