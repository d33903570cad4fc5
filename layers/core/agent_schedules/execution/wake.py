"""End a pause at its time: the schedule resumes by itself (policies.md).

The row decides, as with an occurrence: an entry or a delayed message only says "look" at the end of the pause, and the
reconciler finds a row whose pause should be over.
"""

from __future__ import annotations

from contextlib import suppress

from agent_schedules.domain import entries, transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import Unavailable
from agent_schedules.execution.outcomes import note_records
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, logger


def arm_wake(ports: Ports, schedule: Schedule, now: int, *, expect_new: bool) -> None:
    """Arm the end of a pause: by a delayed message if it is near, else by an entry that fires somewhat before it.

    The hint also renders the entry that the schedule needs then. Raises DefinitionRefused or Unavailable.
    """
    until, key = schedule.state.wakes_at, schedule.key
    if until is None:
        return
    if near(schedule, now):
        ports.queue.send([Hint(key, until, repair=True)], delay=max(until - now, 0))
        return
    entry = entries.look_ahead(key.schedule_id, until, entries.hint_input(key))
    ports.scheduler.put(entry, expect_new=expect_new)


def near(schedule: Schedule, now: int) -> bool:
    """Whether a delayed message alone can carry the end of the pause."""
    until = schedule.state.wakes_at
    return until is not None and until - now <= entries.LONGEST_DELAY


def disarm_wake(ports: Ports, schedule: Schedule, now: int) -> None:
    """Remove the entry of a pause's end that does not come any more. If it stays, it fires once and changes nothing."""
    until = schedule.state.wakes_at
    if schedule.state.status == "paused" and until is not None and until - now > entries.LEAD:
        with suppress(Unavailable):
            ports.scheduler.remove(entries.occurrence_entry(schedule.key.schedule_id, until))


def end_pause(ports: Ports, schedule: Schedule, agent: Agent | None) -> None:
    """Commit the end of a pause whose time has come. Raises ConditionFailed where another writer came first."""
    deletions = None if agent is None else agent.deletions
    now, limits = ports.now(), ports.limits
    change = transitions.pause_ended(schedule, now, deletions=deletions)
    change = change.kept(schedule, now, kept_days=limits.run_retention_days, timeout=limits.run_timeout)
    ports.store.schedules.end_pause(schedule, change)
    note_records(change.records)
    state = change.schedule.state
    logger.info("pause ended", extra=about(schedule.key, status=state.status, generation=state.generation))
