"""The reconciler: whatever was lost on the way ends here. Its cost follows what is overdue, not what exists.

It starts nothing itself. It puts a message on the delay queue for each finding, because a message is redelivered
until its work is done and a pass of the reconciler is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from agent_schedules.domain.attention import overdue
from agent_schedules.domain.messages import Attend, Hint, Message, message_of
from agent_schedules.domain.runs import Run, RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.triggers import hint_of
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds

FAR_FUTURE = 2**40  # a time (UTC seconds) that every row is due before
SECONDS = 30  # that a pass takes; the next one goes on with what was not reached
REVIVALS = (0, 300, 900)
"""Seconds until a hint that was a dead letter is sent again, each time. After the last one sweeps find its row."""


def sweep(ports: Ports) -> int:
    """Send a message for each row whose time in the attention index has passed. Returns for how many.

    A schedule's row is moved forward in the index before its message is sent, so that one that cannot be mended waits
    behind those that can, and has one message at a time. Where that write fails the row is left to the next pass.
    """
    began = ports.now()
    now, found = floor_seconds(began), 0
    for page in ports.store.overdue(now):
        schedules = [subject for subject in page if isinstance(subject, Key) and _look(ports, subject, now)]
        _hint(ports, schedules)
        for subject in page:
            if isinstance(subject, RunKey):
                count("Overdue")
                with suppress(Unavailable):  # then the next pass finds it
                    _look_at(ports, subject)
        found += len(schedules) + sum(isinstance(subject, RunKey) for subject in page)
        if (ports.now() - began).total_seconds() >= SECONDS:
            logger.warning("sweep stopped", extra={"found": found})
            break
    return found


def recover(ports: Ports) -> None:
    """Send a message for everything that the attention index has, whenever its time is: all entries and messages are
    gone."""
    for page in ports.store.overdue(FAR_FUTURE):
        _hint(ports, [subject for subject in page if isinstance(subject, Key)])
        for subject in page:
            if isinstance(subject, RunKey):
                _look_at(ports, subject)


def _hint(ports: Ports, schedules: Sequence[Key]) -> None:
    if schedules:
        ports.queue.send([Hint(key, None, repair=True) for key in schedules], delay=0)


def _look(ports: Ports, key: Key, now: int) -> bool:
    """Whether a schedule gets a message: its row was moved forward."""
    try:
        state = ports.store.schedules.look(key, now=now)
    except Unavailable:
        logger.warning("schedule not looked at", extra=about(key))
        return False
    if state is not None and overdue(state, now):
        count("Overdue")
        logger.warning("schedule overdue", extra=about(key, looks=state.looks))
    return state is not None


def _look_at(ports: Ports, key: RunKey) -> None:
    """Give an open run that has taken long a new message. Nobody can have lost one that is held."""
    run = ports.store.runs.get(key)
    if run is not None and not run.terminal and not run.held(ports.now()):
        _nudge(ports, run, Attend(key, run.rev))


def _revive(ports: Ports, message: Attend) -> None:
    """Go on with what a dead letter knows of its run, unless a newer message does. A response id goes into the row."""
    run = ports.store.runs.get(message.key)
    if run is None or run.terminal:
        return
    if run.gateway_response_id is None and message.response_id is not None:
        run = replace(run.linked(message.response_id, now=ports.now()), rev=run.rev)
    elif run.outdates(message.rev):
        return
    _nudge(ports, run, replace(message, response_id=None))


def _nudge(ports: Ports, run: Run, message: Attend) -> None:
    """Send an open run's message, and void the one that it may still have: there is one chain of polls.

    Raises Unavailable; then the next pass finds the run.
    """
    now = ports.now()
    moved = run.nudged(now=now)
    try:
        ports.store.runs.save(moved)
    except ConditionFailed:
        return  # somebody is at work on it
    try:
        ports.queue.send([replace(message, rev=moved.rev)], delay=0)
    except Unavailable:
        with suppress(ConditionFailed, Unavailable):
            ports.store.runs.save(replace(moved, look_at=floor_seconds(now), nudges=run.nudges, rev=moved.rev + 1))
        raise
    count("RunsRequeued")
    logger.warning("run requeued", extra=about(run.key))


def on_dead_letter(ports: Ports, body: str) -> None:
    """Bring a dead letter's subject back: a hint settles and renders anew, a run is gone on with.

    A hint comes back a few times only. Its row is in the attention index, so that it is found without it too.
    Raises ValueError for a letter that is about nothing we know; its queue parks it after a few receptions.
    """
    count("DeadLetters")
    try:
        message = _revived(body)
    except ValueError:
        count("UnreadableDeadLetters")
        raise
    logger.warning("dead letter", extra=about(message.key, kind=type(message).__name__.lower()))
    if isinstance(message, Attend):
        _revive(ports, message)
        return
    if message.revived >= len(REVIVALS):
        count("DroppedDeadLetters")
        logger.warning("dead letter dropped", extra=about(message.key))
        return
    ports.queue.send([replace(message, revived=message.revived + 1)], delay=REVIVALS[message.revived])


def _revived(body: str) -> Message:
    """The message in a dead letter of EventBridge, of Lambda's on-failure destination, or of the delay queue."""
    try:
        letter: Any = json.loads(body)
    except RecursionError:
        raise ValueError("a dead letter that is nested too deeply") from None
    if isinstance(letter, dict) and "requestPayload" in letter:  # Lambda's record of a failed invocation
        letter = letter["requestPayload"]
    if not isinstance(letter, dict):
        raise ValueError("a dead letter that is no JSON object")
    message = message_of(letter) if "kind" in letter else hint_of(letter)
    return replace(message, repair=True) if isinstance(message, Hint) else message
