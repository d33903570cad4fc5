"""The routes of occurrences, which answer "why did 09:00 not run?". Extensions."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, TypeAdapter, ValidationError
from starlette.responses import Response

from agent_schedules.api.dependencies import AgentId, ListResponse, Paged, ReadDep, ScheduleId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.runs import Run
from agent_schedules.domain.settlement import Record
from agent_schedules.errors import InvalidRequest, NotFound
from agent_schedules.ports import Ports
from agent_schedules.services import occurrences as service
from agent_schedules.storage.occurrences import Outcome
from agent_schedules.timestamps import instant_text, stamp
from agent_schedules.timing.spec import LATEST

_MOMENT = TypeAdapter(datetime)
_WHOLE_SECOND = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.0+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"


class OccurrenceOutcomeView(View):
    """The outcome of one nominal time, or of a range of nominal times with the same outcome."""

    object: Literal["agent.schedule.occurrence"] = "agent.schedule.occurrence"
    id: str
    outcome: Annotated[
        Literal["ran", "queued", "missed", "skipped", "pending"],
        Field(
            description="`ran`: a run was created, even if it failed. `queued`: its run waits for another run of the "
            "schedule to end. `missed`: it was too late. `skipped`: a policy, a caller's change, a pause or the "
            "agent's deletion prevented it. `pending`: it is in the future or due now"
        ),
    ]
    reason: Annotated[
        str | None,
        Field(
            description="The reason for no run: `late`, `excluded`, `skip_requested`, `overlap`, `paused`, "
            "`schedule_paused`, `schedule_updated`, `schedule_deleted`, `agent_deleted`. With a run that a "
            "backfill made: why there was none before"
        ),
    ]
    scheduled_for: Annotated[Stamp, Field(description="The nominal time, or the first one of the range")]
    until: Annotated[
        Stamp, Field(description="The last nominal time of the range; equals `scheduled_for` for one time")
    ]
    count: Annotated[int, Field(description="The number of nominal times in the range")]
    effective_at: Annotated[
        Stamp | None,
        Field(description="When it was or will be due: its nominal time, or later by the spread; null without a run"),
    ]
    run_id: Annotated[
        str | None, Field(description="Its run; with the reason `overlap` the run because of which it has none")
    ]
    run_status: Literal["queued", "submitting", "completed", "failed", "cancelled", "incomplete"] | None

    @classmethod
    def of(cls, outcome: Outcome) -> OccurrenceOutcomeView:
        """Return the wire form of an outcome."""
        of = outcome.of
        record, run = (of if isinstance(of, Record) else None), (of if isinstance(of, Run) else None)
        return cls(
            id=outcome.id,
            outcome=record.outcome if record else _outcome(run),
            reason=record.reason if record else run.reason if run else None,
            scheduled_for=stamp(outcome.first),
            until=stamp(record.last if record else outcome.first),
            count=record.count if record else 1,
            effective_at=instant_text(_due(outcome)),
            run_id=run.key.run_id if run else record.run_id if record else None,
            run_status=run.status if run else None,
        )


def _outcome(run: Run | None) -> Literal["ran", "queued", "pending"]:
    if run is None:
        return "pending"
    return "queued" if run.waiting and not run.terminal else "ran"


def _due(outcome: Outcome) -> int | None:
    of = outcome.of
    if isinstance(of, Run):
        return of.scheduled_for if of.due_at is None else of.due_at
    return outcome.due_at


class OccurrenceList(Listing):
    """A page of occurrences."""

    data: list[OccurrenceOutcomeView]


def occurrence_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    prefix = "/api/v1/agents/{agent_id}/schedules/{schedule_id}/occurrences"
    router = APIRouter(prefix=prefix, tags=["occurrences"], route_class=LazyRoute)

    @router.get("", operation_id="list_occurrences", responses=errors(404), response_model=OccurrenceList)
    def list_all(caller: ReadDep, agent_id: AgentId, schedule_id: ScheduleId, paging: Paged) -> Response:
        """Extension: list the outcomes of a schedule's occurrences, with and without a run, the latest first."""
        listed = ListResponse(ports.cursors, caller, "occurrences", paging, of=f"{agent_id}/{schedule_id}")
        found = service.list_occurrences(ports, caller, agent_id, schedule_id, listed.paging)
        return listed.page(found, OccurrenceOutcomeView.of)

    @router.get("/{nominal_time}", operation_id="get_occurrence", responses=errors(404))
    def get_one(
        caller: ReadDep,
        agent_id: AgentId,
        schedule_id: ScheduleId,
        nominal_time: Annotated[
            str,
            Path(
                description="The nominal time in whole seconds, in RFC 3339 with an offset",
                json_schema_extra={"format": "date-time", "pattern": _WHOLE_SECOND},
                max_length=40,
            ),
        ],
    ) -> OccurrenceOutcomeView:
        """Extension: return the outcome of one nominal time, such as 2026-05-01T09:00:00Z."""
        found = service.get_occurrence(ports, caller, agent_id, schedule_id, _seconds(nominal_time))
        return OccurrenceOutcomeView.of(found)

    return router


def _seconds(text: str) -> int:
    try:
        moment = _MOMENT.validate_python(text) if re.fullmatch(_WHOLE_SECOND, text) else None
    except ValidationError:
        moment = None
    if moment is None:
        raise InvalidRequest("nominal_time: must be RFC 3339 in whole seconds, for example 2026-05-01T09:00:00Z")
    if not 0 <= moment.timestamp() <= LATEST:
        raise NotFound(f"nominal_time: {text} is not an occurrence; occurrences are between 1970 and 2199")
    return int(moment.timestamp())
