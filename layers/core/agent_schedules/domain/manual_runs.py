"""Runs that a caller asks for: one of a schedule now, or an earlier run again. Pure.

They move no clock and do not count towards `max_runs`. A run of a schedule joins the schedule's line as a scheduled one
does (`execution/line.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain.policies import MOST_WAITING, Overlap, admit
from agent_schedules.domain.runs import Run, queued_run
from agent_schedules.domain.schedules import Schedule, State
from agent_schedules.errors import Conflict


def manual_run(schedule: Schedule, run_id: str, *, now: datetime, agent_version: int, size: int, own_work: bool) -> Run:
    """Return a run of the schedule now. `own_work`: its work is not the definition's, and has an item of its own."""
    definition = schedule.definition
    run = queued_run(
        schedule.key.run(run_id),
        now=now,
        agent_version=agent_version,
        on_behalf_of=definition.on_behalf_of,
        size=size,
    )
    return replace(
        run,
        trigger="manual",
        schedule_id=schedule.key.schedule_id,
        revision=definition.revision,
        timeout=definition.policies.timeout_seconds,
        watched=definition.policies.alert_after_seconds is not None,
        work_of=run_id if own_work else None,
    )


def retry_run(original: Run, run_id: str, *, now: datetime, size: int, own_work: bool) -> Run:
    """Return a run that does the work of an earlier one again, with the same version of the agent.

    `own_work`: it gets an item of its own for it, because the stored one expires.
    """
    run = queued_run(
        replace(original.key, run_id=run_id),
        now=now,
        agent_version=original.agent_version,
        on_behalf_of=original.on_behalf_of,
        size=size,
    )
    return replace(
        run,
        trigger="retry",
        schedule_id=original.schedule_id,
        revision=original.revision,
        timeout=original.timeout,
        watched=original.watched,
        retry_of=original.key.run_id,
        kept_days=original.kept_days,
        work_of=run_id if own_work else original.work_of or (None if original.schedule_id else original.key.run_id),
    )


def in_line(
    schedule: Schedule, run: Run, *, overlap: Overlap, open_run_id: str | None, kept_days: int
) -> tuple[State, Run]:
    """Return the schedule's state with the run, and the run as the policy admits it: it is sent now, or waits.

    `open_run_id` is the open run that it must not overlap with. The run is kept for `kept_days`; 0: for ever. Raises
    Conflict where the policy skips it.
    """
    state, run_id = schedule.state, run.key.run_id
    admission = admit(overlap, busy=open_run_id is not None or bool(state.waiting), waiting=len(state.waiting))
    if admission == "skip":
        raise Conflict(_refusal(overlap, open_run_id or state.waiting[0], run))
    serial, waits, own = overlap != "allow", admission == "wait", schedule.definition.policies.overlap
    first = open_run_id or state.open_run_id if waits else run_id
    state = replace(
        state,
        run_count=state.run_count + 1,
        other_runs=state.other_runs + 1,
        last_run_id=run_id,
        last_run_at=run.created_at,
        last_due_at=None,
        open_run_id=first if serial else state.open_run_id,
        waiting=(*state.waiting, run_id) if waits else state.waiting,
        replacing=run_id if waits and overlap == "cancel_previous" else state.replacing,
        kept=state.kept.ran(kept_days, state.settled_until),
        rev=state.rev + 1,
    )
    return state, replace(
        run,
        in_line=serial,
        replaceable=serial and own == "cancel_previous",
        waiting=waits,
        kept_days=kept_days,
    )


def _refusal(overlap: Overlap, open_run_id: str, run: Run) -> str:
    advice = "wait for its end"
    if run.retry_of is None:  # a retry takes no `overlap`
        advice += ", or send another `overlap`, such as `allow`"
    if overlap == "skip":
        return f"The run {open_run_id} of the schedule is open, and the overlap policy is `skip`; {advice}"
    waiting = "a run waits" if overlap == "queue_one" else f"{MOST_WAITING} runs wait"
    return f"The run {open_run_id} of the schedule is open, and {waiting} for it already; {advice}"
