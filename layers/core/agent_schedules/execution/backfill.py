"""Carry out a backfill: one run after the other for the nominal times of a stretch that made none (policies.md).

The state row has the stretch that is still to do. Each step commits the run of the oldest missing time, the shorter
stretch and the time's record in one transaction, so a crash leaves all of them or none. The end of the run sends the
hint of the next step. The reconciler finds a backfill whose hint was lost.
"""

from __future__ import annotations

from dataclasses import replace

from agent_schedules.domain import attention
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.backfill import fits, why_none, without
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Backfill, Key, Schedule, State
from agent_schedules.errors import ConditionFailed, Contended
from agent_schedules.execution import line
from agent_schedules.ids import run_id
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds

ROUNDS = 6  # lost races and steps without a run within one call; then a hint continues
LOOKED_AT = 50  # nominal times with a run that one step passes over


def advance(ports: Ports, key: Key) -> None:
    """Start the next run in line. If no run waits, start the next one of a backfill. Raises Unavailable."""
    view = line.advance(ports, key)
    for _ in range(ROUNDS):
        if view is None or view.schedule is None or view.schedule.state.backfill is None:
            return
        if not view.schedule.state.waiting:
            try:
                if not _step(ports, view.schedule, view.schedule.state.backfill, view.agent):
                    return
            except (ConditionFailed, Contended):
                pass  # another function moved the line: read again
        view = line.advance(ports, key)
        if view is not None and view.schedule is not None and view.schedule.state.waiting:
            return  # the end of a run brings the next hint
    ports.queue.send([Hint(key, None, advance=True)], delay=1)


def _step(ports: Ports, schedule: Schedule, backfill: Backfill, agent: Agent | None) -> bool:
    """Make the next run, if no other is open. Returns whether another step must follow at once."""
    key, table, now = schedule.key, schedule.timetable, ports.now()
    if agent is None or agent.deletions != backfill.agent_deletions:
        logger.info("backfill ended", extra=about(key, found="agent deleted"))
        _move(ports, schedule, None)
        return False
    # Meanwhile the outcomes of the oldest times may have expired. Then it is not known any more whether they ran.
    nominal = table.next_after(max(backfill.after, schedule.state.kept.gone_before(floor_seconds(now)) - 1))
    if nominal is None or nominal > backfill.until:
        _move(ports, schedule, None)
        return False
    own = run_id(key.schedule_id, nominal)
    found, *before = ports.store.backfills.runs(key, own, *filter(None, [schedule.state.open_run_id]))
    if (open_run := next((run for run in before if run is not None and not run.terminal), None)) is not None:
        if not open_run.in_line:
            line.poll_now(ports, open_run, replaceable=False)
        return False
    if found is not None:
        _move(ports, schedule, _past_runs(ports, schedule, backfill, nominal))
        return True
    record = ports.store.backfills.record_at(key, nominal)
    if record is not None and not fits(record, table.timing):
        _move(ports, schedule, replace(backfill, after=record.last))
        return True
    kept_days = schedule.definition.policies.kept_days(ports.limits.run_retention_days)
    run = replace(
        line.scheduled_run(schedule, agent, nominal, now, lease=None, waiting=False, kept_days=kept_days),
        trigger="backfill",
        in_line=True,
        due_at=None,
        reason=why_none(table, nominal, record),
    )
    following = table.next_after(nominal)
    rest = replace(backfill, after=nominal) if following is not None and following <= backfill.until else None
    state = replace(
        _moved(schedule, rest, floor_seconds(now)),
        open_run_id=own,
        run_count=schedule.state.run_count + 1,
        other_runs=schedule.state.other_runs + 1,
        last_run_id=own,
        last_run_at=now,
        last_due_at=None,
        kept=schedule.state.kept.ran(kept_days, schedule.state.settled_until),
    )
    left = () if record is None else without(record, nominal, table.timing)
    ports.store.backfills.commit(key, state, run, record, left)
    count("OccurrencesBackfilled")
    logger.info("run backfilled", extra=about(key, run_id=own))
    line.enqueue(ports, [run])
    return False


def _past_runs(ports: Ports, schedule: Schedule, backfill: Backfill, nominal: int) -> Backfill:
    """Return the rest of a stretch, from its first time without a run. `nominal` is the first one that is checked."""
    times: list[int] = []
    at: int | None = nominal
    while at is not None and at <= backfill.until and len(times) < LOOKED_AT:
        times.append(at)
        at = schedule.timetable.next_after(at)
    ran = ports.store.backfills.with_run(schedule.key, times)
    first_missing = next((at for at in times if at not in ran), times[-1] + 1)
    return replace(backfill, after=first_missing - 1)


def _move(ports: Ports, schedule: Schedule, backfill: Backfill | None) -> None:
    state = _moved(schedule, backfill, floor_seconds(ports.now()))
    ports.store.schedules.save_state(schedule.key, state)


def _moved(schedule: Schedule, backfill: Backfill | None, now: int) -> State:
    """Return the state with what is left of the backfill."""
    state = attention.unrendered(schedule, now)
    if backfill is not None:
        backfill = replace(backfill, look_at=attention.backfill_look(backfill.look_at, now))
    return replace(state, backfill=backfill, rev=state.rev + 1)
