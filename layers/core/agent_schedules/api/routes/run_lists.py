"""The routes of runs and problems over all agents of an account. Extensions."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.responses import Response

from agent_schedules.api.dependencies import ListResponse, Paged, ReadDep, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.problem_responses import ProblemList, ProblemView
from agent_schedules.api.run_filters import RunFilterDep, ShownQuery, StretchDep, shown_as
from agent_schedules.api.run_responses import RunList, RunSummaryList
from agent_schedules.ports import Ports
from agent_schedules.services import run_lists as service


def run_list_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1", tags=["fleet"], route_class=LazyRoute)

    @router.get("/runs", operation_id="find_runs", responses=errors(404), response_model=RunList | RunSummaryList)
    def find_runs(caller: ReadDep, wanted: RunFilterDep, paging: Paged, view: ShownQuery = "full") -> Response:
        """Extension: list the runs that meet every condition, the latest due first. Name an agent, or `failed`,
        `incomplete` or `cancelled` as the status, for the runs of all agents that ended so. A page looks at 100 runs at
        most, so it may have fewer than `limit`, or none, while `has_more` is true."""
        conditions = json.dumps(wanted.as_json(), sort_keys=True)
        listed = ListResponse(ports.cursors, caller, "runs of all agents", paging, of=conditions)
        return listed.page(service.find_runs(ports, caller, wanted, listed.paging), shown_as(view))

    @router.get("/problems", operation_id="list_problems", responses=errors(), response_model=ProblemList)
    def list_problems(caller: ReadDep, asked: StretchDep, paging: Paged) -> Response:
        """Extension: list the runs of all agents that failed, timed out or were incomplete, and the occurrences that
        were missed or skipped, the latest first. Without `from` these are of the 24 hours before `to`, or before now. A
        page may have fewer than `limit`, or none, while `has_more` is true."""
        listed = ListResponse(ports.cursors, caller, "problems", paging, of=f"{asked.first}/{asked.end}")
        return listed.page(service.find_problems(ports, caller, asked, listed.paging), ProblemView.of)

    return router
