"""Note completed runs of schedules with a dead man's switch, and notice the schedules that are silent (policies.md)."""

from __future__ import annotations

from agent_schedules.domain import silence
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds

ATTEMPTS = 5  # at writing a row that others are changing too


def note_completed(ports: Ports, run: Run) -> None:
    """Move the deadline of a watched schedule, just before its run is recorded as completed.

    A crash between the two leads to a repeat of both. This need not succeed: the reconciler looks at the newest run
    before it calls a schedule silent.
    """
    key = Key.of_run(run)
    if not run.watched or run.completed_at is None or key is None:
        return
    try:
        for _ in range(ATTEMPTS):
            found = ports.store.silence.state(key)
            after = silence.heard(found.state, floor_seconds(run.completed_at)) if found else None
            if found is None or after is None:
                return
            try:
                ports.store.silence.save(key, found, after)
            except (ConditionFailed, Contended):
                continue  # another function changed the row: read again
            return
    except Unavailable:
        pass
    logger.warning("completed run not noted", extra=about(key))


def judge(ports: Ports, key: Key) -> None:
    """Notice that a schedule is silent, if it is. Where another writer comes first the next sweep looks again.

    Raises Unavailable.
    """
    found = ports.store.silence.read(key)
    if found is None:
        return
    newest = found.state.last_run_id
    latest = None if newest is None else ports.store.runs.get(key.run(newest))
    now = floor_seconds(ports.now())
    after = silence.judged(found.state, latest, deletions=found.deletions, now=now)
    if after is None:
        return
    try:
        ports.store.silence.save(key, found, after)
    except ConditionFailed:
        return
    if after.watch is not None and after.watch.silent_at is not None:
        count("SchedulesSilent")
        logger.warning("schedule silent", extra=about(key, since=after.watch.since))
