"""The line of a schedule's runs: at most one is open, others wait for it, and a backfill follows (policies.md).

A state row names the open run and those that wait, in order. Runs that wait are rows like any other, in the
reconciler's index, so a lost message delays them and loses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from agent_schedules.domain import attention
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.messages import ContinueRun, Hint
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.execution.finish import end_unsent
from agent_schedules.execution.poll import OVERLAP
from agent_schedules.ids import run_id
from agent_schedules.ports import Ports
from agent_schedules.storage.compression import work_size
from agent_schedules.storage.schedules import HintView
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

ROUNDS = 6  # lost races within one call; then a hint tries again


def open_run_id(ports: Ports, schedule: Schedule) -> str | None:
    """Return the id of the open run that the next occurrence must not overlap with."""
    state = schedule.state
    if not schedule.definition.policies.serial or state.open_run_id is None:
        return None
    run = _run(ports, schedule, state.open_run_id)
    return None if run is None or run.terminal else state.open_run_id


def advance(ports: Ports, key: Key) -> HintView | None:
    """Start the next run in line, if no other is open. Returns the schedule as it was before; None if it is gone.

    Cancel the open run where one that waits replaces it. Raises Unavailable.
    """
    for _ in range(ROUNDS):
        view = ports.store.schedules.for_hint(key, None)
        if view.schedule is None:
            return None
        try:
            _step(ports, view.schedule)
        except (ConditionFailed, Contended):
            continue  # another function moved the line: read again
        return view
    ports.queue.send([Hint(key, None, advance=True)], delay=1)
    return view


def _step(ports: Ports, schedule: Schedule) -> None:
    now, state = ports.now(), schedule.state
    if not state.waiting:
        return
    state = attention.unrendered(schedule, floor_seconds(now))
    replacing = schedule.replacing
    place = state.waiting.index(replacing) if replacing else 0
    for replaced in state.waiting[:place]:
        _cancel(ports, _run(ports, schedule, replaced))
    previous = _run(ports, schedule, state.open_run_id)
    if previous is not None and not previous.terminal and not (replacing and _cancel(ports, previous)):
        if not previous.in_line:
            poll_now(ports, previous, replaceable=replacing is not None)
        if place:  # the ones before have ended
            after = replace(state, waiting=state.waiting[place:], rev=state.rev + 1)
            ports.store.schedules.save_state(schedule.key, after)
        return
    for place, waiting in enumerate(state.waiting, 1):
        run = _run(ports, schedule, waiting)
        if run is not None and not run.terminal:
            after = replace(state, open_run_id=waiting, waiting=state.waiting[place:], rev=state.rev + 1)
            ports.store.schedules.release(schedule.key, after, released := run.released(now=now))
            logger.info("run released", extra=about(schedule.key, run_id=waiting))
            enqueue(ports, [released])
            return
    ports.store.schedules.save_state(schedule.key, replace(state, waiting=(), rev=state.rev + 1))


def leave(ports: Ports, key: Key, run_id: str) -> None:
    """Take a run that ended while it waited out of the line, so that it takes no other run's place. Raises
    Unavailable."""
    for _ in range(ROUNDS):
        schedule = ports.store.schedules.for_hint(key, None).schedule
        if schedule is None or run_id not in schedule.state.waiting:
            return
        state = attention.unrendered(schedule, floor_seconds(ports.now()))
        waiting = tuple(waits for waits in state.waiting if waits != run_id)
        with suppress(ConditionFailed, Contended):  # another function moved the line: read again
            ports.store.schedules.save_state(key, replace(state, waiting=waiting, rev=state.rev + 1))
            return


def _run(ports: Ports, schedule: Schedule, run_id: str | None) -> Run | None:
    return None if run_id is None else ports.store.runs.get(schedule.key.run(run_id))


def _cancel(ports: Ports, run: Run | None) -> bool:
    """Cancel a run that a newer one replaces: here if it was not sent, else by its next poll, which comes now.

    Returns whether it is over. A run that is being sent, or was when its function crashed, is left to its first poll.
    Raises ConditionFailed where a worker takes it meanwhile.
    """
    if run is None or run.terminal:
        return True
    if run.gateway_response_id is None and run.status == "queued":
        end_unsent(ports, run, "cancelled", OVERLAP)
        return True
    poll_now(ports, run, replaceable=True)
    return False


def poll_now(ports: Ports, run: Run, *, replaceable: bool) -> None:
    """Poll a run now if it was sent, because other runs wait for it. It may be older than the policy, so its row is
    marked as being in the line.

    A run that is not sent yet is only marked, once.
    """
    sent = run.gateway_response_id is not None
    if not sent and run.in_line and run.replaceable >= replaceable:
        return
    moved = run.requeued(now=ports.now()) if sent else replace(run, rev=run.rev + 1)
    ports.store.runs.save(replace(moved, in_line=True, replaceable=replaceable))
    if sent or run.status == "queued":  # the raised `rev` voids its older message
        ports.queue.send([ContinueRun(run.key, moved.rev, polls=int(sent))], delay=0)


def dismiss(ports: Ports, schedule: Schedule) -> None:
    """Send a message for each run that waits in the line of a deleted schedule, which cancels it.

    If the queue does not take them, the reconciler finds the runs.
    """
    key, waiting = schedule.key, schedule.state.waiting
    if waiting:
        with suppress(Unavailable):
            ports.queue.send([ContinueRun(key.run(run), None) for run in waiting], delay=0)


def enqueue(ports: Ports, runs: Sequence[Run]) -> None:
    """Put runs on the queue for any free worker.

    If the queue does not take them, the next sweep does it: other due work must not wait.
    """
    if not runs:
        return
    try:
        ports.queue.send([ContinueRun(run.key, run.rev) for run in runs], delay=0)
    except Unavailable:
        logger.warning("runs not enqueued", extra=about(runs[0].key, runs=len(runs)))
        for run in runs:
            with suppress(ConditionFailed, Unavailable):  # then the sweep finds it somewhat later
                ports.store.runs.save(replace(run, look_at=floor_seconds(run.created_at), rev=run.rev + 1))


def scheduled_run(
    schedule: Schedule,
    agent: Agent,
    nominal: int,
    now: datetime,
    *,
    lease: float | None,
    waiting: bool,
    kept_days: int,
) -> Run:
    """Return the run of an occurrence, claimed under a lease of `lease` seconds if there is one.

    It is kept for `kept_days` after its end; 0: for ever.
    """
    key, policies, due = schedule.key, schedule.definition.policies, schedule.timetable.due_at(nominal)
    return Run(
        key=key.run(run_id(key.schedule_id, nominal)),
        status="queued" if lease is None else "submitting",
        trigger="schedule",
        schedule_id=key.schedule_id,
        revision=schedule.definition.revision,
        scheduled_for=nominal,
        agent_version=agent.version,
        on_behalf_of=schedule.definition.on_behalf_of,
        lease_until=None if lease is None else now + timedelta(seconds=lease),
        created_at=now,
        size=work_size(schedule.definition.work),
        rev=1,
        in_line=policies.serial,
        replaceable=policies.overlap == "cancel_previous",
        waiting=waiting,
        timeout=policies.timeout_seconds,
        watched=policies.alert_after_seconds is not None,
        due_at=None if due == nominal else due,
        kept_days=kept_days,
    ).with_recheck(now)
