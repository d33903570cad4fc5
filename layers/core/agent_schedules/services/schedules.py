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
from agent_schedules.domain.initial import initial_schedule
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Definition, Key, Options, Pause, Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import ConditionFailed, DefinitionRefused, InvalidRequest, QuotaExceeded
from agent_schedules.execution import line
from agent_schedules.execution.arm import arm_or_mark, disarm
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import PauseBody, pause_until
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.requests import CreateScheduleBody, ScheduleFields, UpdateScheduleBody
from agent_schedules.schemas.timing import timing_of
from agent_schedules.services.changes import again, change_schedule, read_schedule, refuse_taken
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
    undoes the create. Raises InvalidRequest, KeyTaken, NotFound, TooManyRequests or Unavailable; after each of them
    there is no new schedule.
    """
    require_id(agent_id, "agt", "agent")
    return run_idempotently(
        ports,
        call,
        lambda: make_schedule(ports, call, agent_id, body, body.key),
        lambda subject: again(ports, call, agent_id, subject),
    )


def make_schedule(ports: Ports, call: RequestContext, agent_id: str, body: ScheduleFields, key: str | None) -> Schedule:
    """Create a schedule with that stable key, if any: one attempt, to be made in `run_idempotently`.

    Without a key, the create is undone if its client has stopped waiting. With one it stands: a retry finds it by the
    key, and may have answered already.
    """
    now = now_ms(ports)
    timing = timing_of(body.schedule, now=now, minimum_interval=ports.limits.minimum_interval)
    policies = policies_in(body.policies, timing.timezone)
    definition = Definition(
        revision=1,
        options=options_in(body, key),
        timing=timing,
        work=work_in(body, policies=policies_json(policies)),
        on_behalf_of=call.caller.on_behalf_of,
        policies=policies,
    )
    schedule_key = Key(call.caller.owner, agent_id, ids.new_id("sched", now, ports.entropy))
    pause = Pause(since=now, by=author_of(call)) if body.paused else None
    schedule = _committed(ports, call, schedule_key, definition, now, pause=pause)
    logger.info("schedule created", extra=about(schedule.key))
    try:
        armed = arm_or_mark(ports, schedule, floor_seconds(now), expect_new=True)
    except DefinitionRefused:
        with suppress(ConditionFailed):  # it has run already, and stays
            retry_undo(ports, lambda: ports.store.schedules.undo_create(call, schedule))
        raise
    if key is None:
        undo_if_client_gone(call, lambda: _undo(ports, call, armed))
    return armed


def _undo(ports: Ports, call: RequestContext, schedule: Schedule) -> None:
    retry_undo(ports, lambda: ports.store.schedules.undo_create(call, schedule))
    disarm(ports, schedule)


def _committed(
    ports: Ports, call: RequestContext, key: Key, definition: Definition, now: datetime, *, pause: Pause | None
) -> Schedule:
    """Write the new schedule, assuming that its agent was never deleted. Read the agent only if that is wrong."""
    deletions, kept_days = 0, definition.policies.kept_days(ports.limits.run_retention_days)
    for _ in range(2):
        schedule = initial_schedule(key, definition, now, agent_deletions=deletions, pause=pause, kept_days=kept_days)
        try:
            ports.store.schedules.create(call, schedule, ports.limits.quotas)
        except QuotaExceeded:
            refuse_if_full(ports, key.owner, key.agent_id, new=True, hourly=schedule.state.hourly)
            break
        except ConditionFailed:
            refuse_taken(ports, key, definition.options.key)
            deletions = ports.store.agents.live(key.owner, key.agent_id).deletions
        else:
            return schedule
    raise ConditionFailed(0)


def get_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> Schedule:
    """Return a schedule, or its tombstone for 30 days. Raises NotFound."""
    return read_schedule(ports, caller, agent_id, schedule_id)[1]


def list_schedules(ports: Ports, caller: Caller, agent_id: str, paging: Paging, *, deleted: bool) -> Slice[Schedule]:
    """Return a page of an agent's schedules, or of the deleted ones (contract D3, D4). Raises NotFound."""
    require_id(agent_id, "agt", "agent")
    now = floor_seconds(ports.now())
    return ports.store.schedules.page(caller.owner, agent_id, paging, deleted=deleted, now=now)


def update_schedule(
    ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: UpdateScheduleBody
) -> Schedule:
    """Change the fields that the body has (contract 2.3, D21-D26). Raises InvalidRequest, NotFound or Unavailable."""

    return change_schedule(ports, call, agent_id, schedule_id, update_of(ports, body))


def update_of(ports: Ports, body: UpdateScheduleBody) -> Callable[[Schedule, Agent, datetime], Change | None]:
    """Return the change of a schedule that a body asks for."""

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        if "key" in body.model_fields_set and body.key != schedule.definition.options.key:
            _refuse_another(schedule)
            refuse_taken(ports, schedule.key, body.key)
        definition = _updated(ports, schedule.definition, body, now)
        return transitions.redefined(schedule, definition, now, agent_deletions=agent.deletions)

    return change


def _refuse_another(schedule: Schedule) -> None:
    if (key := schedule.definition.options.key) is not None:
        raise InvalidRequest(f"key: is {key!r} and cannot be changed; create another schedule")


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


def options_in(body: ScheduleFields, key: str | None) -> Options:
    """Return the options of a schedule that a body describes whole."""
    return _with_options(Options(key=key), body)


def _with_options(options: Options, body: ScheduleFields | UpdateScheduleBody) -> Options:
    """Return the options with those of the body that are there."""
    given = {name: getattr(body, name) for name in body.model_fields_set & set(vars(options))}
    return replace(options, **given)


def author_of(call: RequestContext) -> str:
    """Return the author that is recorded with a pause."""
    return call.caller.on_behalf_of or call.caller.tenant


def pause_schedule(
    ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: PauseBody | None = None
) -> Schedule:
    """Pause a schedule (contract D17, D18). A body replaces the reason and the end of a pause; without one they stay.
    The pause of a job becomes the caller's. Raises Conflict, InvalidRequest, NotFound or Unavailable."""
    asked = body or PauseBody()

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        if schedule.state.status == "paused" and not asked.model_fields_set:
            there = schedule.state.pause
            if there is None or there.job is None:
                return None
            kept = there.taken_over(author_of(call))
            return transitions.paused(schedule, now, kept, agent_deletions=agent.deletions)
        until = pause_until(asked, schedule.definition.timing.timezone, now)
        pause = Pause(since=now, reason=asked.reason, until=until, by=author_of(call))
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


def list_schedule_runs(ports: Ports, caller: Caller, agent_id: str, schedule_id: str, paging: Paging) -> Slice[RunView]:
    """Return a page of one schedule's runs, by the time they were due. Raises NotFound."""
    key = read_schedule(ports, caller, agent_id, schedule_id)[1].key
    return ports.store.runs.page_of_schedule(key, paging, now=ports.now())
