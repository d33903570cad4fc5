"""What lies between a commit and a receiver: the table's stream, the queues with their notifier, and the sweeps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from agent_schedules.domain.deliveries import Deliver, DeliveryKey, deliver_of
from agent_schedules.domain.events import Event
from agent_schedules.errors import Busy, ConditionFailed, Unavailable
from agent_schedules.execution import publish, redeliver
from agent_schedules.execution.deliver import Notifier
from agent_schedules.ports import Ports
from agent_schedules.sqs_batch import retry_after
from agent_schedules.storage.events import Change, events_of

from tests.faults.notify.core import Process, Simulation, Violation

SHARDS = 3
BATCH = 20
MOST_ATTEMPTS = 40  # of a batch
VISIBILITY = 360  # seconds
SWEEP = 300
HELD_UP = (30.0, 400.0, 2_000.0)
"""Seconds by which the queue delays a message, rarely."""


class Stream:
    """Delivers the changes of each shard in order, at least once; a batch that failed comes again in halves."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.outlets: publish.Outlets
        self.published_at: dict[str, float] = {}
        """When each event was published for good."""
        self._shards: list[list[list[Change]]] = [[] for _ in range(SHARDS)]
        self._attempts = [0] * SHARDS

    def committed(self, pk: str, change: Change) -> None:
        """Take a change. The rows of a partition share a shard."""
        shard = sum(pk.encode()) % SHARDS
        batches = self._shards[shard]
        if not batches:
            self.sim.later(1, lambda: self._deliver(shard))
        if len(batches) < 2 or len(batches[-1]) >= BATCH:
            batches.append([])
        batches[-1].append(change)

    def _deliver(self, shard: int) -> None:
        batch = self._shards[shard][0]
        events = [event for change in batch for event in events_of(change, public_url=self.outlets.public_url)]

        about: set[DeliveryKey] = set()

        def work(process: Process) -> None:
            process.about = about
            publish.publish(self.outlets, events)

        try:
            done = self.sim.process(work)
        except (Unavailable, ConditionFailed):
            done = False
        self._attempts[shard] += 1
        twice = done and self.sim.chance(0.03)
        if twice or not done:
            self.sim.disturbed.update(about)
        if not done:
            if self._attempts[shard] > MOST_ATTEMPTS:
                raise Violation("stream", f"a batch of {len(batch)} is not published")
            self.sim.counts["batch again"] += 1
            half = len(batch) // 2
            self._shards[shard][:1] = [part for part in (batch[:half], batch[half:]) if part]
        elif twice:
            self.sim.counts["batch twice"] += 1
        else:
            self._attempts[shard] = 0
            self.published_at.update({event.id: self.sim.now for event in events})
            del self._shards[shard][0]
        if self._shards[shard]:
            self.sim.later(1 if done else min(2.0 ** self._attempts[shard], 60), lambda: self._deliver(shard))


class Bus:
    """Remembers, and sometimes refuses."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.heard: dict[str, Event] = {}

    def publish(self, events: Sequence[Event]) -> None:
        """See `Bus.publish`."""
        self.sim.boundary(took_effect=False)
        self.heard.update({event.id: event for event in events})
        self.sim.boundary(took_effect=True)


class Line:
    """A queue: messages come late, twice, in any order, and again if their process fails."""

    def __init__(self, sim: Simulation, notifiers: dict[str, Notifier], *, first: bool) -> None:
        self.sim = sim
        self.in_flight: Counter[DeliveryKey] = Counter()
        self._first = first
        self._notifiers = notifiers

    def send(self, messages: Sequence[Deliver], *, delay: int) -> None:
        """See `DeliveryQueue.send`. A process may die after a part of it."""
        if not messages or not 0 <= delay <= 900:
            raise Violation("send", f"{len(messages)} messages, delay {delay}")
        self.sim.boundary(took_effect=False)
        for number, message in enumerate(messages):
            if self.sim.stack and self.sim.faults:
                self.sim.stack[-1].about.add(message.key)
            if number % 10 == 9:
                self.sim.boundary(took_effect=True)
            self._put(deliver_of(message.body()), delay)
        self.sim.boundary(took_effect=True)

    def _put(self, message: Deliver, delay: float) -> None:
        late = self.sim.dice.random() * 2 if self.sim.faults else 0.1
        if self.sim.chance(0.02):
            self.sim.fault("held up", message.key)
            late += self.sim.dice.choice(HELD_UP)
        copies = 1
        if self.sim.chance(0.04):
            self.sim.fault("twice", message.key)
            copies = 2
        for _ in range(copies):
            self.in_flight[message.key] += 1
            self.sim.later(delay + late * self.sim.dice.random(), lambda: self._deliver(message, 1))

    def _deliver(self, message: Deliver, receives: int) -> None:
        again: float | None = None

        def work(_: Process) -> None:
            nonlocal again
            try:
                self._notifiers["now"].handle(message, first=self._first)
            except Busy as busy:
                again = busy.seconds
            except Unavailable:
                again = retry_after(receives)

        if not self.sim.process(work, [message.key]):
            again = VISIBILITY
        if again is not None:
            self.sim.counts["message again"] += 1
            self.sim.later(again, lambda: self._deliver(message, receives + 1))
        else:
            self.in_flight[message.key] -= 1


class Sweeper:
    """The reconciler's passes over pending deliveries."""

    def __init__(self, sim: Simulation, ports: Ports) -> None:
        self.failed = 0
        self._sim = sim
        self._ports = ports
        sim.later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        def work(process: Process) -> None:
            process.about.clear()
            redeliver.redeliver(self._ports)

        try:
            done = self._sim.process(work)
        except Unavailable:
            done = False
        self.failed += not done
        self._sim.later(SWEEP, self._sweep)


@dataclass(frozen=True)
class Wires:
    """All of them."""

    stream: Stream
    sweeper: Sweeper
    lines: tuple[Line, Line]


def in_flight(*lines: Line) -> dict[DeliveryKey, int]:
    """How many messages are on their way about each delivery."""
    found: dict[DeliveryKey, int] = defaultdict(int)
    for line in lines:
        for key, number in line.in_flight.items():
            found[key] += number
    return {key: number for key, number in found.items() if number}
