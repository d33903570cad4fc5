"""Counts the costs of a world in memory: requests to AWS, DynamoDB's units, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Check, Item, Put, Write

from tests.support.fake_table import Meter
from tests.support.world import World


@dataclass(frozen=True)
class Calls:
    """Requests to AWS."""

    dynamodb: int
    scheduler: int
    sqs: int


@dataclass(frozen=True)
class Cost(Calls):
    """The costs since the last reset."""

    write_units: int
    read_units: float
    events: int
    """Events that the publisher makes of the table's stream."""
    gateway: int
    """Requests to the gateway."""

    @property
    def calls(self) -> int:
        """AWS calls in all."""
        return self.dynamodb + self.scheduler + self.sqs

    @property
    def requests(self) -> Calls:
        """The calls by service."""
        return Calls(self.dynamodb, self.scheduler, self.sqs)


class CostMeter:
    """Counts from its creation or its last reset."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: list[tuple[tuple[str, str], Item | None]] = []
        self._events = 0
        world.table.before_write = self._remember
        world.table.after_write = self._tell
        self.reset()

    def reset(self) -> None:
        """Start again at zero."""
        self._world.table.meter = Meter()
        self._world.scheduler.calls.clear()
        for queue in (self._world.queue, self._world.deliveries, self._world.redeliveries):
            queue.calls = 0
        self._events = 0
        self._asked = self._gateway

    @property
    def _gateway(self) -> int:
        return len(self._world.gateway.posts) + len(self._world.gateway.retrieved)

    def _remember(self, writes: Sequence[Write]) -> None:
        places = [
            (str(write.item["pk"]), str(write.item["sk"])) if isinstance(write, Put) else (write.key.pk, write.key.sk)
            for write in writes
            if not isinstance(write, Check)
        ]
        self._before = [(place, self._world.table.items.get(place)) for place in places]

    def _tell(self, _: Sequence[Write]) -> None:
        changes = [
            Change(was, self._world.table.items.get(place), self._world.clock.moment) for place, was in self._before
        ]
        self._events += sum(len(events_of(change)) for change in changes)

    @property
    def cost(self) -> Cost:
        """The costs so far."""
        meter = self._world.table.meter
        return Cost(
            dynamodb=len(meter.calls),
            scheduler=len(self._world.scheduler.calls),
            sqs=self._world.queue.calls + self._world.deliveries.calls + self._world.redeliveries.calls,
            write_units=meter.write_units,
            read_units=meter.read_units,
            events=self._events,
            gateway=self._gateway - self._asked,
        )
