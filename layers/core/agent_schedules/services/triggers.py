"""The use cases that start a run at a caller's word: a schedule's run now, and an earlier run again."""

from __future__ import annotations

from dataclasses import replace

from agent_schedules import ids
from agent_schedules.domain import attention
from agent_schedules.domain.manual_runs import in_line, manual_run, retry_run
from agent_schedules.domain.policies import Overlap
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run, RunKey, Work
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.errors import Conflict, NotFound
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import TriggerBody
from agent_schedules.services.checks import check_stored_size, now_ms, require_id
from agent_schedules.services.idempotency import run_idempotently, undo_if_client_gone
from agent_schedules.services.run_allowance import commit_counted
from agent_schedules.services.runs import get_run, sent_to_worker, work_expiry
from agent_schedules.storage.compression import work_size
from agent_schedules.storage.runs import RunView, not_there
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds


def trigger_schedule(
    ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: TriggerBody | None
) -> RunView:
    """Start a run of a schedule now, whatever its status is. Its clock does not move.

    Raises Conflict where the overlap policy skips the run, InvalidRequest, NotFound, TooManyRequests or Unavailable.
    """
    key = Key(call.caller.owner, require_id(agent_id, "agt", "agent"), require_id(schedule_id, "sched", "schedule"))
    asked = body or TriggerBody()

    def perform() -> RunView:
        now = now_ms(ports)
        agent, schedule = ports.store.schedules.get(key, now=floor_seconds(now))
        if schedule is None or schedule.state.status == "deleted":
            raise NotFound(f"schedule_id: no schedule {schedule_id} of this agent; it may have been deleted")
        work = schedule.definition.work
        if asked.input is not None:
            work = replace(work, input=asked.input)
            check_stored_size(vars(work), sent=["input"])
        run = manual_run(
            schedule,
            ids.new_id("run", now, ports.entropy),
            now=now,
            agent_version=agent.version,
            size=work_size(work),
            own_work=asked.input is not None,
        )
        return _started(ports, call, schedule, run, work, overlap=asked.overlap)

    return run_idempotently(ports, call, perform, lambda run_id: get_run(ports, call.caller, agent_id, run_id))


def retry_run_of(ports: Ports, call: RequestContext, agent_id: str, run_id: str) -> RunView:
    """Start a new run with the definition, the agent version and the input of a terminal run.

    Raises Conflict while that run is open, and as `trigger_schedule` does.
    """
    owner = call.caller.owner
    key = RunKey(owner, require_id(agent_id, "agt", "agent"), require_id(run_id, "run", "run"))

    def perform() -> RunView:
        original = ports.store.runs.get(key)
        if original is None or original.expired(ports.now()):
            ports.store.agents.live(owner, agent_id)
            raise not_there(key, original)
        task = ports.store.runs.task(original)
        if not task.agent_live:
            raise NotFound(f"agent_id: no agent {agent_id}; it may have been deleted")
        if not original.terminal:
            raise Conflict(f"The run is {original.status}; wait for its end, or cancel it, before you retry it")
        if task.work is None:
            raise Conflict("The input of the run is no longer stored; start a new run with it")
        now = now_ms(ports)
        again, own = ids.new_id("run", now, ports.entropy), task.work_expires
        run = retry_run(original, again, now=now, size=work_size(task.work), own_work=own)
        schedule = None
        if original.schedule_id is not None:
            _, schedule = ports.store.schedules.get(Key(owner, agent_id, original.schedule_id), now=floor_seconds(now))
        if schedule is not None and schedule.state.status != "deleted":
            return _started(ports, call, schedule, run, task.work, overlap=None)
        create, work, until = ports.store.runs.create, task.work if own else None, work_expiry(ports, run)
        commit_counted(ports, run, lambda counted: create(call, run, work, *counted, work_expires_at=until))
        undo_if_client_gone(call, lambda: ports.store.runs.undo_create(run))
        return sent_to_worker(ports, run, task.work)

    return run_idempotently(ports, call, perform, lambda again: get_run(ports, call.caller, agent_id, again))


def _started(
    ports: Ports, call: RequestContext, schedule: Schedule, run: Run, work: Work, *, overlap: Overlap | None
) -> RunView:
    """Commit a run of a schedule and the schedule's state in one transaction, and only then tell the worker."""
    schedule = replace(schedule, state=attention.unrendered(schedule, floor_seconds(run.created_at)))
    policy = schedule.definition.policies.overlap
    if policy == "cancel_previous" and overlap in {"queue_one", "queue_all"}:
        raise Conflict(
            "A run that waits cancels the open one, because the schedule's overlap policy is `cancel_previous`; leave "
            "`overlap` out, or send `allow` or `skip`"
        )
    overlap = overlap or policy
    kept_days = schedule.definition.policies.kept_days(ports.limits.run_retention_days)
    open_run = _open_run_id(ports, schedule, overlap)
    state, run = in_line(schedule, run, overlap=overlap, open_run_id=open_run, kept_days=kept_days)
    own, key = work if run.work_of == run.key.run_id else None, schedule.key
    start, until = ports.store.runs.start, work_expiry(ports, run, waiting=len(state.waiting))
    commit_counted(ports, run, lambda counted: start(call, key, state, run, own, *counted, work_expires_at=until))
    logger.info("run asked for", extra=about(schedule.key, run_id=run.key.run_id, trigger=run.trigger))
    undone = replace(schedule.state, rev=state.rev + 1)
    undo_if_client_gone(call, lambda: ports.store.runs.undo_start(schedule.key, undone, run))
    return sent_to_worker(ports, run, work)


def _open_run_id(ports: Ports, schedule: Schedule, overlap: Overlap) -> str | None:
    """Return the id of the open run that another must not overlap with.

    Where runs of the schedule may overlap, its state may name none, or one of a backfill. Then the newest counts too.
    """
    state = schedule.state
    candidates = {state.open_run_id: None}
    if not schedule.definition.policies.serial and not state.waiting:
        candidates[state.last_run_id] = None
    for run_id in candidates if overlap != "allow" else ():
        run = run_id and ports.store.runs.get(schedule.key.run(run_id))
        if run and not run.terminal:
            return run_id
    return None
