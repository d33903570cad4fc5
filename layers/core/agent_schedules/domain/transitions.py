"""A caller's changes to a schedule, from update to delete. Pure (architecture.md, invariant 4).

Each raises `generation` and decides the occurrences that were due and not yet settled, so that no hint can claim one of
the old definition after the commit. A change without effect is None: the retry of a request that succeeded writes
nothing and gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_schedules.domain.attention import BACKFILL_LOOK, repaired
from agent_schedules.domain.expiry import work_expires_at
from agent_schedules.domain.initial import initial_settled_until
from agent_schedules.domain.schedules import Backfill, Definition, Pause, Schedule, State
from agent_schedules.domain.settlement import Record, closing_records, expiring
from agent_schedules.domain.shared_times import shared_times
from agent_schedules.domain.silence import watch_after
from agent_schedules.domain.timetable import Handover, first_run
from agent_schedules.errors import Conflict, InvalidRequest
from agent_schedules.timestamps import floor_seconds, stamp
from agent_schedules.timing.spec import Once, same_times

MOST_SKIPS = 50  # occurrences to come that a state row has room for


@dataclass(frozen=True)
class Change:
    """The commit of a change: the new schedule, and records of the occurrences that make no run now."""

    schedule: Schedule
    records: tuple[Record, ...]
    rearm: bool
    """Whether the EventBridge entry has to follow."""
    old_definition_expires_at: int | None = None
    """When the definition before it may expire (UTC seconds), if the change replaces it."""
    backfills: int = 0
    """The number of runs of the backfill that this change begins."""

    def kept(self, before: Schedule, now: datetime, *, kept_days: int, timeout: int) -> Change:
        """Return the change with the times at which its records and the old definition expire, and with its watch.

        `kept_days` and `timeout` (seconds) are the deployment's.
        """
        old, after = before.state, self.schedule
        days = after.definition.policies.kept_days(kept_days)
        kept = old.kept.wrote(days, old.settled_until) if self.records else old.kept
        expires = None
        if after.definition != before.definition or after.state.deleted_at is not None:
            expires = work_expires_at(old.kept.definition, now, waiting=len(old.waiting), timeout=timeout)
            kept = replace(kept, definition=days)
        watch = watch_after(before, after, floor_seconds(now))
        schedule = replace(after, state=replace(after.state, kept=kept, watch=watch))
        records = expiring(self.records, days, now)
        return replace(self, schedule=schedule, records=records, old_definition_expires_at=expires)


def paused(schedule: Schedule, now: datetime, pause: Pause, *, agent_deletions: int) -> Change | None:
    """Pause (contract D17, D18). Raises Conflict for a completed schedule.

    A paused schedule takes another reason, end and job, and stays paused since when it was.
    """
    before = schedule.state
    if before.status == "completed":
        raise Conflict("The schedule is completed and cannot be paused; it has no occurrence left")
    if before.status == "paused":
        kept = before.pause or Pause(since=before.updated_at if before.pause_reason == "paused" else now)
        if (pause.reason, pause.until, pause.job) == (kept.reason, kept.until, kept.job):
            return None
        state = repaired(_touched(before, now))
        state = replace(state, pause=replace(pause, since=kept.since), agent_deletions=agent_deletions)
        return Change(replace(schedule, state=state, lapsed=False), (), rearm=kept.until != pause.until)
    second = floor_seconds(now)
    state = replace(
        repaired(_touched(before, now)),
        status="paused",
        pause_reason="paused",
        pause=pause,
    )
    state = schedule.clocked(state, max(before.settled_until, second), None)
    return Change(replace(schedule, state=state), _skipped(schedule, second, "schedule_paused"), rearm=True)


def resumed(schedule: Schedule, now: datetime, *, agent_deletions: int) -> Change | None:
    """Resume on the same grid as before. The occurrences of the pause become one ranged record (contract D20).

    Raises Conflict for a completed schedule and for one with no occurrence left (contract D18, D19).
    """
    if schedule.state.status == "completed":
        raise Conflict("The schedule is completed and cannot be resumed; update it with a future schedule first")
    if schedule.state.status == "active":
        return None
    second = floor_seconds(now)
    start = max(schedule.state.settled_until, second)
    following = schedule.timetable.next_run(start)
    if following is None and schedule.timetable.why_none_after(start) == "skips":
        raise Conflict("Every occurrence that is left is to be skipped; take back a skip before you resume it")
    if following is None:
        raise Conflict("The schedule's time passed while it was paused; update it with a future schedule first")
    records = _skipped(schedule, second, schedule.state.pause_reason or "paused")
    state = _activated(schedule, _touched(schedule.state, now), start, following, agent_deletions)
    return Change(replace(schedule, state=state, lapsed=False), records, rearm=True)


def pause_ended(schedule: Schedule, now: datetime, *, deletions: int | None) -> Change:
    """End a pause whose time has come, as of that time. Without an occurrence left the schedule is completed.

    `deletions` are those of the agent, None if it is deleted now. A schedule whose agent was deleted during the pause
    stays paused, because of that, until a caller resumes it.
    """
    state, until = schedule.state, schedule.state.wakes_at
    if until is None:
        raise ValueError("the pause has no end")
    start = max(state.settled_until, until)
    following = schedule.timetable.next_run(start)
    ended = replace(repaired(_touched(state, now)), counted=state.counted, pause=None)
    if deletions is None or deletions != state.agent_deletions:
        ended, following = replace(ended, pause_reason="agent_deleted"), None
    else:
        ended = replace(ended, status="completed" if following is None else "active", pause_reason=None)
    records = _skipped(schedule, until, state.pause_reason or "paused")
    return Change(replace(schedule, state=schedule.clocked(ended, start, following)), records, rearm=False)


def redefined(schedule: Schedule, definition: Definition, now: datetime, *, agent_deletions: int) -> Change | None:
    """Replace the definition (contract D21, D22, D24-D26). `definition.revision` is ignored: the state sets it.

    The same timing keeps its grid, however it is written. Another timing starts from now, and activates a completed
    schedule; so do policies that leave it an occurrence. Occurrences that are due under both timings run; other due
    ones are skipped. Raises InvalidRequest if no occurrence is left.
    """
    state = _touched(schedule.state, now)
    changed = replace(definition, revision=state.generation)
    if replace(changed, revision=schedule.definition.revision) == schedule.definition:
        return None
    state = replace(state, revision=changed.revision, hourly=changed.timing.busiest_hour)
    after = replace(schedule, definition=changed, state=_in_line(schedule, changed, state))
    before = schedule.definition
    same = same_times(changed.timing, before.timing) and changed.policies.same_times(before.policies)
    if after.remaining_runs == 0 and not (same and changed.policies.max_runs == before.policies.max_runs):
        made = state.run_count - state.other_runs
        raise InvalidRequest(f"policies.max_runs: the schedule has made {made} scheduled runs already; choose more")
    if same and (schedule.remaining_runs != 0 or after.remaining_runs == 0):
        return Change(after, (), rearm=schedule.outdated)
    if not same:
        kept = tuple(skip for skip in state.skips if after.timetable.matches(skip))
        after = replace(after, state=replace(after.state, skips=kept, backfill=None))
    # The clock never moves back: a nominal time before it has its one outcome already.
    start, second = max(state.settled_until, initial_settled_until(changed, now)), floor_seconds(now)
    after = replace(after, state=replace(after.state, handover=None))
    shared = shared_times(schedule, after, second) if state.status == "active" else ()
    if shared:
        start = shared[0] - 1
        if after.timetable.count_in(start, second) > len(shared):  # the others are not to be made up for
            after = replace(after, state=replace(after.state, handover=Handover(second, shared)))
    once = changed.timing
    if isinstance(once, Once) and (once.at <= start or (not shared and _skips(schedule, once.at, second))):
        raise InvalidRequest("schedule.run_at: is before a time that is already settled; choose a future time")
    following = first_run(after.timetable, start)
    if state.status == "paused":
        records = _skipped(schedule, second, state.pause_reason or "paused")
        state = after.clocked(after.state, start, None)
    else:
        records = _skipped(schedule, second, "schedule_updated", shared)
        state = _activated(after, after.state, start, following, agent_deletions)
    return Change(replace(after, state=state), records, rearm=state.status == "active")


def skipping(schedule: Schedule, nominal: int, now: datetime) -> Change | None:
    """Skip one nominal time (UTC seconds) that is not settled, also if it is due: of the skip and the claim of its run,
    the first commit decides.

    Raises Conflict once it is settled, InvalidRequest if it is no occurrence, or one too many.
    """
    _must_be_to_come(schedule, nominal)
    if nominal in schedule.state.skips:
        return None
    if len(schedule.state.skips) == MOST_SKIPS:
        raise InvalidRequest(
            f"scheduled_for: {MOST_SKIPS} occurrences to come are skipped already; exclude dates instead"
        )
    return _with_skips(schedule, (*schedule.state.skips, nominal), now)


def unskipping(schedule: Schedule, nominal: int, now: datetime) -> Change | None:
    """Take back a skip, until its time comes. Raises as `skipping` does."""
    _must_be_to_come(schedule, nominal)
    if nominal not in schedule.state.skips:
        return None
    if schedule.timetable.due_at(nominal) <= now.timestamp():
        raise Conflict(f"The time of {stamp(nominal)} came while it was skipped, so it makes no run; backfill it later")
    return _with_skips(schedule, tuple(skip for skip in schedule.state.skips if skip != nominal), now)


def backfilling(schedule: Schedule, times: Sequence[int], now: datetime, *, agent_deletions: int) -> Change | None:
    """Begin a backfill of nominal times without a run (UTC seconds, in order), whatever the status.

    None if there are none, or if the backfill that is under way has them still to do. Raises Conflict if it has not.
    """
    under_way = schedule.state.backfill
    if under_way is not None and under_way.agent_deletions != agent_deletions:
        under_way = None
    if not times or (under_way and under_way.after < times[0] and times[-1] <= under_way.until):
        return None
    if under_way is not None:
        raise Conflict(f"A backfill up to {stamp(under_way.until)} is under way; wait until it is done, or stop it")
    backfill = Backfill(times[0] - 1, times[-1], floor_seconds(now) + BACKFILL_LOOK, agent_deletions)
    state = replace(_touched(schedule.state, now), backfill=backfill)
    return Change(replace(schedule, state=state), (), rearm=schedule.outdated, backfills=len(times))


def without_backfill(schedule: Schedule, now: datetime) -> Change | None:
    """Stop a backfill. Its open run goes on."""
    if schedule.state.backfill is None:
        return None
    state = replace(_touched(schedule.state, now), backfill=None)
    return Change(replace(schedule, state=state), (), rearm=schedule.outdated)


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
        due_at=None,
        deleted_at=now,
        pause_reason=None,
        pause=None,
        backfill=None,
        skips=(),
        handover=None,
        counted=False,
        hourly=0,
    )
    return Change(replace(schedule, state=state), records, rearm=True)


def _touched(state: State, now: datetime) -> State:
    return replace(state, generation=state.generation + 1, updated_at=now, counted=True, rev=state.rev + 1)


def _activated(schedule: Schedule, state: State, settled_until: int, following: int, agent_deletions: int) -> State:
    state = replace(repaired(state), status="active", agent_deletions=agent_deletions, pause_reason=None, pause=None)
    return schedule.clocked(state, settled_until, following)


def _in_line(schedule: Schedule, changed: Definition, state: State) -> State:
    """Return the state with the run that later ones must not overlap with. Where runs could overlap until now, that is
    the newest one, unless runs wait for another or a backfill is under way."""
    if not changed.policies.serial or schedule.definition.policies.serial or state.waiting or state.backfill:
        return state
    return replace(state, open_run_id=state.last_run_id)


def _must_be_to_come(schedule: Schedule, nominal: int) -> None:
    if schedule.state.status == "completed" or not schedule.timetable.matches(nominal):
        raise InvalidRequest(f"scheduled_for: {stamp(nominal)} is not an occurrence of this schedule; see its preview")
    if nominal <= schedule.state.settled_until:
        raise Conflict(f"The occurrence of {stamp(nominal)} is settled; only one to come can be skipped")


def _with_skips(schedule: Schedule, skips: tuple[int, ...], now: datetime) -> Change:
    state = replace(_touched(schedule.state, now), skips=skips)
    after = replace(schedule, state=state)
    active = state.status == "active"
    resumes = state.settled_until if active else max(state.settled_until, floor_seconds(now), state.wakes_at or 0)
    following = after.timetable.next_run(resumes)
    if following is None and len(skips) > len(schedule.state.skips):
        raise InvalidRequest("scheduled_for: is the last occurrence; delete or pause the schedule instead")
    if not active:
        return Change(after, (), rearm=False)
    state = after.clocked(state, state.settled_until, following)
    moved = (state.next_run_at, state.due_at) != (schedule.state.next_run_at, schedule.state.due_at)
    return Change(replace(after, state=repaired(state) if moved else state), (), rearm=moved or schedule.outdated)


def _skips(schedule: Schedule, nominal: int, given_up: int) -> bool:
    """Whether this change records the time as skipped, because it was due by `given_up` (UTC seconds).

    A `once` of the last minute may name that time again. It cannot run too, because a nominal time has one outcome.
    """
    return nominal <= given_up and schedule.timetable.matches(nominal)


def _skipped(schedule: Schedule, until: int, reason: str, spared: tuple[int, ...] = ()) -> tuple[Record, ...]:
    """Return the records of the unsettled occurrences due by `until` (UTC seconds), without the `spared` ones.

    Those of a completed schedule are all hidden, and after the last of `max_runs` there are none.
    """
    completed = schedule.state.status == "completed"
    return () if completed and schedule.remaining_runs == 0 else closing_records(schedule, until, reason, spared)
