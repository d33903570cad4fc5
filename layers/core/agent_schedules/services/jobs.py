"""Carry out a job: one action on each schedule that matches, however often a step is repeated.

A step finishes the batch in hand, finds the next one, and writes both down at once. A step that runs out of time leaves
the rest of the batch in hand. A schedule's outcome is an idempotency record of its own, `job:<job>:<schedule>`: a
change commits it in its own transaction, and whatever leaves the schedule as it is writes it alone. Only one of two
workers can write it, and a repeat reads it. So a job changes no schedule twice, and counts each once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from agent_schedules.domain import incidents, transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.jobs import ANY_PAUSE_ALL, BATCH, Action, Job, JobKey, Member, Outcome, Result
from agent_schedules.domain.messages import ContinueJob
from agent_schedules.domain.paging import CANDIDATES, Paging
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext, no_time
from agent_schedules.domain.schedules import Pause, Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import AgentSchedulesError, AlreadyDone, ConditionFailed, NotFound, Unavailable, Uncertain
from agent_schedules.execution import line
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import PauseBody, pause_until
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services.changes import again, change_schedule, read_schedule
from agent_schedules.services.checks import now_ms
from agent_schedules.services.schedules import update_of
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

Changing = Callable[[Schedule, Agent, datetime], Change | None]
ATTEMPTS = 8  # at a record that another worker writes at the same time
SCHEDULE_SECONDS = 30.0  # of the worker's time, left for one schedule where every call of AWS is answered late
RESULTS: dict[Result, str] = {
    result: hashlib.sha256(result.encode()).hexdigest() for result in ("changed", "unchanged", "failed")
}
"""The fingerprints of the records of outcomes."""


class _NothingToDo(Exception):
    """The schedule is left as it is."""


def continue_job(ports: Ports, key: JobKey, *, left: Callable[[], float]) -> None:
    """Make one step of a job and send the message of the next. Raises Unavailable; then the message comes again.

    `left`: returns the seconds that the invocation still has.
    """
    job = ports.store.jobs.get(key, now=floor_seconds(ports.now()))
    if job is None or job.over:
        return
    after = step(ports, job, in_time=lambda: left() > SCHEDULE_SECONDS)
    if after is not None and not after.over:
        ports.queue.send([ContinueJob(key)], delay=0)


def step(ports: Ports, job: Job, *, in_time: Callable[[], bool], elapsed: Callable[[], float] = no_time) -> Job | None:
    """Finish the batch in hand and find the next one. Returns the job as it was written; None: another write came
    first, whose writer goes on. Raises Unavailable.

    The step asks `in_time` before each schedule but the first, and stops where it is not. So each step makes progress.
    `elapsed` is that of the caller's request, where the step is made for one.
    """
    if job.stalled(ports.now()):
        after = job.given_up(now_ms(ports), "The job made no progress for 20 hours; start it again")
        return _saved(ports, after)
    if job.batch:
        outcomes: list[Outcome] = []
        for member in job.batch:
            if outcomes and not in_time():
                return _saved(ports, job.applied(outcomes).interrupted(now_ms(ports)))
            outcomes.append(_outcome(ports, job, member, elapsed))
        job = job.applied(outcomes)
    if job.status == "running":
        try:
            job = with_next(ports, job)
        except NotFound as error:
            return _saved(ports, job.given_up(now_ms(ports), error.message))
    return _saved(ports, job.stepped(now_ms(ports)))


def with_next(ports: Ports, job: Job) -> Job:
    """Return the job with the next batch in hand. Raises NotFound if the agent of its filter is gone."""
    if job.exhausted:
        return job
    paging = Paging(limit=CANDIDATES if job.dry_run else BATCH, newest_first=False, after=job.after)
    page = ports.store.fleet.page(job.key.owner, job.filter, paging, now=floor_seconds(ports.now()))
    found = [one.schedule for one in page.items]
    old = [one for one in found if one.state.created_at <= job.created_at]
    members = [Member(one.key.agent_id, one.key.schedule_id) for one in old if _concerns(job.action, one)]
    return job.found(members, page.last, more=page.more and len(old) == len(found))


def _saved(ports: Ports, job: Job) -> Job | None:
    try:
        ports.store.jobs.save(job)
    except ConditionFailed:
        return None
    if job.over:
        logger.info("job ended", extra=about(job.key, found=job.status))
    return job


def _outcome(ports: Ports, job: Job, member: Member, elapsed: Callable[[], float]) -> Outcome:
    """Change one schedule, unless its outcome is recorded. Raises Unavailable."""
    at = (member.agent_id, member.schedule_id)
    name = hashlib.sha256(f"job:{job.key.job_id}:{member.schedule_id}".encode()).hexdigest()
    caller = Caller(job.tenant, job.on_behalf_of)
    for _ in range(ATTEMPTS):
        now = floor_seconds(ports.now())
        record = ports.store.idempotency_record(job.key.owner, name, now=now)
        if record is not None:
            result = next(one for one, mark in RESULTS.items() if mark == record.idempotency_key.fingerprint)
            if result == "changed":
                _finish(ports, job, caller, member)
            return Outcome(member, result, record.subject if result == "failed" else None)
        result, message = "changed", None
        try:
            call = RequestContext(caller, IdempotencyKey(name, RESULTS["changed"]), elapsed)
            changed = change_schedule(ports, call, *at, _changing(ports, job), tombstone=job.action.kind == "delete")
        except (_NothingToDo, NotFound):
            result = "unchanged"
        except AgentSchedulesError as error:
            if error.status >= 500:
                raise
            result, message = "failed", error.message
        else:
            if job.action.kind == "delete":
                line.dismiss(ports, changed)
            return Outcome(member, "changed")
        try:
            call = RequestContext(caller, IdempotencyKey(name, RESULTS[result]), elapsed)
            ports.store.note(call, message or member.schedule_id, now=now)
        except (AlreadyDone, Uncertain):
            continue
        return Outcome(member, result, message)
    raise Unavailable("the outcome of a schedule could not be recorded")


def _finish(ports: Ports, job: Job, caller: Caller, member: Member) -> None:
    """Finish what a worker left undone that died after its commit."""
    with suppress(NotFound):
        if job.action.kind == "delete":
            line.dismiss(ports, read_schedule(ports, caller, member.agent_id, member.schedule_id)[1])
        else:
            again(ports, RequestContext(caller), member.agent_id, member.schedule_id)


def _concerns(action: Action, schedule: Schedule) -> bool:
    """Whether an action is meant for a schedule that matches its job's filter: pause-all and resume-all choose by more
    than a filter can say."""
    if action.pause_all:
        return incidents.starts_by_itself(schedule.state)
    if action.paused_by is None:
        return True
    pause = schedule.state.pause
    return pause is not None and (pause.of_all if action.paused_by == ANY_PAUSE_ALL else pause.job == action.paused_by)


def _changing(ports: Ports, job: Job) -> Changing:
    """Return the change of one schedule, which raises _NothingToDo in the place of None."""
    change = _change_of(ports, job)

    def changing(schedule: Schedule, agent: Agent, now: datetime) -> Change:
        changed = change(schedule, agent, now) if _concerns(job.action, schedule) else None
        if changed is None:
            raise _NothingToDo
        return changed

    return changing


def _change_of(ports: Ports, job: Job) -> Changing:
    action = job.action

    def pause(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        by = job.on_behalf_of or job.tenant
        if action.pause_all:
            made = Pause(since=now, reason=action.reason, by=by, job=job.key.job_id, of_all=True)
            return incidents.held(schedule, now, made, agent_deletions=agent.deletions)
        if schedule.state.status != "active":  # a pause that is there already keeps its reason and its end
            return None
        until = pause_until(PauseBody.model_validate({"until": action.until}), schedule.definition.timing.timezone, now)
        made = Pause(since=now, reason=action.reason, until=until, by=by, job=job.key.job_id)
        return transitions.paused(schedule, now, made, agent_deletions=agent.deletions)

    def resume(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        if schedule.state.status != "paused":
            return None
        if action.paused_by is not None:
            return incidents.released(schedule, now, agent_deletions=agent.deletions)
        return transitions.resumed(schedule, now, agent_deletions=agent.deletions)

    def delete(schedule: Schedule, _: Agent, now: datetime) -> Change | None:
        return transitions.deleted(schedule, now)

    match action.kind:
        case "pause":
            return pause
        case "resume":
            return resume
        case "delete":
            return delete
        case "update":
            return update_of(ports, UpdateScheduleBody.model_validate(action.update))
