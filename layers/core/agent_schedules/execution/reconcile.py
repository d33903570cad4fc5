"""The reconciler finds work that other functions lost. Its cost follows the overdue rows, not all rows.

It starts no run itself. It puts a message on the delay queue for each finding, because SQS redelivers a message until
its work is done, and a pass of the reconciler is not repeated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from agent_schedules.domain.attention import may_repair, overdue, silent_alone
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Hint, Message, message_of
from agent_schedules.domain.runs import Run, RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.triggers import hint_of
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.execution.silence import judge
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds

FAR_FUTURE = 2**40  # a time (UTC seconds) that every row is due before
SECONDS = 30  # that a pass takes; the next pass continues with the rest
REVIVALS = (0, 300, 900)
"""Seconds until a message that was a dead letter is sent again, each time. After the last one a sweep finds its row."""


def sweep(ports: Ports) -> int:
    """Send a message for each row whose time in the attention index has passed. Returns the number of rows.

    After trouble it looks ahead of the index, for rows that are overdue, marked or forsaken already
    (`domain/sweeps.py`). A sweep that could not handle each row says so in its note, or leaves none if the table does
    not answer. Then the next one looks ahead. Raises Unavailable, also if hints could not be sent.
    """
    began = ports.now()
    now = floor_seconds(began)
    note = ports.store.sweeps.last()
    this = _Sweep(ports, now)
    repaired = note.canary is not None and not this.hints([note.canary], early=True) and this.whole
    note = note.begun(now, repaired=repaired)
    horizon = note.horizon(now)
    for page in ports.store.attention(horizon):
        this.handle([listed.subject for listed in page if listed.at <= now], early=horizon > now)
        hidden = [listed.subject for listed in page if listed.at > now and listed.subject not in this.handled]
        this.handle(ports.store.in_trouble(hidden, ports.now(), since=note.trouble_at), early=True)
        if (ports.now() - began).total_seconds() >= SECONDS:
            logger.warning("sweep stopped", extra={"found": this.found})
            break
    ports.store.sweeps.save(note.complete(now, canary=this.marked) if this.whole else note)
    if this.unsent is not None:
        raise this.unsent
    return this.found


class _Sweep:
    """One sweep's handling of the rows that it finds.

    It moves a schedule's row forward in the index before it sends the message: a row that cannot be repaired then waits
    behind the others, and has one message at a time. Where that write fails the next sweep finds the row.
    """

    def __init__(self, ports: Ports, now: int) -> None:
        self._ports = ports
        self._now = now
        self.found = 0
        self.whole = True
        """Whether each row could be handled."""
        self.unsent: Unavailable | None = None
        """Why hints could not be sent."""
        self.handled: set[Key | RunKey] = set()
        """A row that was moved forward may come again in a later page."""
        self.marked: Key | None = None
        """The last marked row whose entry is tried because of this sweep, so that the next one can see the result."""

    def handle(self, subjects: Sequence[Key | RunKey], *, early: bool) -> None:
        """Send messages for these rows. `early`: also before their time in the index, and for their entries at once."""
        self.hints([subject for subject in subjects if isinstance(subject, Key)], early=early)
        for subject in subjects:
            if isinstance(subject, RunKey):
                count("Overdue")
                self.found += 1
                self.handled.add(subject)
                try:
                    _recheck(self._ports, subject)
                except Unavailable:
                    self.whole = False

    def hints(self, schedules: Sequence[Key], *, early: bool) -> int:
        """Send hints to those of the schedules that need one. Returns their number."""
        moved = [key for key in schedules if self._move_forward(key, early=early)]
        try:
            _send_hints(self._ports, moved)
        except Unavailable as error:
            self.whole, self.unsent = False, error
        self.found += len(moved)
        self.handled.update(moved)
        return len(moved)

    def _move_forward(self, key: Key, *, early: bool) -> bool:
        """Move a schedule's row forward in the attention index. Returns whether it gets a message."""
        try:
            state = self._ports.store.schedules.look(key, now=self._now, early=early)
        except Unavailable:
            logger.warning("schedule not looked at", extra=about(key))
            self.whole = False
            return False
        if state is not None and state.entry_stale and (early or may_repair(state, self._now) or self.marked is None):
            self.marked = key
        if state is not None and state.watch is not None and state.watch.over(self._now):
            self._judge(key)
        if state is not None and overdue(state, self._now):
            count("Overdue")
            logger.warning("schedule overdue", extra=about(key, looks=state.looks))
        return state is not None and not silent_alone(state, self._now)

    def _judge(self, key: Key) -> None:
        """Notice that a schedule is silent. That needs no message: until it is committed, the next sweep finds it."""
        try:
            judge(self._ports, key)
        except Unavailable:
            logger.warning("schedule not judged", extra=about(key))
            self.whole = False


