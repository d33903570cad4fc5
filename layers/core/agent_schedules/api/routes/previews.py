"""The routes of previews: the coming occurrences of a timing. Extensions; nothing is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from agent_schedules.api.dependencies import AgentId, Digits, ReadDep, ScheduleId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.preview_responses import PreviewView
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import MOST_PREVIEWED, PREVIEWED, PreviewBody
from agent_schedules.services import previews as service


def preview_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1", tags=["previews"], route_class=LazyRoute)

    @router.post("/schedules/preview", operation_id="preview_schedule", responses=errors())
    def preview(caller: ReadDep, body: PreviewBody) -> PreviewView:
        """Extension: preview a timing. It fails with the same error as the creation of a schedule would."""
        del caller  # any valid key will do
        return PreviewView.of(service.preview(ports, body), ports.now())

    @router.get(
        "/agents/{agent_id}/schedules/{schedule_id}/preview",
        operation_id="preview_agent_schedule",
        responses=errors(404),
    )
    def preview_schedule(
        caller: ReadDep,
        agent_id: AgentId,
        schedule_id: ScheduleId,
        count: Annotated[
            int, Field(ge=1, le=MOST_PREVIEWED), Digits, Query(description="Number of occurrences to show")
        ] = PREVIEWED,
    ) -> PreviewView:
        """Extension: preview a schedule's coming occurrences. For a paused schedule, as if it were resumed now."""
        return PreviewView.of(service.preview_schedule(ports, caller, agent_id, schedule_id, count), ports.now())

    return router
