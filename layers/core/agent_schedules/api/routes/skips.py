"""The routes that skip single occurrences. Extensions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from agent_schedules.api.dependencies import AgentId, ChangeDep, ScheduleId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.responses import ScheduleView
from agent_schedules.api.routes.schedules import schedule_answer
from agent_schedules.ports import Ports
from agent_schedules.schemas.occurrences import SkipBody
from agent_schedules.services import skips as service


def skip_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    prefix = "/api/v1/agents/{agent_id}/schedules/{schedule_id}"
    router = APIRouter(prefix=prefix, tags=["agent schedules"], route_class=LazyRoute)

    @router.post("/skip", operation_id="skip_occurrence", responses=errors(404, 409, 412))
    def skip(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId, body: SkipBody
    ) -> ScheduleView:
        """Extension: skip one occurrence. It makes no run, and its outcome is `skipped`, `skip_requested`."""
        return schedule_answer(ports, response, service.skip_occurrence(ports, call, agent_id, schedule_id, body))

    @router.post("/unskip", operation_id="unskip_occurrence", responses=errors(404, 409, 412))
    def unskip(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId, body: SkipBody
    ) -> ScheduleView:
        """Extension: take back the skip of an occurrence to come."""
        return schedule_answer(ports, response, service.unskip_occurrence(ports, call, agent_id, schedule_id, body))

    return router
