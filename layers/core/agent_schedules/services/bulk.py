"""The use cases of jobs: begin one, see how far it is, stop it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.jobs import ANY_PAUSE_ALL, Action, Job, JobKey
from agent_schedules.domain.messages import ContinueJob
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import Conflict, InvalidRequest, NotFound, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.schemas.bulk import BulkBody, PauseAllBody, PauseMany, ResumeAllBody, UpdateMany
from agent_schedules.schemas.controls import refuse_past_everywhere
from agent_schedules.schemas.fleet import filter_of
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.requests import ScheduleChanges
from agent_schedules.schemas.timing import timing_of
from agent_schedules.services.checks import check_one_continuation, now_ms, require_id
from agent_schedules.services.idempotency import run_idempotently
from agent_schedules.services.jobs import step, with_next
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

STEPS = 5  # that the call itself makes: enough for 100 schedules
SECONDS = 2.0  # after which it leaves all schedules but the one in hand to the worker, so that its answer arrives


def change_many(ports: Ports, call: RequestContext, body: BulkBody) -> Job:
    """Begin a job, and finish it if it is small. A small dry run is not stored. Raises InvalidRequest or NotFound."""
    wanted = filter_of(body.filter)
    if wanted.agent_id is not None:
        try:
            require_id(wanted.agent_id, "agt", "agent")
            ports.store.agents.live(call.caller.owner, wanted.agent_id)
        except NotFound as error:
            raise NotFound(f"filter.{error.message}") from None
    now = now_ms(ports)
    action = Action(body.action)
    if isinstance(body, UpdateMany):
        _check(ports, body.update, now)
        action = Action("update", update=body.update.model_dump(mode="json", exclude_unset=True))
    if isinstance(body, PauseMany):
        if body.until is not None:
            refuse_past_everywhere(body.until, now)
        action = Action("pause", body.reason, body.until.isoformat() if body.until is not None else None)
    return _begun(ports, call, action, wanted, dry_run=body.dry_run)


def _check(ports: Ports, changes: ScheduleChanges, now: datetime) -> None:
    """Raise InvalidRequest for an update that no schedule could take, instead of once for each of them."""
    zone = "UTC"
    try:
        if changes.schedule is not None:
            zone = changes.schedule.timezone
            timing_of(changes.schedule, now=now, minimum_interval=ports.limits.minimum_interval)
        policies_in(changes.policies, zone)
        check_one_continuation(changes)
    except InvalidRequest as error:
        raise InvalidRequest(f"update.{error.message}") from None


def pause_all(ports: Ports, call: RequestContext, body: PauseAllBody) -> Job:
    """Pause every schedule of the owner that is active, or paused with an end. The pauses carry the job's id, and can
    be ended together."""
    return _begun(ports, call, Action("pause", body.reason, pause_all=True), ScheduleFilter(), dry_run=False)


def resume_all(ports: Ports, call: RequestContext, body: ResumeAllBody) -> Job:
    """Resume what a pause-all, or one job, has paused, unless a caller has paused it since. Raises Conflict or NotFound
    for the job."""
    if body.job_id is not None:
        _must_have_paused(get_job(ports, call.caller, body.job_id))
    action = Action("resume", paused_by=body.job_id or ANY_PAUSE_ALL)
    return _begun(ports, call, action, ScheduleFilter(status="paused"), dry_run=False)


def _must_have_paused(job: Job) -> None:
    named = f"job_id: {job.key.job_id} is"
    if job.action.kind != "pause":
        raise Conflict(f"{named} no pause, its action is {job.action.kind}; send the id of a job that pauses")
    if job.dry_run:
        raise Conflict(f"{named} a dry run, which paused nothing; send the id of the job that paused")


def _begun(ports: Ports, call: RequestContext, action: Action, wanted: ScheduleFilter, *, dry_run: bool) -> Job:
    def perform() -> Job:
        now = now_ms(ports)
        job = Job(
            key=JobKey(call.caller.owner, ids.new_id("job", now, ports.entropy)),
            tenant=call.caller.tenant,
            on_behalf_of=call.caller.on_behalf_of,
            action=action,
            filter=wanted,
            dry_run=dry_run,
            created_at=now,
            updated_at=now,
            found_at=now,
        )
        if dry_run:
            counted = with_next(ports, job).stepped(now)
            if counted.over:
                return replace(counted, key=JobKey(call.caller.owner, ""))
        ports.store.jobs.create(call, job)
        logger.info("job begun", extra=about(job.key))
        return job

    job = run_idempotently(ports, call, perform, lambda job_id: get_job(ports, call.caller, job_id))
    return _carried_on(ports, call, job)


def _carried_on(ports: Ports, call: RequestContext, job: Job) -> Job:
    """Make the first steps of a job, and leave the rest to the worker. The job stands, whatever fails here."""

    def in_time() -> bool:
        return call.elapsed() <= SECONDS

    with suppress(Unavailable):
        for _ in range(STEPS):
            if job.over or not in_time():
                break
            after = step(ports, job, in_time=in_time, elapsed=call.elapsed)
            if after is None:
                break
            job = after
    if not job.over:
        _send(ports, job.key)
    return job


def _send(ports: Ports, key: JobKey) -> None:
    with suppress(Unavailable):  # then a sweep sends it
        ports.queue.send([ContinueJob(key)], delay=0)


def get_job(ports: Ports, caller: Caller, job_id: str) -> Job:
    """Return a job, for 30 days after its end. Raises NotFound."""
    key = JobKey(caller.owner, require_id(job_id, "job", "job"))
    job = ports.store.jobs.get(key, now=floor_seconds(ports.now()))
    if job is None:
        raise NotFound(f"job_id: no job {job_id}; a job can be read for 30 days after its end")
    return job


def list_jobs(ports: Ports, caller: Caller, paging: Paging) -> Slice[Job]:
    """Return a page of the owner's jobs."""
    return ports.store.jobs.page(caller.owner, paging, now=floor_seconds(ports.now()))


def cancel_job(ports: Ports, call: RequestContext, job_id: str) -> Job:
    """Stop a job. The schedules in hand, 25 at most, are finished first. Raises Conflict for one that has ended."""

    def perform() -> Job:
        job = get_job(ports, call.caller, job_id)
        if job.status in {"cancelling", "cancelled"}:
            ports.store.note(call, job_id, now=floor_seconds(ports.now()))
        elif job.over:
            raise Conflict(f"The job is {job.status} and cannot be cancelled; its changes stay")
        else:
            job = job.cancelling(now_ms(ports))
            if not job.batch:
                job = replace(job.stepped(job.updated_at), rev=job.rev)
            ports.store.jobs.cancel(call, job)
        return job

    job = run_idempotently(ports, call, perform, lambda found: get_job(ports, call.caller, found))
    if not job.over:
        _send(ports, job.key)
    return job
