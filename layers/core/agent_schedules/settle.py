"""Answering a hint: read, arm the following occurrence, settle what is due, start the runs (design 3 and 4).

EventBridge, delayed messages, dead letters and the keeper all end here and bring nothing but the schedule's key. A hint
that is early, late, repeated or stale finds nothing due and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from agent_schedules import arming, execute
from agent_schedules.agents import Agent
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.ids import run_id
from agent_schedules.messages import Attend, Hint
from agent_schedules.packing import work_size
from agent_schedules.ports import Ports
from agent_schedules.runs import Run, RunKey
from agent_schedules.schedules import Key, Record, Schedule, Settlement, decide, settled
from agent_schedules.telemetry import about, count, logger, measure
from agent_schedules.timetable import floor_seconds, next_after

Outcome = Literal["settled", "nothing_due", "early", "continued", "held", "inactive", "gone"]

EARLY = 1  # seconds that a hint may be ahead of the clock of the function that gets it: it waits them out
EARLIEST = 180  # seconds: a hint this early (an entry's lead and EventBridge's minute) waits as a delayed message
REPAIR_DELAY = 60  # seconds until an entry that could not be written is tried again
ROUNDS = 6  # lost races and further settlements within one call; then the hint is sent again


def on_hint(ports: Ports, hint: Hint, *, lease: float) -> Outcome:
    """Settle a schedule. `lease`: seconds that the caller has left to start what is due.

    Returns only when every run claimed on the way is started or on the queue: until then the hint must not be
    acknowledged, for its redelivery is what goes on after a crash. Raises Unavailable.
    """
    _wait_out(ports, hint)
    outcome = _answered(ports, hint, lease=lease)
    count("hints", outcome)
    return outcome


def _wait_out(ports: Ports, hint: Hint) -> None:
    """Let the last moment before the hint's own time pass: whoever sent it had another clock, and by the clock that
    claims no occurrence runs before its time. A hint that is earlier than that is sent again for its moment."""
    if hint.at is not None and 0 < (left := hint.at - ports.now().timestamp()) <= EARLY:
        ports.pause(left)


def _answered(ports: Ports, hint: Hint, *, lease: float) -> Outcome:
    own = run_id(hint.key.schedule_id, hint.at) if hint.at is not None else None
    repaired = done = rested = False
    armed: tuple[int, int | None] | None = None  # the definition and the occurrence that this call has armed
    own_outcome: Outcome | None = None
    for _ in range(ROUNDS):
        view = ports.store.schedules.for_hint(hint.key, own)
        schedule, agent = view.schedule, view.agent
        if view.run is not None and own_outcome is None:
            own_outcome = execute.go_on(ports, view.run, lease=lease)
        if schedule is None:
            ports.scheduler.remove(hint.key.schedule_id)  # repair on contact: nothing is left to wake
            count("entries_removed")
            logger.info("entry removed", extra=about(hint.key, found="gone"))
            return own_outcome or "gone"
        if schedule.state.status != "active" or agent is None:
            if done or rested:
                return "settled" if done else own_outcome or "inactive"
            _put_to_rest(ports, schedule)
            rested = True
            continue  # it may have been resumed in the meantime, and the entry that was removed be its new one
        now = floor_seconds(ports.now())
        spec = schedule.definition.spec
        settlement = decide(spec, settled_until=schedule.state.settled_until, now=now, grace=ports.limits.misfire_grace)
        repairs = hint.repair or rested or schedule.outdated or hint.timing not in {None, schedule.definition.timing}
        if repairs and not repaired:
            schedule, following = _render_anew(ports, schedule, now)
            repaired, armed = True, (schedule.definition.revision, following)
        if settlement is None:
            if done:
                return "settled"
            return own_outcome or _wait_if_early(ports, hint, schedule, now)
        if not arming.recurs_on_aws(spec):
            following = next_after(spec, now)
            # Each round may find another definition, or as due what an earlier round had armed.
            if following is not None and armed != (schedule.definition.revision, following):
                arm(ports, schedule, following, now)
                armed = schedule.definition.revision, following
        try:
            _claim(ports, hint, schedule, agent, settlement, lease=lease)
        except (ConditionFailed, Contended):
            continue  # somebody else moved the clock: look again
        done = True
        if not settlement.more:
            return "settled"
    ports.queue.send([hint], delay=1)
    return "settled" if done else "nothing_due"


def arm(ports: Ports, schedule: Schedule, nominal: int, now: int, *, expect_new: bool = True) -> None:
    """Make `nominal`, the next occurrence (UTC seconds), happen: an entry, a delayed hint, or both when it is near.

    Raises DefinitionRefused or Unavailable.
    """
    key, spec = schedule.key, schedule.definition.spec
    entry = arming.entry_for(
        spec,
        schedule_id=key.schedule_id,
        key={
            **arming.hint_input(owner=key.owner, agent_id=key.agent_id, schedule_id=key.schedule_id),
            "timing": schedule.definition.timing,
        },
        nominal=nominal,
        now=now,
    )
    if entry is not None:
        ports.scheduler.put(entry, expect_new=expect_new)
    if entry is None or nominal - now < arming.NEAR:
        ports.queue.send([Hint(key, nominal)], delay=max(nominal - now, 0))


def arm_or_mark(ports: Ports, schedule: Schedule, now: int, *, expect_new: bool) -> Schedule:
    """Arm the next occurrence after a commit; if AWS does not answer, mark the row for the keeper instead, and if that
    fails too leave a message that does it.

    The commit stands either way (design 3, invariant 3). Raises DefinitionRefused.
    """
    state = schedule.state
    if state.next_run_at is None:
        return schedule
    try:
        arm(ports, schedule, state.next_run_at, now, expect_new=expect_new)
    except Unavailable:
        count("entries_not_rendered")
        logger.warning("entry not rendered", extra=about(schedule.key))
        marked = _save(ports, schedule, render=True)
        if not marked.state.render:
            with suppress(Unavailable):  # then the row is found when it is overdue
                ports.queue.send([Hint(schedule.key, None, repair=True)], delay=REPAIR_DELAY)
        return marked
    return schedule


def rearm(ports: Ports, before: Schedule, after: Schedule, now: int) -> Schedule:
    """Bring EventBridge in line with a change that was committed: one row, one entry, and none while it is not active.

    Where AWS does not answer the commit stands: an entry too many wakes nobody and its hints remove it, a missing one
    is rendered by the keeper. A look-ahead entry of an older timing fires once, finds nothing due and is gone. Raises
    DefinitionRefused.
    """
    armed = before.state.status == "active" or before.lapsed
    recurred, recurs = arming.recurs_on_aws(before.definition.spec), arming.recurs_on_aws(after.definition.spec)
    active = after.state.status == "active"
    removed = True
    if armed and (not active or (recurred and not recurs)):
        removed = disarm(ports, before)
    if not active:
        return after
    rendered = arm_or_mark(ports, after, now, expect_new=not (armed and recurred and recurs))
    return rendered if removed or rendered.state.render else _save(ports, rendered, render=True)


def disarm(ports: Ports, schedule: Schedule) -> bool:
    """Remove the entry of what is to come next; whether AWS answered."""
    name, following = schedule.key.schedule_id, schedule.state.next_run_at
    if following is not None and not arming.recurs_on_aws(schedule.definition.spec):
        name = arming.occurrence_entry(name, following)
    try:
        ports.scheduler.remove(name)
    except Unavailable:
        logger.warning("entry not removed", extra=about(schedule.key))
        return False
    return True


def _save(ports: Ports, schedule: Schedule, *, render: bool) -> Schedule:
    """The row with or without its mark; a row that moved on meanwhile is found by its own due time."""
    state = replace(schedule.state, render=render, rev=schedule.state.rev + 1)
    try:
        ports.store.schedules.save_state(schedule.key, state)
    except (ConditionFailed, Unavailable):
        return schedule
    return replace(schedule, state=state)


def _put_to_rest(ports: Ports, schedule: Schedule) -> None:
    """Repair on contact: what is not active has no entry, and what lost its agent is stored as paused."""
    ports.scheduler.remove(schedule.key.schedule_id)
    count("entries_removed")
    logger.info("entry removed", extra=about(schedule.key, found=schedule.state.status))
    if schedule.lapsed:
        state = replace(schedule.state, rev=schedule.state.rev + 1)
        with suppress(ConditionFailed):  # a caller's change came first, and knows better
            ports.store.schedules.save_state(schedule.key, state)


def _render_anew(ports: Ports, schedule: Schedule, now: int) -> tuple[Schedule, int | None]:
    """Write the entry anew from the row, for the first occurrence that is still to come, which is returned too."""
    if not arming.recurs_on_aws(schedule.definition.spec):
        ports.scheduler.remove(schedule.key.schedule_id)  # of an older timing, which did recur
    following = next_after(schedule.definition.spec, max(schedule.state.settled_until, now))
    if following is not None:
        arm(ports, schedule, following, now, expect_new=False)
    count("entries_rendered_anew")
    logger.info("entry rendered anew", extra=about(schedule.key))
    stale = schedule.state.render or schedule.outdated
    return _save(ports, schedule, render=False) if stale else schedule, following


def _wait_if_early(ports: Ports, hint: Hint, schedule: Schedule, now: int) -> Outcome:
    """A hint that announces an occurrence still to come is sent again for that moment; any other has nothing to do."""
    state = schedule.state
    announced = now if hint.at is None else hint.at
    if state.next_run_at is None or announced <= state.settled_until or state.next_run_at - now > EARLIEST:
        return "nothing_due"
    ports.queue.send([Hint(hint.key, state.next_run_at)], delay=state.next_run_at - now)
    return "early"


def _claim(ports: Ports, hint: Hint, schedule: Schedule, agent: Agent, settlement: Settlement, *, lease: float) -> None:
    """Commit a settlement and start its runs.

    The hint's own occurrence is started here, under a lease. Any others go to the queue: they are in the attention
    index until somebody takes them, so none of them depends on this call getting to its end.
    """
    now = ports.now()
    inline = settlement.runs == (hint.at,) and execute.has_time(ports, lease)
    runs = [_run(schedule, agent, nominal, now, lease if inline else None) for nominal in settlement.runs]
    state = settled(schedule.state, settlement, last_run_id=runs[-1].key.run_id if runs else None, now=now)
    repeats = arming.repeats_evenly(schedule.definition.spec)
    ports.store.schedules.settle(schedule.key, state, runs, settlement.records, repeats=repeats)
    count("occurrences_ran", number=len(runs))
    for nominal in settlement.runs:
        measure("Lateness", round(now.timestamp() - nominal, 3))
    note_records(settlement.records)
    missed = sum(record.count for record in settlement.records)
    found = about(schedule.key, generation=state.generation, runs=len(runs), missed=missed)
    # One run in its time is counted, and the rows say the rest: a line each would be most of what is logged.
    say = logger.debug if inline and not missed else logger.info
    say("occurrences settled", extra=found)
    if inline:
        execute.start(ports, runs[0], agent.configuration, schedule.definition.work, lease=lease)
    else:
        hand_over(ports, runs)


def note_records(records: Sequence[Record]) -> None:
    """Count what made no run, by its reason, once it is committed."""
    for record in records:
        count("occurrences", record.outcome, record.reason, number=record.count)


def hand_over(ports: Ports, runs: Sequence[Run]) -> None:
    """Put runs on the queue for whoever is free."""
    if runs:
        ports.queue.send([Attend(run.key, run.rev) for run in runs], delay=0)


def _run(schedule: Schedule, agent: Agent, nominal: int, now: datetime, lease: float | None) -> Run:
    key: Key = schedule.key
    return Run(
        key=RunKey(key.owner, key.agent_id, run_id(key.schedule_id, nominal)),
        status="queued" if lease is None else "submitting",
        trigger="schedule",
        schedule_id=key.schedule_id,
        revision=schedule.definition.revision,
        scheduled_for=nominal,
        agent_version=agent.version,
        on_behalf_of=schedule.definition.on_behalf_of,
        lease_until=None if lease is None else now + timedelta(seconds=lease),
        gateway_response_id=None,
        error=None,
        created_at=now,
        completed_at=None,
        response=None,
        response_parts=0,
        size=work_size(schedule.definition.work),
        rev=1,
    ).watched(now)
