"""The routes of agents and their versions (contract 3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from agent_schedules.api.dependencies import (
    AgentId,
    ChangeDep,
    CreateDep,
    DeleteDep,
    Flag,
    ListResponse,
    OffsetPaged,
    ReadDep,
    VersionNumber,
    errors,
)
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.responses import (
    AgentDeleted,
    AgentList,
    AgentVersionList,
    AgentVersionView,
    AgentView,
)
from agent_schedules.domain.agents import Agent
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateAgentBody, UpdateAgentBody
from agent_schedules.services import agents as service


def agent_answer(ports: Ports, response: Response, agent: Agent) -> AgentView:
    """Return the wire form of an agent, and set its entity tag."""
    response.headers["ETag"] = agent.etag
    return AgentView.of(agent, ports.now())


def agent_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1/agents", route_class=LazyRoute)

    def view(agent: Agent) -> AgentView:
        return AgentView.of(agent, ports.now())

    def shown(response: Response, agent: Agent) -> AgentView:
        return agent_answer(ports, response, agent)

    @router.get("", tags=["agents"], operation_id="list_agents", responses=errors(), response_model=AgentList)
    def list_agents(caller: ReadDep, paging: OffsetPaged, deleted: Annotated[Flag, Query()] = False) -> Response:
        """List agents, newest first; with `deleted=true` only deleted ones."""
        listed = ListResponse(ports.cursors, caller, "deleted agents" if deleted else "agents", paging)
        return listed.page(service.list_agents(ports, caller, listed.paging, deleted=deleted), view)

    @router.post("", tags=["agents"], operation_id="create_agent", status_code=201, responses=errors(409))
    def create_agent(response: Response, call: CreateDep, body: CreateAgentBody) -> AgentView:
        """Save an agent."""
        return shown(response, service.create_agent(ports, call, body))

    @router.get("/{agent_id}", tags=["agents"], operation_id="get_agent", responses=errors(404))
    def get_agent(response: Response, caller: ReadDep, agent_id: AgentId) -> AgentView:
        """Return an agent. A deleted agent shows until when it can be restored."""
        return shown(response, service.get_agent(ports, caller, agent_id))

    @router.post("/{agent_id}", tags=["agents"], operation_id="update_agent", responses=errors(404, 409, 412))
    def update_agent(response: Response, call: ChangeDep, agent_id: AgentId, body: UpdateAgentBody) -> AgentView:
        """Change some of an agent's fields. A configuration that differs from the current version becomes the next."""
        return shown(response, service.update_agent(ports, call, agent_id, body))

    @router.delete("/{agent_id}", tags=["agents"], operation_id="delete_agent", responses=errors(404, 412))
    def delete_agent(call: DeleteDep, agent_id: AgentId) -> AgentDeleted:
        """Delete an agent and pause its schedules. Its versions and runs are kept. It can be restored until
        `retention_expires_at`."""
        service.delete_agent(ports, call, agent_id)
        return AgentDeleted(id=agent_id)

    @router.post("/{agent_id}/restore", tags=["agents"], operation_id="restore_agent", responses=errors(404, 409, 412))
    def restore_agent(response: Response, call: ChangeDep, agent_id: AgentId) -> AgentView:
        """Restore a deleted agent with its history. Its schedules stay paused."""
        return shown(response, service.restore_agent(ports, call, agent_id))

    @router.get(
        "/{agent_id}/versions",
        tags=["agent versions"],
        operation_id="list_agent_versions",
        responses=errors(404),
        response_model=AgentVersionList,
    )
    def list_versions(caller: ReadDep, agent_id: AgentId, paging: OffsetPaged) -> Response:
        """List an agent's versions, newest first."""
        listed = ListResponse(ports.cursors, caller, "versions", paging, of=agent_id)
        agent, found = service.list_versions(ports, caller, agent_id, listed.paging)
        return listed.page(found, lambda version: AgentVersionView.of(version, agent))

    @router.get(
        "/{agent_id}/versions/{version}",
        tags=["agent versions"],
        operation_id="get_agent_version",
        responses=errors(404),
    )
    def get_version(caller: ReadDep, agent_id: AgentId, version: VersionNumber) -> AgentVersionView:
        """Return one version of an agent."""
        agent, found = service.get_version(ports, caller, agent_id, version)
        return AgentVersionView.of(found, agent)

    @router.post(
        "/{agent_id}/versions/{version}/rollback",
        tags=["agent versions"],
        operation_id="rollback_agent_version",
        responses=errors(404, 409, 412),
    )
    def rollback(response: Response, call: ChangeDep, agent_id: AgentId, version: VersionNumber) -> AgentView:
        """Create a new version with the configuration of an older one, and make it current."""
        return shown(response, service.rollback_agent(ports, call, agent_id, version))

    return router
