"""The use cases behind the HTTP API. Each takes the caller, commits one transaction, and only then touches
EventBridge."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent_schedules import ids
from agent_schedules.agents import CONFIGURATION, Agent
from agent_schedules.auth import Caller
from agent_schedules.cron import CronFields
from agent_schedules.errors import ConditionFailed, DefinitionRefused, InvalidRequest, NotFound, Unavailable
from agent_schedules.items import text_of
from agent_schedules.ports import Ports
from agent_schedules.runs import RunKey
from agent_schedules.schedules import Definition, Key, Record, Schedule, begin, closing_records
from agent_schedules.settle import arm_or_mark
from agent_schedules.store import RunView
from agent_schedules.telemetry import logger
from agent_schedules.timetable import LATEST, ceil_seconds, floor_seconds, moment_of
from agent_schedules.wire import CreateAgentBody, CreateScheduleBody, CronBody, IntervalBody, OnceBody
from agent_schedules.zones import zone

PAST_GRACE = 60  # seconds that a `run_at` may lie in the past and still runs at once (contract D9)
ATTEMPTS = 4  # of a change that lost its race


@dataclass(frozen=True)
class Paging:
    """Which part of a list: newest first unless asked otherwise."""

    limit: int = 20
    newest_first: bool = True
    offset: int = 0


def canonical(body: OnceBody | IntervalBody | CronBody, *, now: datetime, minimum_interval: int) -> dict[str, Any]:
    """The stored form of a spec: times as UTC texts, the interval's anchor fixed, the cron text as the caller wrote it.

    Raises InvalidRequest, naming the field, for what can never run.
    """
    zone(body.timezone)
    match body:
        case OnceBody():
            run_at = _moment(body.run_at, body.timezone, "schedule.run_at")
            if run_at < now - timedelta(seconds=PAST_GRACE):
                raise InvalidRequest(
                    f"schedule.run_at: {text_of(run_at)} is in the past (it is {text_of(now)}); choose a future time"
                )
            return {"type": "once", "run_at": text_of(run_at), "timezone": body.timezone}
        case IntervalBody():
            if body.interval_seconds < minimum_interval:
                raise InvalidRequest(
                    f"schedule.interval_seconds: must be at least {minimum_interval}, this is {body.interval_seconds}"
                )
            spec: dict[str, Any] = {
                "type": "interval",
                "interval_seconds": body.interval_seconds,
                "timezone": body.timezone,
                "first": floor_seconds(now) + body.interval_seconds,
            }
            if body.start_at is not None:
                start_at = _moment(body.start_at, body.timezone, "schedule.start_at")
                spec |= {"start_at": text_of(start_at), "first": ceil_seconds(start_at)}
            return spec
        case CronBody():
            CronFields.parse(body.cron_expression)
            return {"type": "cron", "cron_expression": body.cron_expression, "timezone": body.timezone}


def _moment(value: datetime, timezone: str, name: str) -> datetime:
    try:
        moment = moment_of(value, timezone, name)
    except OverflowError:
        moment = None
    if moment is None or not 0 <= moment.timestamp() <= LATEST:
        raise InvalidRequest(f"{name}: must lie between 1970 and 2199")
    return moment


def create_agent(ports: Ports, caller: Caller, body: CreateAgentBody) -> Agent:
    """Save a new agent as its version 1."""
    now = _now(ports)
    values = body.model_dump()
    agent = Agent(
        id=ids.new_id("agt", now, ports.entropy),
        version=1,
        configuration={name: values[name] for name in CONFIGURATION},
        created_at=now,
        updated_at=now,
    )
    ports.store.create_agent(caller.owner, agent)
    return agent


def get_agent(ports: Ports, caller: Caller, agent_id: str) -> Agent:
    """A live agent. Raises NotFound."""
    agent = ports.store.agent(caller.owner, _known(agent_id, "agt", "agent"))
    if agent is None:
        raise NotFound(f"agent_id: no agent {agent_id}")
    return agent


def list_agents(ports: Ports, caller: Caller, paging: Paging, *, deleted: bool) -> tuple[list[Agent], bool]:
    """A page of agents, and whether there are more."""
    return ports.store.agents(
        caller.owner, deleted=deleted, limit=paging.limit, offset=paging.offset, newest_first=paging.newest_first
    )


def create_schedule(ports: Ports, caller: Caller, agent_id: str, body: CreateScheduleBody) -> Schedule:
    """Commit a new schedule, then arm its first occurrence.

    If EventBridge does not answer the schedule stands and the keeper arms it; only its refusal of the definition
    undoes the
    create. Raises InvalidRequest, NotFound or Unavailable; after any of them nothing exists.
    """
    now = _now(ports)
    _known(agent_id, "agt", "agent")
    definition = Definition(
        revision=1,
        name=body.name,
        schedule=canonical(body.schedule, now=now, minimum_interval=ports.limits.minimum_interval),
        input=body.input,
        conversation=body.conversation,
        previous_response_id=body.previous_response_id,
        context_management=[item.model_dump() for item in body.context_management]
        if body.context_management is not None
        else None,
        metadata=body.metadata or {},
        on_behalf_of=caller.on_behalf_of,
    )
    state = begin(definition, now)
    if state is None:
        raise InvalidRequest("schedule: it has no occurrence left; choose other times")
    schedule = Schedule(Key(caller.owner, agent_id, ids.new_id("sched", now, ports.entropy)), definition, state)
    ports.store.create_schedule(schedule)
    logger.info("schedule created", extra={"schedule_id": schedule.key.schedule_id})
    try:
        return arm_or_mark(ports, schedule, floor_seconds(now), expect_new=True)
    except DefinitionRefused:
        with suppress(ConditionFailed):  # it has already run: what happened stays
            ports.store.undo_create(schedule.key)
        raise


def get_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> Schedule:
    """A schedule, or its tombstone for 30 days. Raises NotFound."""
    schedule = ports.store.schedule(_schedule_key(caller, agent_id, schedule_id))
    if schedule is None:
        raise NotFound(f"schedule_id: no schedule {schedule_id} of this agent")
    return schedule


def list_schedules(ports: Ports, caller: Caller, agent_id: str, paging: Paging) -> tuple[list[Schedule], bool]:
    """A page of an agent's schedules, deleted ones left out (contract D3), and whether there are more. Raises
    NotFound."""
    _known(agent_id, "agt", "agent")
    return ports.store.schedules(caller.owner, agent_id, limit=paging.limit, newest_first=paging.newest_first)


def delete_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str) -> None:
    """Delete a schedule; the repeat of a delete succeeds too (contract D2). Raises NotFound or Unavailable.

    What was due and unsettled is recorded as skipped in the same commit. An EventBridge entry that could not be
    removed finds
    nothing to wake, and its first hint removes it.
    """
    key = _schedule_key(caller, agent_id, schedule_id)
    for _ in range(ATTEMPTS):
        schedule = get_schedule(ports, caller, agent_id, schedule_id)
        if schedule.state.status == "deleted":
            return
        now = _now(ports)
        records: tuple[Record, ...] = ()
        if schedule.state.status == "active":
            records = closing_records(
                schedule.definition.spec,
                settled_until=schedule.state.settled_until,
                now=floor_seconds(now),
                reason="schedule_deleted",
            )
        try:
            ports.store.delete_schedule(schedule, records, now=now)
        except ConditionFailed:
            continue
        try:
            ports.scheduler.remove(key.schedule_id)
        except Unavailable:
            logger.warning("entry not removed", extra={"schedule_id": schedule_id})
        return
    raise Unavailable("The schedule is being changed by other calls; nothing was deleted, try again")


def get_run(ports: Ports, caller: Caller, agent_id: str, run_id: str) -> RunView:
    """A run with its input and response. Raises NotFound."""
    _known(agent_id, "agt", "agent")
    view = ports.store.run_view(RunKey(caller.owner, agent_id, _known(run_id, "run", "run")))
    if view is None:
        raise NotFound(f"run_id: no run {run_id} of this agent")
    return view


def list_runs(ports: Ports, caller: Caller, agent_id: str, paging: Paging) -> tuple[list[RunView], bool]:
    """A page of an agent's runs, by the time they were due, and whether there are more. Raises NotFound."""
    _known(agent_id, "agt", "agent")
    return ports.store.runs(
        caller.owner, agent_id, limit=paging.limit, offset=paging.offset, newest_first=paging.newest_first
    )


def _now(ports: Ports) -> datetime:
    """The present in milliseconds, as it is stored and shown."""
    now = ports.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _schedule_key(caller: Caller, agent_id: str, schedule_id: str) -> Key:
    return Key(caller.owner, _known(agent_id, "agt", "agent"), _known(schedule_id, "sched", "schedule"))


def _known(text: str, prefix: str, kind: str) -> str:
    """The id, if it can be one of ours; reading the table for anything else is a waste. Raises NotFound."""
    if not ids.is_id(text, prefix):
        raise NotFound(f"{kind}_id: no {kind} {text[:60]!r}")
    return text
