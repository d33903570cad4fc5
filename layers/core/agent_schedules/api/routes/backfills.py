"""The routes of backfills. Extensions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from starlette.responses import Response

from agent_schedules.api.dependencies import AgentId, ChangeDep, DeleteDep, ScheduleId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.responses import ScheduleView
from agent_schedules.api.routes.schedules import schedule_answer
from agent_schedules.api.shapes import Stamp, View
from agent_schedules.domain.backfill import Missing
from agent_schedules.ports import Ports
from agent_schedules.schemas.occurrences import BackfillBody
from agent_schedules.services import backfills as service
from agent_schedules.timestamps import stamp


class MissingView(View):
    """A nominal time that made no run."""

    scheduled_for: Stamp
    reason: Annotated[
        str,
        Field(
            description="Why it made no run, as in its outcome; `not_scheduled` if it has no outcome, because the "
            "schedule did not exist then or had another timing"
        ),
    ]

    @classmethod
    def of(cls, missing: Missing) -> MissingView:
        """Return the wire form of a time."""
        return cls(scheduled_for=stamp(missing.nominal), reason=missing.reason)


class BackfillView(View):
    """The work of a backfill."""

    model_config = ConfigDict(serialize_by_alias=True)
    object: Literal["agent.schedule.backfill"] = "agent.schedule.backfill"
    schedule_id: str
    dry_run: bool
    first: Annotated[Stamp, Field(serialization_alias="from")]
    end: Annotated[Stamp, Field(serialization_alias="to")]
    count: Annotated[int, Field(description="The number of nominal times that get a run")]
    occurrences: Annotated[list[MissingView], Field(description="These times, the oldest first, as they get it")]

    @classmethod
    def of(cls, plan: service.Plan) -> BackfillView:
        """Return the wire form of a plan."""
        return cls(
            schedule_id=plan.schedule.key.schedule_id,
            dry_run=plan.dry_run,
            first=stamp(plan.first),
            end=stamp(plan.last + 1),
            count=len(plan.missing),
            occurrences=[MissingView.of(missing) for missing in plan.missing],
        )


def backfill_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    path = "/api/v1/agents/{agent_id}/schedules/{schedule_id}/backfill"
    router = APIRouter(tags=["agent schedules"], route_class=LazyRoute)

    @router.post(path, operation_id="backfill_agent_schedule", responses=errors(404, 409, 412))
    def backfill(
        response: Response, call: ChangeDep, agent_id: AgentId, schedule_id: ScheduleId, body: BackfillBody
    ) -> BackfillView:
        """Extension: give the nominal times of a past range that made no run one run each, the oldest first, one open
        at a time. Without `dry_run: false` it only says which times these are."""
        plan = service.backfill(ports, call, agent_id, schedule_id, body)
        response.headers["ETag"] = plan.schedule.etag
        return BackfillView.of(plan)

    @router.delete(path, operation_id="stop_backfill", responses=errors(404, 412))
    def stop(response: Response, call: DeleteDep, agent_id: AgentId, schedule_id: ScheduleId) -> ScheduleView:
        """Extension: stop a backfill. Its open run goes on."""
        return schedule_answer(ports, response, service.stop_backfill(ports, call, agent_id, schedule_id))

    return router