def recover(ports: Ports) -> None:
    """Send a message for everything in the attention index, whatever its time: all entries and messages are gone."""
    for page in ports.store.attention(FAR_FUTURE):
        _send_hints(ports, [listed.subject for listed in page if isinstance(listed.subject, Key)])
        for listed in page:
            if isinstance(listed.subject, RunKey):
                _recheck(ports, listed.subject)


def _send_hints(ports: Ports, schedules: Sequence[Key]) -> None:
    if schedules:
        ports.queue.send([Hint(key, None, repair=True) for key in schedules], delay=0)


def _recheck(ports: Ports, key: RunKey) -> None:
    """Requeue an open run that has taken long. A run under a lease is left alone: its holder has its message."""
    run = ports.store.runs.get(key)
    if run is not None and not run.terminal and not run.held(ports.now()):
        _requeue(ports, run, ContinueRun(key, run.rev))


def _revive_run(ports: Ports, message: ContinueRun) -> None:
    """Requeue a dead letter's run, unless it has a newer message. A letter about a response that its run does not wait
    for goes back as it is, so that a worker cancels the response.

    A response id that only the letter has is written to the row, however often the letter was one: afterwards the row
    has it, so this happens once. Raises Contended if another function changes the row meanwhile: the letter must come
    again, because nothing else knows that response.
    """
    run = ports.store.runs.get(message.key)
    if run is None:
        return
    delay = REVIVALS[min(message.revived, len(REVIVALS) - 1)]
    if message.response_id not in {None, run.gateway_response_id} and (run.terminal or run.gateway_response_id):
        if not _dropped(message):
            ports.queue.send([replace(message, revived=message.revived + 1)], delay=delay)
        return
    if run.terminal:
        return
    known = message.response_id if run.gateway_response_id is None else None
    if known is not None:
        run = replace(run.linked(known, now=ports.now()), rev=run.rev)
    elif run.supersedes(message.rev) or _dropped(message):
        return
    again = replace(message, response_id=None, revived=message.revived + 1)
    if not _requeue(ports, run, again, delay=delay) and known is not None:
        raise Contended("the run was changed meanwhile, and only this letter knows its response")


def _dropped(message: Hint | ContinueRun) -> bool:
    """Return whether a dead letter is one for the last time. Its row stays in the attention index."""
    if message.revived < len(REVIVALS):
        return False
    count("DroppedDeadLetters")
    known = {} if isinstance(message, Hint) or message.response_id is None else {"response_id": message.response_id}
    logger.warning("dead letter dropped", extra=about(message.key, **known))
    return True


def _requeue(ports: Ports, run: Run, message: ContinueRun, *, delay: int = 0) -> bool:
    """Send an open run a new message. The raised `rev` voids an older one, so that there is one chain of polls.

    Returns False where another function changed the run meanwhile. Raises Unavailable; then the next pass finds the
    run.
    """
    now = ports.now()
    moved = run.requeued(now=now)
    try:
        ports.store.runs.save(moved)
    except ConditionFailed:
        return False
    try:
        ports.queue.send([replace(message, rev=moved.rev)], delay=delay)
    except Unavailable:
        with suppress(ConditionFailed, Unavailable):
            ports.store.runs.save(replace(moved, look_at=floor_seconds(now), requeues=run.requeues, rev=moved.rev + 1))
        raise
    count("RunsRequeued")
    logger.warning("run requeued", extra=about(run.key))
    return True


def on_dead_letter(ports: Ports, body: str) -> None:
    """Return a dead letter to the queue: as a hint that also rewrites the entry, or as a message about its run.

    A message is returned a few times only, because a sweep finds its row without it. Raises ValueError for a letter
    that cannot be read; its queue parks it after a few receptions.
    """
    count("DeadLetters")
    try:
        message = _message_in(body)
    except ValueError:
        count("UnreadableDeadLetters")
        raise
    logger.warning("dead letter", extra=about(message.key, kind=message.body()["kind"]))
    if isinstance(message, ContinueRun):
        _revive_run(ports, message)
        return
    if isinstance(message, ContinueJob):  # the next sweep finds its row
        return
    if _dropped(message):
        return
    ports.queue.send([replace(message, revived=message.revived + 1)], delay=REVIVALS[message.revived])


def _message_in(body: str) -> Message:
    """Return the message in a dead letter of EventBridge, of Lambda's on-failure destination, or of the delay queue."""
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
