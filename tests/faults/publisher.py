"""The table's stream and the publisher behind it: changes in the order of their commits, a batch again until the event
bus takes it. It has no dice, so that the histories are what they would be without it."""

from __future__ import annotations

from collections.abc import Sequence

from agent_schedules.domain.events import Event
from agent_schedules.errors import Unavailable
from agent_schedules.execution.publish import Outlets, publish
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Put, Write

from tests.faults.core import Simulation, Violation
from tests.faults.ports import Rows, key_of
from tests.support.fake_table import FakeTable

BATCH = 100
MOST_ATTEMPTS = 21  # of a batch, as in template.yaml: then it is parked
LONGEST_WAIT = 60.0  # seconds between two attempts


class Publisher:
    """What the bus has got, and what was parked."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.published: dict[str, None] = {}
        """The ids of the events, in the order in which the bus took each first."""
        self.parked: set[str] = set()
        self._committed: list[str] = []
        self._waiting: list[Event] = []
        self._attempts = 0
        self._outlets = Outlets(Store(FakeTable()), self, None, sim.clock)

    def committed(self, writes: Sequence[Write], before: Rows) -> None:
        """Take the changes of a transaction."""
        idle = not self._waiting
        for write in writes:
            if isinstance(write, Put):
                found = events_of(Change(before[key_of(write)], write.item, self.sim.true_clock))
                self._waiting += found
                self._committed += [event.id for event in found]
        if idle and self._waiting:
            self.sim.later(1, self._deliver)

    def publish(self, events: Sequence[Event]) -> None:
        """See `Bus.publish`."""
        if self.sim.outage("event bus"):
            raise Unavailable("EventBridge did not answer")
        self.published.update(dict.fromkeys(event.id for event in events))

    def _deliver(self) -> None:
        batch = self._waiting[:BATCH]
        self._attempts += 1
        try:
            publish(self._outlets, batch)
        except Unavailable:
            if self._attempts < MOST_ATTEMPTS:
                self.sim.later(min(2.0**self._attempts, LONGEST_WAIT), self._deliver)
                return
            self.parked |= {event.id for event in batch}
        self._attempts = 0
        del self._waiting[:BATCH]
        if self._waiting:
            self.sim.later(1, self._deliver)

    def check(self) -> None:
        """Each change that was committed is told, in order, or parked where the bus was out."""
        if self.parked and not any("event bus" in outage.services for outage in self.sim.weather.outages):
            raise Violation("events", f"{len(self.parked)} events are parked, and the bus was there")
        told = [one for one in self.published if one not in self.parked]
        expected = [one for one in dict.fromkeys(self._committed) if one not in self.parked]
        extra = {*told} - {*expected}  # recoveries, which follow from the others
        if [one for one in told if one not in extra] != expected:
            raise Violation("events", f"{len(expected)} events were committed, {len(told) - len(extra)} are told")
