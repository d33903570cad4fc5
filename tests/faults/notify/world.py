"""A seed of the simulation: hours in which users act and things go wrong, hours of faults, and days of calm."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_schedules.execution.deliver import Notifier
from agent_schedules.execution.lanes import Lanes
from agent_schedules.execution.publish import Outlets
from agent_schedules.ports import Webhooks
from agent_schedules.storage.events import Change
from agent_schedules.storage.table import Check, Item, Put, Write
from agent_schedules.telemetry import logger

from tests.faults.notify.core import Simulation, Violation
from tests.faults.notify.laws import Laws
from tests.faults.notify.receivers import Receivers
from tests.faults.notify.users import Users
from tests.faults.notify.wires import Bus, Line, Stream, Sweeper, Wires
from tests.support.delivery_queue import MASTER, PUBLIC_URL
from tests.support.world import World

STEPS = 120
STEP_SECONDS = 90.0
BEAT = 10.0  # seconds between two looks of the worker
TROUBLE = 30 * 3600.0
CALM = 20 * 86_400.0  # a receiver that fails disables its webhook, of which the next is told, each for some days
LOOK = 240.0  # seconds between two looks at the laws


@dataclass(frozen=True)
class Report:
    """What a seed was like."""

    faults: Counter[str]
    events: int
    requests: int
    deliveries: Counter[str]


def simulate(seed: int) -> Report:
    """Play a seed. Raises Violation for the first law that does not hold."""
    logger.setLevel(logging.CRITICAL)
    return _History(seed).play()


class _History:
    def __init__(self, seed: int) -> None:
        self.world = world = World()
        self.sim = sim = Simulation(seed, world.clock)
        self.stream = Stream(sim)
        self.receivers = Receivers(sim)
        notifiers: dict[str, Notifier] = {}
        self.lines = Line(sim, notifiers, first=True), Line(sim, notifiers, first=False)
        setup = Webhooks(*self.lines, master=lambda: MASTER, public_url=PUBLIC_URL)
        world.ports = replace(world.ports, entropy=sim.dice.randbytes, webhooks=setup)
        notifiers["now"] = Notifier(world.ports, setup, self.receivers, Lanes())
        self.bus = Bus(sim)
        self.stream.outlets = Outlets(world.ports.store, self.bus, setup, world.clock, PUBLIC_URL)
        self.sweeper = Sweeper(sim, world.ports)
        self._before: dict[tuple[str, str], Item | None] = {}
        world.table.metered = False
        self.users = Users(sim, world, self.receivers)
        self.laws = Laws(world, self.users, Wires(self.stream, self.sweeper, self.lines))
        world.table.before_read = lambda: sim.boundary(took_effect=False)
        world.table.before_write = self._before_write
        world.table.after_write = self._after_write
        self._looking()
        self._working()

    def play(self) -> Report:
        for _ in range(STEPS):
            self.users.step()
            self.sim.run(self.sim.dice.random() * STEP_SECONDS)
        self.sim.run(TROUBLE)
        self.sim.faults = False
        self.sim.run(CALM)
        self.laws.hold_at_the_end()
        if not self.sim.counts:
            raise Violation("nothing", "a history without faults shows nothing")
        return Report(self.sim.counts, len(self.laws.events), len(self.receivers.requests), self.laws.statuses())

    def _before_write(self, writes: Sequence[Write]) -> None:
        self.sim.boundary(took_effect=False)
        rows = self.world.table.items
        self._before = {_place(one): _copy(rows.get(_place(one))) for one in writes if not isinstance(one, Check)}

    def _after_write(self, writes: Sequence[Write]) -> None:
        before = self._before
        for write in writes:
            if not isinstance(write, Check):
                place = _place(write)
                after = _copy(self.world.table.items.get(place))
                change = Change(before.get(place), after, self.world.clock.moment)
                self.laws.committed(place, change)
                self.stream.committed(place[0], change)
        self.sim.boundary(took_effect=True)

    def _working(self) -> None:
        self.sim.undisturbed(self._work)
        self.sim.later(BEAT if self.sim.faults else 3600, self._working)

    def _work(self) -> None:
        self.world.work()

    def _looking(self) -> None:
        self.laws.hold()
        self.sim.later(LOOK, self._looking)


def _place(write: Write) -> tuple[str, str]:
    return (str(write.item["pk"]), str(write.item["sk"])) if isinstance(write, Put) else (write.key.pk, write.key.sk)


def _copy(item: Item | None) -> Item | None:
    return dict(item) if item is not None else None
