"""The use cases of stable keys: make, bring up to date, find and delete a schedule or an agent by its caller's name.

A PUT is safe to repeat by itself: the repetition finds by the key what the first one made. Of two that create at once
one fails on the item of the key, reads again and becomes an update.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain.agents import CONFIGURATION, Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.desired import as_described
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Definition, Pause, Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import ConditionFailed, KeyTaken, NotFound, PreconditionFailed
from agent_schedules.ports import Ports
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.requests import AgentFields, ScheduleFields
from agent_schedules.schemas.timing import timing_of
from agent_schedules.services import agents, schedules
from agent_schedules.services.changes import again, commit_change, read_schedule
from agent_schedules.services.checks import require_id, work_in
from agent_schedules.services.idempotency import run_idempotently
from agent_schedules.storage.policies import policies_json


def put_schedule(
    ports: Ports, call: RequestContext, agent_id: str, key: str, body: ScheduleFields
) -> tuple[Schedule, bool]:
    """Bring the schedule with that key to what the body says, or create it. Returns whether it was created.

    Nothing is written where it is so already. A pause stays; the body can only add one. Raises as a create and an
    update do.
    """
    require_id(agent_id, "agt", "agent")

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        pause = Pause(since=now, by=schedules.author_of(call)) if body.paused else None
        definition = _described(ports, schedule.definition, body, now)
        return as_described(schedule, definition, now, pause, agent_deletions=agent.deletions)

    def perform() -> tuple[Schedule, bool]:
        schedule_id = ports.store.schedules.with_stable_key(call.caller.owner, agent_id, key)
        if schedule_id is None:
            _refuse_condition(call, key)
            try:
                return schedules.make_schedule(ports, call, agent_id, body, key), True
            except KeyTaken:
                raise ConditionFailed(0) from None
        agent, schedule = read_schedule(ports, call.caller, agent_id, schedule_id)
        if schedule.state.status == "deleted":  # since its key was read
            raise ConditionFailed(0)
        _refuse_existing(call, schedule_id)
        return commit_change(ports, call, agent, schedule, change), False

    return run_idempotently(ports, call, perform, lambda subject: (again(ports, call, agent_id, subject), False))


def _described(ports: Ports, current: Definition, body: ScheduleFields, now: datetime) -> Definition:
    """Return the definition that a body describes whole. A timing that it repeats keeps its grid."""
    minimum = ports.limits.minimum_interval
    timing = timing_of(body.schedule, now=now, minimum_interval=minimum, current=current.timing)
    policies = policies_in(body.policies, timing.timezone)
    return replace(
        current,
        options=schedules.options_in(body, current.options.key),
        timing=timing,
        work=work_in(body, policies=policies_json(policies)),
        policies=policies,
    )


def get_schedule(ports: Ports, caller: Caller, agent_id: str, key: str) -> Schedule:
    """Return the schedule with that key. Raises NotFound."""
    return schedules.get_schedule(ports, caller, agent_id, _schedule_id(ports, caller, agent_id, key))


def delete_schedule(ports: Ports, call: RequestContext, agent_id: str, key: str) -> str:
    """Delete the schedule with that key, which is free then, and return its id. Raises NotFound."""
    schedule_id = _schedule_id(ports, call.caller, agent_id, key)
    schedules.delete_schedule(ports, call, agent_id, schedule_id)
    return schedule_id


def _schedule_id(ports: Ports, caller: Caller, agent_id: str, key: str) -> str:
    require_id(agent_id, "agt", "agent")
    schedule_id = ports.store.schedules.with_stable_key(caller.owner, agent_id, key)
    if schedule_id is None:
        raise NotFound(f"key: no schedule of this agent has the key {key!r}; it may have been deleted")
    return schedule_id


def put_agent(ports: Ports, call: RequestContext, key: str, body: AgentFields) -> tuple[Agent, bool]:
    """Bring the agent with that key to what the body says, as its next version, or create it. Returns whether it was
    created."""
    configuration = {name: value for name, value in body.model_dump().items() if name in CONFIGURATION}

    def perform() -> tuple[Agent, bool]:
        agent_id = ports.store.agents.with_stable_key(call.caller.owner, key)
        try:
            if agent_id is not None:
                _refuse_existing(call, agent_id)
                return agents.commit_change(ports, call, agent_id, lambda _: (configuration, None)), False
            _refuse_condition(call, key)
            return agents.make_agent(ports, call, body, key), True
        except (KeyTaken, NotFound):  # another call has created it, or deleted it, since its key was read
            raise ConditionFailed(0) from None

    return run_idempotently(
        ports, call, perform, lambda agent_id: (agents.get_agent(ports, call.caller, agent_id), False)
    )


def get_agent(ports: Ports, caller: Caller, key: str) -> Agent:
    """Return the live agent with that key. Raises NotFound."""
    return agents.get_agent(ports, caller, _agent_id(ports, caller, key))


def delete_agent(ports: Ports, call: RequestContext, key: str) -> str:
    """Delete the agent with that key, which is free then, and return its id. Raises NotFound."""
    agent_id = _agent_id(ports, call.caller, key)
    agents.delete_agent(ports, call, agent_id)
    return agent_id


def _agent_id(ports: Ports, caller: Caller, key: str) -> str:
    agent_id = ports.store.agents.with_stable_key(caller.owner, key)
    if agent_id is None:
        raise NotFound(f"key: no agent has the key {key!r}; it may have been deleted")
    return agent_id


def _refuse_existing(call: RequestContext, holder: str) -> None:
    """Raise PreconditionFailed for an `If-None-Match` where something has the key (RFC 9110, 13.1.2)."""
    if call.only_new:
        raise PreconditionFailed(
            f"If-None-Match: {holder} has the key and was not changed; remove the header to update it"
        )


def _refuse_condition(call: RequestContext, key: str) -> None:
    """Raise PreconditionFailed for an `If-Match`, which nothing that is to be created can match (RFC 9110, 13.1.1)."""
    if call.condition is not None:
        raise PreconditionFailed(f"If-Match: nothing has the key {key!r}; remove the header to create it")
