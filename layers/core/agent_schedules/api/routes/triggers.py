"""The route that starts a run of a schedule at a caller's word. An extension."""

from __future__ import annotations

from fastapi import APIRouter

from agent_schedules.api.dependencies import AgentId, CreateDep, ScheduleId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.run_responses import AgentRunView
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import TriggerBody
from agent_schedules.services import triggers as service


def trigger_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    prefix = "/api/v1/agents/{agent_id}/schedules/{schedule_id}"
    router = APIRouter(prefix=prefix, tags=["agent schedules"], route_class=LazyRoute)

    @router.post("/trigger", operation_id="trigger_agent_schedule", status_code=201, responses=errors(404, 409, 429))
    def trigger(
        call: CreateDep, agent_id: AgentId, schedule_id: ScheduleId, body: TriggerBody | None = None
    ) -> AgentRunView:
        """Extension: start a run of a schedule now, even while it is paused or completed. Its coming occurrences and
        its `max_runs` do not change."""
        return AgentRunView.of(service.trigger_schedule(ports, call, agent_id, schedule_id, body))

    return router
