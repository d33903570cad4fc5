"""The use cases of schedules. Each commits one transaction, and only then touches EventBridge (architecture.md)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from agent_schedules import ids
from agent_schedules.domain import transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Definition, Key, Options, Pause, Schedule, initial_schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import ConditionFailed, DefinitionRefused, InvalidRequest, NotFound, QuotaExceeded
from agent_schedules.execution import line
from agent_schedules.execution.arm import arm_or_mark, disarm, rearm
from agent_schedules.execution.outcomes import note_records
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import PauseBody, pause_until
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.requests import CreateScheduleBody, UpdateScheduleBody
from agent_schedules.schemas.timing import timing_of
from agent_schedules.services.checks import (
    check_one_continuation,
    check_stored_size,
    dumped,
    now_ms,
    require_id,
    work_in,
)
from agent_schedules.services.idempotency import retry_undo, run_idempotently, undo_if_client_gone
from agent_schedules.services.quotas import refuse_if_full
from agent_schedules.storage.policies import policies_json
from agent_schedules.storage.runs import RunView
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds


def create_schedule(ports: Ports, call: RequestContext, agent_id: str, body: CreateScheduleBody) -> Schedule:
    """Commit a new schedule, then arm its first occurrence.

    If EventBridge does not answer, the schedule stands and the reconciler arms it. Only its refusal of the definition
    undoes the create. Raises InvalidRequest, NotFound, TooManyRequests or Unavailable; after each of them no schedule
    exists.
    """
    require_id(agent_id, "agt", "agent")

    def perform() -> Schedule:
        now = now_ms(ports)
        timing = timing_of(body.schedule, now=now, minimum_interval=ports.limits.minimum_interval)
        policies = policies_in(body.policies, timing.timezone)
        definition = Definition(
            revision=1,
            options=_with_options(Options(), body),
            timing=timing,
            work=work_in(body, policies=policies_json(policies)),
            on_behalf_of=call.caller.on_behalf_of,
            policies=policies,
        )
        schedule = _committed(ports, call, Key(call.caller.owner, agent_id, _new_id(ports, now)), definition, now)
        logger.info("schedule created", extra=about(schedule.key))
        try:
            armed = arm_or_mark(ports, schedule, floor_seconds(now), expect_new=True)
        except DefinitionRefused:
            with suppress(ConditionFailed):  # it has run already, and stays
                retry_undo(ports, lambda: ports.store.schedules.undo_create(call, schedule.key))
            raise
        undo_if_client_gone(call, lambda: _undo(ports, call, armed))
        return armed

    return run_idempotently(ports, call, perform, lambda found: _again(ports, call, agent_id, found))


def _again(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str) -> Schedule:
    """Return the answer to the retry of a request that was committed before."""
    return _still_armed(ports, get_schedule(ports, call.caller, agent_id, schedule_id))


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


def _undo(ports: Ports, call: RequestContext, schedule: Schedule) -> None:
    retry_undo(ports, lambda: ports.store.schedules.undo_create(call, schedule.key))
    disarm(ports, schedule)


def _new_id(ports: Ports, now: datetime) -> str:
    return ids.new_id("sched", now, ports.entropy)


def _committed(ports: Ports, call: RequestContext, key: Key, definition: Definition, now: datetime) -> Schedule:
    """Write the new schedule. Few agents were ever deleted, so the agent is read only where that guess fails."""
    deletions = 0
    for _ in range(2):
        schedule = initial_schedule(key, definition, now, agent_deletions=deletions)
        try:
            ports.store.schedules.create(call, schedule, ports.limits.quotas)
        except QuotaExceeded:
            refuse_if_full(ports, key.owner, key.agent_id, new=True, hourly=schedule.state.hourly)
            break
        except ConditionFailed:
            deletions = ports.store.agents.live(key.owner, key.agent_id).deletions
        else:
            return schedule
    raise ConditionFailed(0)


def get_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> Schedule:
    """Return a schedule, or its tombstone for 30 days. Raises NotFound."""
    return _found(ports, caller, agent_id, schedule_id)[1]


def list_schedules(ports: Ports, caller: Caller, agent_id: str, paging: Paging, *, deleted: bool) -> Slice[Schedule]:
    """Return a page of an agent's schedules, or of the deleted ones (contract D3, D4). Raises NotFound."""
    require_id(agent_id, "agt", "agent")
    now = floor_seconds(ports.now())
    return ports.store.schedules.page(caller.owner, agent_id, paging, deleted=deleted, now=now)


def update_schedule(
    ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: UpdateScheduleBody
) -> Schedule:
    """Change the fields that the body has (contract 2.3, D21-D26). Raises InvalidRequest, NotFound or Unavailable."""

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        definition = _updated(ports, schedule.definition, body, now)
        return transitions.redefined(schedule, definition, now, agent_deletions=agent.deletions)

    return change_schedule(ports, call, agent_id, schedule_id, change)


