"""The routes of stable keys: schedules and agents by their caller's own names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from agent_schedules.api.dependencies import AgentId, DeleteDep, PutDep, ReadDep, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.responses import AgentDeleted, AgentView, ScheduleDeleted, ScheduleView
from agent_schedules.api.routes.agents import agent_answer
from agent_schedules.api.routes.schedules import schedule_answer
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import AgentFields, ScheduleFields
from agent_schedules.schemas.stable_keys import StableKey
from agent_schedules.services import by_key as service

OwnKey = Annotated[StableKey, Path(description="The caller's own name for it")]


def _created_or(model: type, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a PUT: a 201 for what it created, and the errors."""
    return {201: {"model": model, "description": "It did not exist and was created"}, **errors(409, 412, *statuses)}


def by_key_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports. They come before those that would take `by-key` for an id."""
    router = APIRouter(prefix="/api/v1/agents", route_class=LazyRoute)

    @router.put("/by-key/{key}", tags=["agents"], operation_id="put_agent_by_key", responses=_created_or(AgentView))
    def put_agent(response: Response, call: PutDep, key: OwnKey, body: AgentFields) -> AgentView:
        """Extension: create the agent with this key, or bring it to what the body says. Omitted fields get their
        defaults. Another configuration becomes its next version."""
        agent, created = service.put_agent(ports, call, key, body)
        response.status_code = 201 if created else 200
        return agent_answer(ports, response, agent)

    @router.get("/by-key/{key}", tags=["agents"], operation_id="get_agent_by_key", responses=errors(404))
    def get_agent(response: Response, caller: ReadDep, key: OwnKey) -> AgentView:
        """Extension: return the live agent with this key."""
        return agent_answer(ports, response, service.get_agent(ports, caller, key))

    @router.delete("/by-key/{key}", tags=["agents"], operation_id="delete_agent_by_key", responses=errors(404, 412))
    def delete_agent(call: DeleteDep, key: OwnKey) -> AgentDeleted:
        """Extension: delete the agent with this key. The key is free then, so the retry of a delete is a 404."""
        return AgentDeleted(id=service.delete_agent(ports, call, key))

    @router.put(
        "/{agent_id}/schedules/by-key/{key}",
        tags=["agent schedules"],
        operation_id="put_agent_schedule_by_key",
        responses=_created_or(ScheduleView, 404),
    )
    def put_schedule(
        response: Response, call: PutDep, agent_id: AgentId, key: OwnKey, body: ScheduleFields
    ) -> ScheduleView:
        """Extension: create the schedule with this key, or bring it to what the body says. Omitted fields get their
        defaults. A timing that is repeated keeps its grid. A pause stays until a resume, and `paused` can add one."""
        schedule, created = service.put_schedule(ports, call, agent_id, key, body)
        response.status_code = 201 if created else 200
        return schedule_answer(ports, response, schedule)

    @router.get(
        "/{agent_id}/schedules/by-key/{key}",
        tags=["agent schedules"],
        operation_id="get_agent_schedule_by_key",
        responses=errors(404),
    )
    def get_schedule(response: Response, caller: ReadDep, agent_id: AgentId, key: OwnKey) -> ScheduleView:
        """Extension: return the schedule with this key. A deleted schedule has none any more."""
        return schedule_answer(ports, response, service.get_schedule(ports, caller, agent_id, key))

    @router.delete(
        "/{agent_id}/schedules/by-key/{key}",
        tags=["agent schedules"],
        operation_id="delete_agent_schedule_by_key",
        responses=errors(404, 412),
    )
    def delete_schedule(call: DeleteDep, agent_id: AgentId, key: OwnKey) -> ScheduleDeleted:
        """Extension: delete the schedule with this key. The key is free then, so the retry of a delete is a 404."""
        return ScheduleDeleted(id=service.delete_schedule(ports, call, agent_id, key))

    return router
