"""The steps of every change of a schedule: read it, commit, bring EventBridge in line, and answer a retry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from agent_schedules.domain import transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import ConditionFailed, DefinitionRefused, InvalidRequest, KeyTaken, NotFound, QuotaExceeded
from agent_schedules.execution.arm import arm_or_mark, rearm
from agent_schedules.execution.outcomes import note_records
from agent_schedules.ports import Ports
from agent_schedules.services.checks import now_ms, require_id
from agent_schedules.services.idempotency import retry_undo, run_idempotently
from agent_schedules.services.quotas import refuse_backfill, refuse_if_full
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds


def read_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> tuple[Agent, Schedule]:
    """Return a live agent and its schedule, or the schedule's tombstone. Raises NotFound."""
    key = Key(caller.owner, require_id(agent_id, "agt", "agent"), require_id(schedule_id, "sched", "schedule"))
    agent, schedule = ports.store.schedules.get(key, now=floor_seconds(ports.now()))
    if schedule is None:
        raise NotFound(f"schedule_id: no schedule {schedule_id} of this agent")
    return agent, schedule


def refuse_deleted(schedule: Schedule) -> None:
    """Raise NotFound for a deleted schedule."""
    if schedule.state.status == "deleted":
        raise NotFound(f"schedule_id: {schedule.key.schedule_id} was deleted; create a new schedule")


def refuse_taken(ports: Ports, key: Key, stable_key: str | None) -> None:
    """Raise KeyTaken if another schedule of the agent has that stable key."""
    if stable_key is None:
        return
    holder = ports.store.schedules.with_stable_key(key.owner, key.agent_id, stable_key)
    if holder is not None and holder != key.schedule_id:
        raise KeyTaken(f"key: schedule {holder} of this agent has the key {stable_key!r}; choose another, or delete it")


def change_schedule(
    ports: Ports,
    call: RequestContext,
    agent_id: str,
    schedule_id: str,
    change: Callable[[Schedule, Agent, datetime], Change | None],
    *,
    tombstone: bool = False,
) -> Schedule:
    """Commit a change and bring EventBridge in line. `tombstone`: a deleted schedule is no NotFound."""

    def perform() -> Schedule:
        agent, schedule = read_schedule(ports, call.caller, agent_id, schedule_id)
        if not tombstone:
            refuse_deleted(schedule)
        return commit_change(ports, call, agent, schedule, change)

    return run_idempotently(ports, call, perform, lambda subject: again(ports, call, agent_id, subject))


def commit_change(
    ports: Ports,
    call: RequestContext,
    agent: Agent,
    schedule: Schedule,
    change: Callable[[Schedule, Agent, datetime], Change | None],
) -> Schedule:
    """Commit a change of what was read and bring EventBridge in line: one attempt, made in `run_idempotently`."""
    now = now_ms(ports)
    changed = change(schedule, agent, now)
    if changed is None:
        ports.store.note(call, schedule.key.schedule_id, now=floor_seconds(now))
        return _still_armed(ports, schedule)
    call.must_match(schedule.etag)
    changed = _kept(ports, schedule, changed, now)
    try:
        ports.store.schedules.change(call, schedule, changed, agent, ports.limits.quotas)
    except QuotaExceeded:
        more = changed.schedule.state.hourly - schedule.state.hourly
        refuse_if_full(ports, call.caller.owner, agent.id, new=False, hourly=more)
        if changed.backfills:
            refuse_backfill(ports, changed.backfills, now)
        raise
    state = changed.schedule.state
    note_records(changed.records)
    logger.info("schedule changed", extra=about(schedule.key, status=state.status, generation=state.generation))
    if not changed.rearm:
        return changed.schedule
    try:
        return rearm(ports, schedule, changed.schedule, floor_seconds(now))
    except DefinitionRefused:
        _take_back(ports, call, schedule, changed.schedule, agent)
        raise


def _take_back(ports: Ports, call: RequestContext, before: Schedule, after: Schedule, agent: Agent) -> None:
    """Put the old definition in force again, from now on, because EventBridge refuses the new timing itself."""
    now = now_ms(ports)
    undone = transitions.redefined(after, before.definition, now, agent_deletions=agent.deletions)
    if undone is None:
        return
    undone = _kept(ports, after, undone, now)
    with suppress(ConditionFailed, InvalidRequest):
        retry_undo(ports, lambda: ports.store.schedules.take_back(call, after, undone, agent))
        note_records(undone.records)
        rearm(ports, after, undone.schedule, floor_seconds(now))


def _kept(ports: Ports, before: Schedule, change: Change, now: datetime) -> Change:
    limits = ports.limits
    return change.kept(before, now, kept_days=limits.run_retention_days, timeout=limits.run_timeout)


def again(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str) -> Schedule:
    """Return the answer to the retry of a request that was committed before."""
    return _still_armed(ports, read_schedule(ports, call.caller, agent_id, schedule_id)[1])


def _still_armed(ports: Ports, schedule: Schedule) -> Schedule:
    """Arm a schedule that a request finds as it wants it: an earlier request may have crashed after its commit.

    An overdue row is left to the reconciler.
    """
    now, state = floor_seconds(ports.now()), schedule.state
    following = state.wakes_at if state.status == "paused" else state.next_run_at
    if following is None or following <= now:
        return schedule
    with suppress(DefinitionRefused):  # the earlier request answers its own caller
        return arm_or_mark(ports, schedule, now, expect_new=False)
    return schedule