def _updated(ports: Ports, definition: Definition, body: UpdateScheduleBody, now: datetime) -> Definition:
    """Return the definition with the fields that the body has."""
    given = body.model_fields_set
    values: dict[str, Any] = {name: getattr(body, name) for name in given & set(vars(definition.work))}
    if "context_management" in values:
        values["context_management"] = dumped(body.context_management)
    timing = definition.timing
    if body.schedule is not None:
        minimum = ports.limits.minimum_interval
        timing = timing_of(body.schedule, now=now, minimum_interval=minimum, current=timing)
    work, policies = replace(definition.work, **values), definition.policies
    if "policies" in given:
        policies = policies_in(body.policies, timing.timezone)
    if sent := given & {*vars(work), "policies"}:
        check_stored_size({**vars(work), "policies": policies_json(policies)}, sent=sent)
    if {"conversation", "previous_response_id"} & set(values):
        check_one_continuation(work)
    return replace(
        definition, options=_with_options(definition.options, body), timing=timing, work=work, policies=policies
    )


def _with_options(options: Options, body: CreateScheduleBody | UpdateScheduleBody) -> Options:
    """Return the options with those of the body that are there."""
    given = {name: getattr(body, name) for name in body.model_fields_set & set(vars(options))}
    return replace(options, **given)


def pause_schedule(
    ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: PauseBody | None = None
) -> Schedule:
    """Pause a schedule (contract D17, D18). A body replaces the reason and the end of a pause; without one a paused
    schedule stays as it is. Raises Conflict, InvalidRequest, NotFound or Unavailable."""
    asked = body or PauseBody()

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        if schedule.state.status == "paused" and not asked.model_fields_set:
            return None
        until = pause_until(asked, schedule.definition.timing.timezone, now)
        by = call.caller.on_behalf_of or call.caller.tenant
        pause = Pause(since=now, reason=asked.reason, until=until, by=by)
        return transitions.paused(schedule, now, pause, agent_deletions=agent.deletions)

    return change_schedule(ports, call, agent_id, schedule_id, change)


def resume_schedule(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str) -> Schedule:
    """Resume a schedule; an active one stays as it is (contract D17-D19). Raises Conflict, NotFound or Unavailable."""
    return change_schedule(
        ports,
        call,
        agent_id,
        schedule_id,
        lambda schedule, agent, now: transitions.resumed(schedule, now, agent_deletions=agent.deletions),
    )


def delete_schedule(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str) -> None:
    """Delete a schedule; the retry of a delete succeeds too (contract D2). Raises NotFound or Unavailable."""

    def change(schedule: Schedule, _: Agent, now: datetime) -> Change | None:
        return transitions.deleted(schedule, now)

    line.dismiss(ports, change_schedule(ports, call, agent_id, schedule_id, change, tombstone=True))


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
        agent, schedule = _found(ports, call.caller, agent_id, schedule_id)
        if not tombstone:
            refuse_deleted(schedule)
        now = now_ms(ports)
        changed = change(schedule, agent, now)
        if changed is None:
            ports.store.note(call, schedule_id, now=floor_seconds(now))
            return _still_armed(ports, schedule)
        call.must_match(schedule.etag)
        try:
            ports.store.schedules.change(call, schedule, changed, agent, ports.limits.quotas)
        except QuotaExceeded:
            more = changed.schedule.state.hourly - schedule.state.hourly
            refuse_if_full(ports, call.caller.owner, agent_id, new=False, hourly=more)
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

    return run_idempotently(ports, call, perform, lambda found: _again(ports, call, agent_id, found))


def refuse_deleted(schedule: Schedule) -> None:
    """Raise NotFound for a deleted schedule."""
    if schedule.state.status == "deleted":
        raise NotFound(f"schedule_id: {schedule.key.schedule_id} was deleted; create a new schedule")


def _take_back(ports: Ports, call: RequestContext, before: Schedule, after: Schedule, agent: Agent) -> None:
    """Put the old definition in force again, from now on, because EventBridge refuses the new timing itself."""
    now = now_ms(ports)
    undone = transitions.redefined(after, before.definition, now, agent_deletions=agent.deletions)
    if undone is None:
        return
    with suppress(ConditionFailed, InvalidRequest):
        retry_undo(ports, lambda: ports.store.schedules.take_back(call, after, undone, agent))
        note_records(undone.records)
        rearm(ports, after, undone.schedule, floor_seconds(now))


def list_schedule_runs(ports: Ports, caller: Caller, agent_id: str, schedule_id: str, paging: Paging) -> Slice[RunView]:
    """Return a page of one schedule's runs, by the time they were due. Raises NotFound."""
    key = _found(ports, caller, agent_id, schedule_id)[1].key
    return ports.store.runs.page_of_schedule(key, paging)


def _found(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> tuple[Agent, Schedule]:
    key = Key(caller.owner, require_id(agent_id, "agt", "agent"), require_id(schedule_id, "sched", "schedule"))
    agent, schedule = ports.store.schedules.get(key, now=floor_seconds(ports.now()))
    if schedule is None:
        raise NotFound(f"schedule_id: no schedule {schedule_id} of this agent")
    return agent, schedule
