"""The routes of schedules (contract 2), and of the runs of one schedule."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from agent_schedules.api.dependencies import (
    AgentId,
    ChangeDep,
    CreateDep,
    DeleteDep,
    ListResponse,
    OffsetPaged,
    Paged,
    ReadDep,
    ScheduleId,
    errors,
)
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.responses import ScheduleDeleted, ScheduleList, ScheduleView
from agent_schedules.api.run_filters import ShownQuery, shown_as
from agent_schedules.api.run_responses import RunList, RunSummaryList
from agent_schedules.domain.schedules import Schedule
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import PauseBody
from agent_schedules.schemas.requests import CreateScheduleBody, UpdateScheduleBody
from agent_schedules.services import schedules as service


def schedule_answer(ports: Ports, response: Response, schedule: Schedule) -> ScheduleView:
    """Return the wire form of a schedule, and set its entity tag."""
    response.headers["ETag"] = schedule.etag
    return ScheduleView.of(schedule, ports.limits)


def schedule_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1/agents/{agent_id}/schedules", tags=["agent schedules"], route_class=LazyRoute)

    shown = partial(schedule_answer, ports)

    def view(schedule: Schedule) -> ScheduleView:
        return ScheduleView.of(schedule, ports.limits)

    @router.get("", operation_id="list_agent_schedules", responses=errors(404), response_model=ScheduleList)
    def list_schedules(
        caller: ReadDep,
        agent_id: AgentId,
        paging: OffsetPaged,
        status: Annotated[
            Literal["deleted"] | None, Query(description="Extension: list schedules deleted in the last 30 days")
        ] = None,
    ) -> Response:
        """List an agent's schedules, newest first; with `status=deleted` only deleted ones."""
        deleted = status == "deleted"
        listed = ListResponse(
            ports.cursors, caller, "deleted schedules" if deleted else "schedules", paging, of=agent_id
        )
        found = service.list_schedules(ports, caller, agent_id, listed.paging, deleted=deleted)
        return listed.page(found, view)

    @router.post("", operation_id="create_agent_schedule", status_code=201, responses=errors(404, 409))
    def create_schedule(
        response: Response, call: CreateDep, agent_id: AgentId, body: CreateScheduleBody
    ) -> ScheduleView:
        """Create a schedule. From now on, each of its occurrences has exactly one recorded outcome."""
        return shown(response, service.create_schedule(ports, call, agent_id, body))

    @router.get("/{schedule_id}", operation_id="get_agent_schedule", responses=errors(404))
    def get_schedule(response: Response, caller: ReadDep, agent_id: AgentId, schedule_id: ScheduleId) -> ScheduleView:
        """Return a schedule. A deleted schedule can be read for 30 days."""
        return shown(response, service.get_schedule(ports, caller, agent_id, schedule_id))

    @router.post("/{schedule_id}", operation_id="update_agent_schedule", responses=errors(404, 409, 412))
    def update_schedule(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId, body: UpdateScheduleBody
    ) -> ScheduleView:
        """Change some of a schedule's fields. A new timing starts from now; an unchanged timing keeps its grid."""
        return shown(response, service.update_schedule(ports, call, agent_id, schedule_id, body))

    @router.delete("/{schedule_id}", operation_id="delete_agent_schedule", responses=errors(404, 412))
    def delete_schedule(call: DeleteDep, agent_id: AgentId, schedule_id: ScheduleId) -> ScheduleDeleted:
        """Delete a schedule. Its runs stay readable."""
        service.delete_schedule(ports, call, agent_id, schedule_id)
        return ScheduleDeleted(id=schedule_id)

    @router.post("/{schedule_id}/pause", operation_id="pause_agent_schedule", responses=errors(404, 409, 412))
    def pause_schedule(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId, body: PauseBody | None = None
    ) -> ScheduleView:
        """Pause a schedule. Occurrences during the pause are skipped. Extension: the body is optional and gives the
        pause a reason and an end; a paused schedule gets those of the body."""
        return shown(response, service.pause_schedule(ports, call, agent_id, schedule_id, body))

    @router.post("/{schedule_id}/resume", operation_id="resume_agent_schedule", responses=errors(404, 409, 412))
    def resume_schedule(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId
    ) -> ScheduleView:
        """Resume a schedule on the same grid as before the pause."""
        return shown(response, service.resume_schedule(ports, call, agent_id, schedule_id))

    @router.get(
        "/{schedule_id}/runs",
        operation_id="list_agent_schedule_runs",
        responses=errors(404),
        response_model=RunList | RunSummaryList,
    )
    def list_schedule_runs(
        caller: ReadDep, agent_id: AgentId, schedule_id: ScheduleId, paging: Paged, view: ShownQuery = "full"
    ) -> Response:
        """Extension: list the runs of a schedule, the latest due first."""
        listed = ListResponse(ports.cursors, caller, "schedule runs", paging, of=f"{agent_id}/{schedule_id}")
        found = service.list_schedule_runs(ports, caller, agent_id, schedule_id, listed.paging)
        return listed.page(found, shown_as(view))

    return router
