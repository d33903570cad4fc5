"""The routes over all agents of an account. Extensions."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.responses import Response

from agent_schedules.api.dependencies import ListResponse, Paged, ReadDep, errors
from agent_schedules.api.filters import ScheduleFilterDep
from agent_schedules.api.fleet_responses import FoundScheduleList, FoundScheduleView
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.ports import Ports
from agent_schedules.services import fleet as service


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

    return router
