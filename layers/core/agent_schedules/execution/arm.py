"""Keep EventBridge in line with a row: arm the next occurrence, and mark the row where that fails.

The commit always stands (invariant 3). A row that could not be armed is marked: delayed messages carry its
occurrences, and the reconciler tries its entry again after growing delays (`domain/attention.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from agent_schedules.domain import attention, entries
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key, Schedule, State
from agent_schedules.errors import ConditionFailed, DefinitionRefused, Unavailable
from agent_schedules.execution.wake import arm_wake, disarm_wake, near
from agent_schedules.ports import Ports
from agent_schedules.storage.definitions import fingerprint
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds
from agent_schedules.timing.spec import Interval

LONGEST_CALL = 30  # seconds that a call of the API can last
REPAIR_DELAY = 60  # seconds until a message looks at a row that could not even be marked


def arm(ports: Ports, schedule: Schedule, nominal: int, now: int, *, expect_new: bool = True) -> None:
    """Arm `nominal`, the next occurrence (UTC seconds): by an entry, a delayed hint, or both when it is near.

    An entry that EventBridge repeats fires at the nominal time, and its hint waits as a message until the occurrence is
    due; any other fires when it is due. Raises DefinitionRefused or Unavailable.
    """
    key, spec = schedule.key, schedule.definition.timing
    due = schedule.timetable.due_at(nominal)
    fires: int | None = nominal if entries.recurs_on_aws(spec) else due
    if isinstance(spec, Interval) and entries.recurs_on_aws(spec) and nominal <= now:
        fires = schedule.timetable.next_after(now)  # EventBridge refuses a rate that began in the past
    entry = None
    if fires is not None:
        entry = entries.entry_for(
            spec,
            schedule_id=key.schedule_id,
            input={**entries.hint_input(key), "timing": fingerprint(spec)},
            nominal=fires,
            now=now,
            begins=schedule.definition.policies.first,
        )
    if entry is not None:
        ports.scheduler.put(entry, expect_new=expect_new)
    if entry is None or nominal - now < entries.NEAR:
        ports.queue.send([Hint(key, nominal)], delay=min(max(due - now, 0), entries.LONGEST_DELAY))


def try_arm(ports: Ports, schedule: Schedule, nominal: int, now: int) -> bool:
    """Try to arm an occurrence. Returns whether that worked; a failure must not hold up an occurrence that is due."""
    try:
        arm(ports, schedule, nominal, now)
    except (DefinitionRefused, Unavailable) as error:
        _note_failure(schedule, error)
        return False
    return True


def after_claim(ports: Ports, schedule: Schedule, now: int) -> Schedule:
    """Arm the next occurrence of a schedule that was overdue, and take away the mark of its claim."""
    state = schedule.state
    if state.next_run_at is None:
        return schedule
    armed = try_arm(ports, schedule, state.next_run_at, now)
    return save(ports, schedule, attention.repaired(state) if armed else attention.marked(state, now))


def send_hint(ports: Ports, schedule: Schedule, nominal: int, now: int) -> None:
    """Send a message for the next occurrence of a marked row, if the queue can hold it until then.

    Without a message the reconciler finds the row when it is overdue.
    """
    due = schedule.timetable.due_at(nominal)
    if due - now <= entries.LONGEST_DELAY:
        with suppress(Unavailable):
            ports.queue.send([Hint(schedule.key, nominal)], delay=max(due - now, 0))


def arm_or_mark(ports: Ports, schedule: Schedule, now: int, *, expect_new: bool) -> Schedule:
    """Arm the next occurrence, or the end of a pause, after a commit. Raises DefinitionRefused.

    If AWS does not answer, mark the row for the reconciler; if that fails too, leave a message that does it.
    """
    following = schedule.state.next_run_at
    if schedule.state.wakes_at is None:
        return schedule
    try:
        if following is None:
            arm_wake(ports, schedule, now, expect_new=expect_new)
            return schedule
        due = schedule.timetable.due_at(following)
        later = schedule.timetable.next_run(schedule.timetable.due_by(now)) if due <= now else None
        if later is not None:  # it needs a hint now, because the entry that announced it is about to be replaced
            ports.queue.send([Hint(schedule.key, following)], delay=0)
            following = later
        arm(ports, schedule, following, now, expect_new=expect_new)
    except Unavailable as error:
        _note_failure(schedule, error)
        if following is not None:
            send_hint(ports, schedule, following, now)
        marked = save(ports, schedule, attention.marked(schedule.state, now))
        if not marked.state.entry_stale:
            with suppress(Unavailable):  # then the reconciler finds the row when it is overdue
                ports.queue.send([Hint(schedule.key, None, repair=True)], delay=REPAIR_DELAY)
        return marked
    return schedule


def rearm(ports: Ports, before: Schedule, after: Schedule, now: int) -> Schedule:
    """Bring EventBridge in line with a committed change: an active row has one entry, one that is paused until a time
    has another, any other row none.

    Raises DefinitionRefused. Where AWS does not answer, the commit stands: the hints of an extra entry remove it, and
    the reconciler renders a missing one. A look-ahead entry of an older timing fires once, finds nothing due and is
    gone.

    An earlier change may still be under way and remove the entry that this one writes. If it was made just now, a
    message rewrites the entry once that call must be over.
    """
    armed = before.state.status == "active" or before.lapsed
    recurred, recurs = entries.recurs_on_aws(before.definition.timing), entries.recurs_on_aws(after.definition.timing)
    active = after.state.status == "active"
    removed = True
    if armed and (not active or (recurred and not recurs)):
        removed = disarm(ports, before)
    disarm_wake(ports, before, now)
    if after.state.wakes_at is None:
        return after
    kept = armed and active and recurred and recurs
    rendered = arm_or_mark(ports, after, now, expect_new=not kept)
    if not kept and now - floor_seconds(before.state.updated_at) < LONGEST_CALL:
        with suppress(Unavailable):  # then the row is found when it is overdue
            ports.queue.send([Hint(after.key, None, repair=True)], delay=LONGEST_CALL)
    if removed or not active or rendered.state.entry_stale:
        return rendered
    return save(ports, rendered, attention.marked(rendered.state, now))


def disarm(ports: Ports, schedule: Schedule) -> bool:
    """Remove the entry of the next occurrence. Returns whether AWS answered."""
    name, following = schedule.key.schedule_id, schedule.state.next_run_at
    if following is not None and not entries.recurs_on_aws(schedule.definition.timing):
        name = entries.occurrence_entry(name, schedule.timetable.due_at(following))
    return _removed(ports, schedule.key, name)


def repair(ports: Ports, schedule: Schedule, now: int) -> Schedule:
    """Rewrite the entry from the row, for the first occurrence that is still to come, or for the end of its pause.

    A failure marks the row, with the time before which it is not tried again. Raises Unavailable only where the row
    could not be marked: then the message must be delivered again, because the row does not show the failure.
    """
    state, spec = schedule.state, schedule.definition.timing
    paused = state.status == "paused"
    if not attention.may_repair(state, now) and not (paused and near(schedule, now)):
        return schedule
    following = schedule.timetable.next_run(max(state.settled_until, schedule.timetable.due_by(now)))
    try:
        if paused:
            arm_wake(ports, schedule, now, expect_new=False)
        elif following is not None:
            arm(ports, schedule, following, now, expect_new=False)
        if not paused and not entries.recurs_on_aws(spec):
            ports.scheduler.remove(schedule.key.schedule_id)  # the entry of an older timing, which recurred
    except (DefinitionRefused, Unavailable) as error:
        _note_failure(schedule, error)
        noted = save(ports, schedule, attention.marked(state, now))
        if not noted.state.entry_stale:
            raise Unavailable("an entry could neither be written nor its row marked") from error
        return noted
    count("EntriesRepaired")
    logger.info("entry repaired", extra=about(schedule.key))
    repaired = attention.repaired(state)
    return save(ports, schedule, repaired) if schedule.outdated or repaired != state else schedule


def deactivate(ports: Ports, key: Key, schedule: Schedule | None) -> None:
    """Remove the entry of a schedule that is gone or not active, and store one whose agent was deleted as paused.

    Where AWS does not answer, the entry's next hint tries again.
    """
    if _removed(ports, key, key.schedule_id):
        count("EntriesRemoved")
        logger.info("entry removed", extra=about(key, found=schedule.state.status if schedule else "gone"))
    if schedule is not None and schedule.lapsed:
        save(ports, schedule, schedule.state)


def save(ports: Ports, schedule: Schedule, state: State) -> Schedule:
    """Write the row's new state, and return the schedule with it. A failure is ignored: the reconciler finds the row
    once it is overdue."""
    state = replace(state, rev=schedule.state.rev + 1)
    try:
        ports.store.schedules.save_state(schedule.key, state)
    except (ConditionFailed, Unavailable):
        return schedule
    return replace(schedule, state=state, outdated=False)


def _removed(ports: Ports, key: Key, name: str) -> bool:
    try:
        ports.scheduler.remove(name)
    except Unavailable:
        logger.warning("entry not removed", extra=about(key))
        return False
    return True


def _note_failure(schedule: Schedule, error: DefinitionRefused | Unavailable) -> None:
    count("EntryWritesFailed")
    logger.warning("entry not written", extra=about(schedule.key, error=type(error).__name__))
