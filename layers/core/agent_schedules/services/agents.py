"""The use cases of agents and their versions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from agent_schedules import ids
from agent_schedules.domain.agents import CONFIGURATION, Agent, AgentVersion, version_of
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.quotas import AgentCount
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import ConditionFailed, InvalidRequest, KeyTaken, NotFound
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import AgentFields, CreateAgentBody, UpdateAgentBody
from agent_schedules.services.checks import check_stored_size, now_ms, require_id
from agent_schedules.services.idempotency import run_idempotently, undo_if_client_gone
from agent_schedules.telemetry import hashed, logger
from agent_schedules.timestamps import floor_seconds


def create_agent(ports: Ports, call: RequestContext, body: CreateAgentBody) -> Agent:
    """Save a new agent as its version 1. Raises KeyTaken."""
    return run_idempotently(
        ports,
        call,
        lambda: make_agent(ports, call, body, body.key),
        lambda agent_id: get_agent(ports, call.caller, agent_id),
    )


def make_agent(ports: Ports, call: RequestContext, body: AgentFields, key: str | None) -> Agent:
    """Create an agent with that stable key, if any: one attempt, to be made in `run_idempotently`.

    Only without a key it is undone for a client that has stopped waiting, as in `schedules.make_schedule`.
    """
    now = now_ms(ports)
    values = body.model_dump()
    check_stored_size(values)
    agent = Agent(
        id=ids.new_id("agt", now, ports.entropy),
        version=1,
        configuration={name: values[name] for name in CONFIGURATION},
        created_at=now,
        updated_at=now,
        key=key,
    )
    try:
        ports.store.agents.create(call, agent)
    except ConditionFailed:
        _refuse_taken(ports, call.caller.owner, agent.id, key)
        raise
    if key is None:
        undo_if_client_gone(call, lambda: ports.store.agents.undo_create(call.caller.owner, agent))
    return agent


def _refuse_taken(ports: Ports, owner: str, agent_id: str, key: str | None) -> None:
    """Raise KeyTaken if another live agent has that stable key."""
    holder = ports.store.agents.with_stable_key(owner, key) if key is not None else None
    if holder is not None and holder != agent_id:
        raise KeyTaken(f"key: agent {holder} has the key {key!r}; choose another, or delete that agent first")


def get_agent(ports: Ports, caller: Caller, agent_id: str) -> Agent:
    """Return an agent, also a deleted one until its restore window is over. Raises NotFound."""
    return _with_count(ports, caller, agent_id)[0]


def _with_count(ports: Ports, caller: Caller, agent_id: str) -> tuple[Agent, AgentCount | None]:
    agent, count = ports.store.agents.get(caller.owner, require_id(agent_id, "agt", "agent"))
    if agent is None or agent.expired(ports.now()):
        raise NotFound(f"agent_id: no agent {agent_id}")
    return agent, count


def list_agents(ports: Ports, caller: Caller, paging: Paging, *, deleted: bool) -> Slice[Agent]:
    """Return a page of the live agents, or of the deleted ones."""
    return ports.store.agents.page(caller.owner, paging, deleted=deleted, now=ports.now())


def update_agent(ports: Ports, call: RequestContext, agent_id: str, body: UpdateAgentBody) -> Agent:
    """Change the fields that the body has. A configuration that differs becomes the next version. Raises NotFound."""
    values = body.model_dump(exclude_unset=True)
    key = values.pop("key", None)

    def configuration(agent: Agent) -> tuple[dict[str, Any], None]:
        return {**agent.configuration, **values}, None

    def commit() -> Agent:
        return commit_change(ports, call, agent_id, configuration, sent=values, key=key)

    return _change(ports, call, agent_id, commit)


def rollback_agent(ports: Ports, call: RequestContext, agent_id: str, number: int) -> Agent:
    """Make an older version's configuration the current one, as a new version. Raises NotFound."""

    def configuration(_: Agent) -> tuple[dict[str, Any], int]:
        return get_version(ports, call.caller, agent_id, number)[1].configuration, number

    return _change(ports, call, agent_id, lambda: commit_change(ports, call, agent_id, configuration))


