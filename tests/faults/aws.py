"""How AWS delivers: EventBridge's fires with their retries, Lambda's asynchronous events, SQS with its redeliveries.

Everything is at least once, late, out of order, and now and then lost where AWS may lose it. EventBridge fires by the
independent evaluator of `dev`, from the entry's text alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from agent_schedules.domain.entries import Entry
from agent_schedules.sqs_batch import retry_after

from dev.scheduler import expressions
from tests.faults.core import Simulation

VISIBILITY = 360.0
MOST_RECEIVES = 16
ASYNC_ATTEMPTS = 3
RETRY_WAITS = (2.0, 10.0, 60.0, 300.0, 600.0)  # EventBridge's, doubling; after the last the event is a dead letter
LATEST = 60.0  # seconds: EventBridge's precision
_EARLIEST = datetime.min.replace(tzinfo=UTC)

End = Literal["done", "failed", "died"]
Handler = Callable[[dict[str, Any]], End]
"""Handles a body in a process of its own; how that ended. Who died has told SQS nothing."""
BACKLOG = 60.0  # seconds in which SQS gives out what it did not deliver during an outage


@dataclass
class Held:
    """A message in a queue."""

    body: dict[str, Any]
    receives: int = 0
    due: int = 0
    """Milliseconds."""
    unseen: bool = False
    """Its receiver died, or there was none: SQS holds it back until the visibility time-out."""
    in_hand: bool = False
    """Somebody is handling it."""


def kind_of(body: dict[str, Any]) -> str:
    """What a message is, for counting."""
    match body.get("kind"):
        case "hint":
            return "hint"
        case "run":
            return "run with its response" if body.get("response_id") else "run"
        case _:
            return "hint of EventBridge"


class Queue:
    """An SQS queue with a function behind it, and a dead-letter queue behind that."""

    def __init__(self, sim: Simulation, name: str, handle: Handler, dead: Callable[[dict[str, Any]], None]) -> None:
        self.sim = sim
        self.name = name
        self.messages: dict[int, Held] = {}
        self.most_receives = MOST_RECEIVES
        self.lost: Callable[[dict[str, Any]], None] = lambda _: None
        """Hears of each message that vanishes, or stays away."""
        self.gone: Callable[[dict[str, Any]], None] = lambda _: None
        """Hears of each message that vanishes."""
        self.forked: Callable[[dict[str, Any]], None] = lambda _: None
        """Hears of each delivery that is doubled, or whose receiver died."""
        self._handle = handle
        self._dead = dead
        self._number = 0

    def send(self, body: dict[str, Any], delay: float) -> None:
        """Take a message, to be delivered after that time."""
        if self.sim.chance(self.sim.rates.lose):
            self.sim.count(f"{self.name}: lost {kind_of(body)}", str(body))
            self.lost(body)
            self.gone(body)
            return
        self._number += 1
        number = self._number
        self.messages[number] = Held(json.loads(json.dumps(body)), due=self.sim.now + int(delay * 1000))
        late = self.sim.dice.choice((0.0, 0.02, 0.3, 1.5, 20.0)) if self.sim.chance(0.3) else 0.01
        if late > 1:
            self.lost(body)  # for all that anybody knows in the meantime
        self.sim.later(delay + late, lambda: self._receive(number))

    def _receive(self, number: int) -> None:
        held = self.messages.get(number)
        if held is None:
            return
        if outage := self.sim.outage("delivery"):
            self.lost(held.body)
            late = self.sim.dice.uniform(0, BACKLOG)
            self.sim.later((outage.end - self.sim.now) / 1000 + late, lambda: self._receive(number))
            return
        if held.receives >= self.most_receives:
            del self.messages[number]
            self.sim.count(f"{self.name}: dead letter {kind_of(held.body)}", str(held.body))
            self._dead(held.body)
            return
        held.receives += 1
        held.unseen = False
        if self.sim.chance(self.sim.rates.duplicate):
            self.sim.count(f"{self.name}: duplicate", str(held.body))
            self.forked(held.body)
            self.sim.later(self.sim.dice.choice((0.0, 0.5, 3.0, 30.0)), lambda: self._again(number, held.body))
        if self.sim.chance(self.sim.rates.drop):
            self.sim.count(f"{self.name}: receiver died", str(held.body))
            self._hold_back(number, held, "died")
            return
        held.in_hand = True
        end = self._handle(held.body)
        held.in_hand = False
        if end == "done" and not self.sim.chance(self.sim.rates.drop):
            self.messages.pop(number, None)
        else:
            self._hold_back(number, held, "failed" if end == "failed" else "died")

    def _hold_back(self, number: int, held: Held, end: End) -> None:
        """Nothing acknowledged it, so it comes again."""
        held.unseen = end == "died"
        if held.unseen:
            self.forked(held.body)
            self.lost(held.body)
        wait = VISIBILITY if held.unseen else retry_after(held.receives)
        self.sim.later(wait, lambda: self._receive(number))

    def _again(self, number: int, body: dict[str, Any]) -> None:
        """A second delivery of a message that may be under way, or done; acknowledging one acknowledges both."""
        if self._handle(body) == "done":
            self.messages.pop(number, None)


class EventBridge:
    """EventBridge Scheduler's firing side, and the asynchronous invocations that it makes."""

    def __init__(
        self,
        sim: Simulation,
        entries: Callable[[], dict[str, Entry]],
        run: Handler,
        dead: Callable[[dict[str, Any]], None],
    ) -> None:
        self.sim = sim
        self.pending: list[str] = []
        """Schedules with a fire on its way."""
        self.gone: Callable[[dict[str, Any]], None] = lambda _: None
        """Hears of each event that vanishes."""
        self.fires = 0
        self._entries = entries
        self._run = run
        self._dead = dead

    def changed(self, name: str) -> None:
        """An entry was written or removed."""
        entry = self._entries().get(name)
        if entry is not None:
            self._await(entry, self.sim.true_clock)

    def _await(self, entry: Entry, after: datetime) -> None:
        expression = expressions.parse(
            entry.expression, timezone=entry.timezone, start=entry.start, end=None, created=self.sim.true_clock
        )
        moment = expression.next_fire(_EARLIEST if expression.one_time else after)
        if moment is not None:
            wait = (moment - self.sim.true_clock) / timedelta(seconds=1)
            self.sim.later(wait, lambda: self._fire(entry, moment))

    def _fire(self, entry: Entry, moment: datetime) -> None:
        if self._entries().get(entry.name) is not entry:
            if self.sim.chance(0.1):  # a change takes up to a minute to arrive
                self.sim.count("eventbridge: stale fire", entry.name)
                self._send(entry, moment)
            return
        self._send(entry, moment)
        if entry.delete_after:
            self._entries().pop(entry.name, None)
        else:
            self._await(entry, moment)

    def _send(self, entry: Entry, moment: datetime) -> None:
        self.fires += 1
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {name: text if name == "scheduled_time" else value for name, value in entry.input.items()}
        late = self.sim.dice.choice((0.2, 2.0, self.sim.dice.uniform(0, LATEST)))
        if self.sim.chance(self.sim.rates.lose):
            self.sim.count("eventbridge: lost", str(event))
            self.gone(event)
            return
        for _ in range(2 if self.sim.chance(self.sim.rates.duplicate) else 1):
            self._pend(event)
            self.sim.later(late, lambda: self._invoke(event, 0))
            late = self.sim.dice.uniform(0, LATEST)

    def _invoke(self, event: dict[str, Any], tries: int) -> None:
        """EventBridge hands the event to Lambda, as often as its retry policy allows."""
        if self.sim.outage("eventbridge") or self.sim.chance(self.sim.rates.drop):
            if self.sim.chance(0.2):
                self.sim.count("eventbridge: lost", str(event))
                self.gone(event)
                self._done(event)
            elif tries == len(RETRY_WAITS):
                self.sim.count("eventbridge: dead letter", str(event))
                self._done(event)
                self._dead(event)
            else:
                self.sim.count("eventbridge: not invoked", str(event))
                self.sim.later(RETRY_WAITS[tries], lambda: self._invoke(event, tries + 1))
            return
        self._attempt(event, 1)

    def _attempt(self, event: dict[str, Any], number: int) -> None:
        """Lambda runs an asynchronous event, and again when it failed."""
        if self._run(event) == "done":
            self._done(event)
            if self.sim.chance(self.sim.rates.duplicate / 4):
                self.sim.count("lambda: duplicate", str(event))
                self.sim.later(self.sim.dice.uniform(0, 90), lambda: self._again(event))
        elif number < ASYNC_ATTEMPTS:
            self.sim.later(60.0 * number, lambda: self._attempt(event, number + 1))
        else:
            self.sim.count("lambda: dead letter", str(event))
            self._done(event)
            self._dead({"version": "1.0", "requestPayload": event, "responsePayload": None})

    def _again(self, event: dict[str, Any]) -> None:
        self._run(event)

    def _pend(self, event: dict[str, Any]) -> None:
        self.pending.append(str(event["schedule_id"]))

    def _done(self, event: dict[str, Any]) -> None:
        if event["schedule_id"] in self.pending:
            self.pending.remove(str(event["schedule_id"]))
