"""The routes over all agents of an account. Extensions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from agent_schedules.api.dependencies import After, Digits, ListResponse, OfAgent, Paged, ReadDep, errors
from agent_schedules.api.filters import ScheduleFilterDep
from agent_schedules.api.fleet_responses import (
    FoundScheduleList,
    FoundScheduleView,
    SummaryView,
    UpcomingList,
    UpcomingView,
)
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.upcoming import DAY, Window
from agent_schedules.errors import InvalidRequest
from agent_schedules.ports import Ports
from agent_schedules.schemas.fields import OffsetMoment
from agent_schedules.schemas.moments import bounded_moment
from agent_schedules.services import fleet as service
from agent_schedules.services.fleet import UpcomingFrom
from agent_schedules.timestamps import ceil_seconds, floor_seconds


def fleet_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1", tags=["fleet"], route_class=LazyRoute)

    @router.get("/schedules", operation_id="find_schedules", responses=errors(404), response_model=FoundScheduleList)
    def find_schedules(caller: ReadDep, wanted: ScheduleFilterDep, paging: Paged) -> Response:
        """Extension: list the schedules of all agents that meet every condition, the newest first. A page looks at 100
        schedules at most, so it may have fewer than `limit`, or none, while `has_more` is true."""
        conditions = json.dumps(wanted.as_json(), sort_keys=True)
        listed = ListResponse(ports.cursors, caller, "schedules of all agents", paging, of=conditions)
        found = service.find_schedules(ports, caller, wanted, listed.paging)
        return listed.page(found, lambda one: FoundScheduleView.found(one, ports.limits))

    @router.get("/upcoming", operation_id="list_upcoming", responses=errors(404))
    def list_upcoming(
        *,
        caller: ReadDep,
        first: Annotated[
            OffsetMoment | None, Query(alias="from", description="The beginning of the window; now if it is omitted")
        ] = None,
        end: Annotated[
            OffsetMoment | None,
            Query(
                alias="to",
                description="The end of the window, which does not belong to it: at most 31 days after `from`; a day "
                "after it if it is omitted",
            ),
        ] = None,
        agent_id: OfAgent = None,
        limit: Annotated[int, Field(ge=1, le=100), Digits, Query()] = 20,
        after: After = None,
    ) -> UpcomingList:
        """Extension: list the occurrences to come of all agents' schedules, in the order of their times. Up to 500
        schedules, the newest first, are a group, and the order begins again with each group."""
        asked = [None if moment is None else moment.isoformat() for moment in (first, end)]
        scope = (caller.owner, "upcoming", json.dumps([*asked, agent_id]))
        place = ports.cursors.verify(scope, Paging(after=after)).after
        begin = UpcomingFrom.of(place) if place else UpcomingFrom(_window(ports, first, end))
        found = service.list_upcoming(ports, caller, agent_id, begin, limit)
        cursor = ports.cursors.sign(scope, Paging(), found.following.text()) if found.following else None
        rows = [UpcomingView.of(one) for one in found.items]
        return UpcomingList(
            data=rows,
            first_id=rows[0].id if rows else None,
            last_id=rows[-1].id if rows else None,
            has_more=cursor is not None,
            next_cursor=cursor,
            group_schedules=found.schedules,
            group_ends=found.ends_group,
        )

    @router.get("/summary", operation_id="get_summary", responses=errors())
    def get_summary(caller: ReadDep, after: After = None) -> SummaryView:
        """Extension: count the schedules of all agents by status, those due in the next hour, the problems of the last
        24 hours, and how late the last hour's runs were. It looks at up to 1,000 schedules."""
        scope = _summary_scope(caller)
        place = ports.cursors.verify(scope, Paging(after=after)).after
        found = service.summarize(ports, caller, place)
        cursor = ports.cursors.sign(scope, Paging(), found.last) if found.more and found.last else None
        return SummaryView.of(found, cursor)

    return router


def _summary_scope(caller: Caller) -> tuple[str, str]:
    return (caller.owner, "summary")


def _window(ports: Ports, first: datetime | None, end: datetime | None) -> Window:
    """Return the window of a request in seconds. Raises InvalidRequest."""
    begins = ceil_seconds(ports.now() if first is None else bounded_moment(first, "UTC", "from"))
    window = Window(begins, begins + DAY if end is None else ceil_seconds(bounded_moment(end, "UTC", "to")))
    if window.end <= floor_seconds(ports.now()):
        raise InvalidRequest(
            "to: the window is in the past, where nothing is to come; see /api/v1/problems, or a schedule's occurrences"
        )
    return window
