"""One seed: an hour in which everything goes wrong, two in which it heals, and the checks of what is left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent_schedules import keeper
from agent_schedules.counters import UNLIMITED, Most
from agent_schedules.errors import AgentSchedulesError, Unavailable
from agent_schedules.execute import attend
from agent_schedules.messages import Hint, message_of
from agent_schedules.paging import Cursors
from agent_schedules.ports import Limits, Ports
from agent_schedules.settle import on_hint
from agent_schedules.store import Store
from agent_schedules.triggers import hint_of

from tests.faults.aws import EventBridge, Queue
from tests.faults.core import TARGETS, Crash, Process, Simulation, Violation
from tests.faults.ports import SimGateway, SimQueue, SimScheduler, SimTable
from tests.faults.users import Users
from tests.faults.witness import Stories

LIMITS = Limits(misfire_grace=600, run_timeout=1200, most=UNLIMITED)
LONGEST_INVOCATION = 58.0
SWEEP = 300.0
MOST = (UNLIMITED, UNLIMITED, Most(schedules=5, active=2), Most(schedules=4, active=0), Most(schedules=0, active=1))
CALM = 7200  # seconds in which nothing goes wrong and everything that was lost has to be found
FAST = 30  # seconds: shorter intervals end early in the calm, or they would be all that is simulated


@dataclass(frozen=True)
class Report:
    """What one seed was."""

    seed: int
    occurrences: int
    api_runs: int
    faults: Counter[str]
    digest: int


class SimWorld:
    """The service on AWS, as one seed makes it."""

    def __init__(self, seed: int, trace: Callable[[str], None] | None = None) -> None:
        self.sim = sim = Simulation(seed, trace=trace)
        self.parked: list[dict[str, Any]] = []
        self.table = SimTable(sim)
        self.scheduler = SimScheduler(sim, self._changed)
        self.dead = Queue(sim, "dead letters", self.keeper, self.parked.append)
        self.queue = Queue(sim, "queue", self.worker, self._dead_letter)
        self.eventbridge = EventBridge(sim, lambda: self.scheduler.entries, self.runner, self._dead_letter)
        self.gateway = SimGateway(sim)
        self.stories = Stories(sim, self._furthest_wake, LIMITS.misfire_grace)
        self.table.witness = self.stories
        self.ports = Ports(
            store=Store(self.table),
            scheduler=self.scheduler,
            queue=SimQueue(sim, self.queue.send),
            gateway=self.gateway,
            now=sim.clock,
            pause=sim.pause,
            entropy=sim.dice.randbytes,
            cursors=Cursors(lambda: b"secret"),
            limits=replace(LIMITS, most=sim.dice.choice(MOST)),
        )
        self.users = Users(sim, self.ports, self.stories)

    # -------------------------------------------------------------------------------------------------- functions

    def _invoke(self, name: str, work: Callable[[float], Any]) -> bool:
        """An invocation of a function; whether it ended well."""
        sim = self.sim
        left = sim.dice.uniform(8, LONGEST_INVOCATION) if sim.faults else LONGEST_INVOCATION

        def inside(_: Process) -> bool:
            try:
                sim.note(f"-> {work(left)}")
            except Unavailable as error:
                sim.note(f"fails: {error.message}")
                return False
            except AgentSchedulesError as error:
                raise Violation("functions", f"{name} raises {error!r}") from error
            return True

        try:
            return sim.process(name, left, inside)
        except Crash:
            return False

    def runner(self, event: dict[str, Any]) -> bool:
        """The runner's handler."""
        return self._invoke("runner", lambda lease: on_hint(self.ports, hint_of(event), lease=lease))

    def worker(self, body: dict[str, Any]) -> bool:
        """The worker's handler."""
        message = message_of(body)
        if isinstance(message, Hint):
            return self._invoke("worker", lambda lease: on_hint(self.ports, message, lease=lease))
        return self._invoke("worker", lambda lease: attend(self.ports, message, lease=lease))

    def keeper(self, body: dict[str, Any]) -> bool:
        """The keeper's handler of dead letters."""
        return self._invoke("keeper", lambda _: keeper.on_dead_letter(self.ports, json.dumps(body)))

    def _sweep(self) -> None:
        self.sim.later(SWEEP, self._sweep)
        if not self.sim.out("keeper"):
            self._invoke("keeper", lambda _: keeper.sweep(self.ports))

    def _changed(self, name: str) -> None:
        self.eventbridge.changed(name)

    def _dead_letter(self, body: dict[str, Any]) -> None:
        self.dead.send(body, 0)

    def _furthest_wake(self, schedule_id: str) -> int:
        """The latest nominal time that something on its way announces for a schedule."""
        found = [2**40] * (schedule_id in self.eventbridge.pending)
        found += [
            int(name[len(schedule_id) + 1 :]) for name in self.scheduler.entries if name.startswith(f"{schedule_id}-")
        ]
        for held in (*self.queue.messages.values(), *self.dead.messages.values()):
            if held.body.get("schedule_id") == schedule_id:
                found.append(held.body.get("nominal") or 0)
        return max(found, default=0)

    # ---------------------------------------------------------------------------------------------------- history

    def live(self) -> None:
        """The whole history; what must always hold is checked on the way, the rest by the oracle afterwards."""
        sim = self.sim
        length = sim.dice.choice((900, 1800, 3600))
        for _ in range(sim.dice.choice((0, 1, 2, 4))):
            start = sim.now + sim.dice.randrange(length * 1000)
            seconds = sim.dice.choice((20, 120, 400, 1500))
            target = sim.dice.choice(TARGETS)
            sim.outages.append((target, start, start + seconds * 1000))
        sim.later(sim.dice.uniform(0, SWEEP), self._sweep)
        self.users.fastest = 1 if length < 1800 else FAST
        for _ in range(2):
            sim.later(0, self.users.create_agent)
        for _ in range(sim.dice.choice((4, 10, 20))):
            sim.later(sim.dice.uniform(1, length), self.users.anything)
        sim.run(length)
        sim.faults = False
        sim.note("the calm")
        self.calm_began = sim.seconds
        sim.run(300)
        for story in self._stored():
            spec = story.epochs[-1].spec
            if spec["type"] == "interval" and spec["interval_seconds"] < FAST:
                self.users.delete(story.key)
        for letter in [*self.parked]:  # the person for whom they are redrives them (docs/operations.md)
            self.parked.remove(letter)
            self.dead.send(letter, 0)
        sim.run(CALM - 300)

    def close(self) -> None:
        """Restore and resume what is paused, so that it is accounted for, and pause everything."""
        sim, users = self.sim, self.users
        self.ports = users.ports = replace(self.ports, limits=LIMITS)
        for agent_id in [*self.stories.deletions]:
            users.restore(agent_id)
        for story in self._stored():
            users.resume(story.key)
        for story in self._stored():
            if not story.epochs[-1].completed:
                users.pause(story.key, must=True)
        sim.run(3 * LIMITS.run_timeout)

    def _stored(self) -> list[Any]:
        return [s for s in self.stories.stories.values() if not s.undone and s.epochs[-1].status != "deleted"]


def simulate(seed: int, trace: Callable[[str], None] | None = None) -> Report:
    """One seed, from its beginning to its end. Raises Violation."""
    from tests.faults import oracle

    world = SimWorld(seed, trace)
    world.live()
    oracle.in_the_calm(world)
    world.close()
    oracle.at_the_end(world)
    return Report(seed, world.stories.occurrences, len(world.users.runs), world.sim.counts, world.sim.digest)