Configured = Callable[[Agent], tuple[dict[str, Any], int | None]]
"""Returns the configuration after a change, and the version it was taken from, if any."""


def _change(ports: Ports, call: RequestContext, agent_id: str, commit: Callable[[], Agent]) -> Agent:
    require_id(agent_id, "agt", "agent")
    return run_idempotently(ports, call, commit, lambda _: get_agent(ports, call.caller, agent_id))


def commit_change(
    ports: Ports,
    call: RequestContext,
    agent_id: str,
    configured: Configured,
    *,
    sent: Collection[str] = (),
    key: str | None = None,
) -> Agent:
    """Commit the next version: one attempt, to be made in `run_idempotently`. Raises KeyTaken or NotFound.

    `key`: a stable key for an agent that has none.
    """
    agent = ports.store.agents.live(call.caller.owner, agent_id)
    configuration, restored_from = configured(agent)
    now = now_ms(ports)
    named = key is not None and key != agent.key
    if configuration == agent.configuration and not named:  # a retry, or no difference: no new version (contract D8)
        ports.store.note(call, agent_id, now=floor_seconds(now))
        return agent
    check_stored_size(configuration, sent=sent)
    if named and agent.key is not None:
        raise InvalidRequest(f"key: is {agent.key!r} and cannot be changed; create another agent")
    if named:
        _refuse_taken(ports, call.caller.owner, agent_id, key)
    call.must_match(agent.etag)
    changed = agent.changed(configuration, now, key=key)
    ports.store.agents.change(call, agent, changed, version_of(changed, restored_from=restored_from))
    return changed


def delete_agent(ports: Ports, call: RequestContext, agent_id: str) -> None:
    """Soft-delete an agent, and with the same write pause all its schedules (contract D32). Raises NotFound."""

    def perform() -> None:
        agent, count = _with_count(ports, call.caller, agent_id)
        if agent.deleted_at is not None:
            return
        call.must_match(agent.etag)
        now = now_ms(ports)
        gone = agent.deleted(now, retention_days=ports.limits.agent_retention_days)
        ports.store.agents.move(call, agent, gone, count, now=floor_seconds(now))
        logger.info("agent deleted", extra={"owner": hashed(call.caller.owner), "agent_id": agent_id})

    run_idempotently(ports, call, perform, lambda _: None)


def restore_agent(ports: Ports, call: RequestContext, agent_id: str) -> Agent:
    """Restore a deleted agent within its window. Its schedules stay paused. Raises NotFound, or KeyTaken if another
    agent has its stable key now."""

    def perform() -> Agent:
        agent, count = _with_count(ports, call.caller, agent_id)
        now = now_ms(ports)
        if agent.deleted_at is None:
            ports.store.note(call, agent_id, now=floor_seconds(now))
            return agent
        call.must_match(agent.etag)
        _refuse_taken(ports, call.caller.owner, agent_id, agent.key)
        restored = agent.restored()
        ports.store.agents.move(call, agent, restored, count, now=floor_seconds(now))
        logger.info("agent restored", extra={"owner": hashed(call.caller.owner), "agent_id": agent_id})
        return restored

    return run_idempotently(ports, call, perform, lambda _: get_agent(ports, call.caller, agent_id))


def list_versions(ports: Ports, caller: Caller, agent_id: str, paging: Paging) -> tuple[Agent, Slice[AgentVersion]]:
    """Return a live agent and a page of its versions. Raises NotFound."""
    return ports.store.agents.versions(caller.owner, require_id(agent_id, "agt", "agent"), paging)


def get_version(ports: Ports, caller: Caller, agent_id: str, number: int) -> tuple[Agent, AgentVersion]:
    """Return a live agent and one of its versions. Raises NotFound."""
    agent, version = ports.store.agents.version(caller.owner, require_id(agent_id, "agt", "agent"), number)
    if version is None:
        raise NotFound(f"version: no version {number} of this agent")
    return agent, version
