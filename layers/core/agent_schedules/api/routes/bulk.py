"""The routes that change many schedules, and of the jobs that do it. Extensions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from agent_schedules.api.dependencies import CreateDep, ListResponse, Paged, ReadDep, errors
from agent_schedules.api.job_responses import JobList, JobView
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.domain.jobs import Job
from agent_schedules.ids import id_pattern
from agent_schedules.ports import Ports
from agent_schedules.schemas.bulk import BulkBody, PauseAllBody, ResumeAllBody
from agent_schedules.services import bulk as service

JobId = Annotated[str, Path(description="The job's id", json_schema_extra={"pattern": id_pattern("job")})]


def _or_later(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a job: a 202 while it goes on, and the errors."""
    return {202: {"model": JobView, "description": "It goes on: see the job"}, **errors(409, *statuses)}


def _begun(response: Response, job: Job) -> JobView:
    response.status_code = 200 if job.over else 202
    return JobView.of(job)


def bulk_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1", tags=["fleet"], route_class=LazyRoute)

    @router.post("/schedules/bulk", operation_id="change_schedules", responses=_or_later(404))
    def change(response: Response, call: CreateDep, body: BulkBody) -> JobView:
        """Extension: pause, resume, delete or update every schedule that meets all conditions of `filter`. Without
        `dry_run: false` it only counts them. More than about 100 schedules are a job that goes on after the answer."""
        return _begun(response, service.change_many(ports, call, body))

    @router.post("/schedules/pause-all", operation_id="pause_all_schedules", responses=_or_later())
    def pause_all(response: Response, call: CreateDep, body: PauseAllBody | None = None) -> JobView:
        """Extension: pause every schedule of all agents that is active, or paused until a time. `resume-all` ends these
        pauses and no others, and puts back the earlier ones."""
        return _begun(response, service.pause_all(ports, call, body or PauseAllBody()))

    @router.post("/schedules/resume-all", operation_id="resume_all_schedules", responses=_or_later(404))
    def resume_all(response: Response, call: CreateDep, body: ResumeAllBody | None = None) -> JobView:
        """Extension: resume what any `pause-all` has paused, or with `job_id` what that pause of many has. What else is
        paused stays paused, also what a caller has paused since. A pause that a pause-all replaced comes back, unless
        it would have ended by now."""
        return _begun(response, service.resume_all(ports, call, body or ResumeAllBody()))

    @router.get("/jobs", operation_id="list_jobs", responses=errors(), response_model=JobList)
    def list_jobs(caller: ReadDep, paging: Paged) -> Response:
        """Extension: list jobs, newest first."""
        listed = ListResponse(ports.cursors, caller, "jobs", paging)
        return listed.page(service.list_jobs(ports, caller, listed.paging), JobView.of)

    @router.get("/jobs/{job_id}", operation_id="get_job", responses=errors(404))
    def get_job(caller: ReadDep, job_id: JobId) -> JobView:
        """Extension: return a job, with how far it is."""
        return JobView.of(service.get_job(ports, caller, job_id))

    @router.post("/jobs/{job_id}/cancel", operation_id="cancel_job", responses=errors(404, 409))
    def cancel_job(call: CreateDep, job_id: JobId) -> JobView:
        """Extension: stop a job. The schedules that it has in hand, 25 at most, are finished first. What it has
        changed stays changed."""
        return JobView.of(service.cancel_job(ports, call, job_id))

    return router
