"""One seed: hours in which everything goes wrong, two in which it heals, and the checks of what is left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent_schedules.domain.messages import ContinueRun, Hint, message_of
from agent_schedules.domain.paging import Cursors
from agent_schedules.domain.quotas import UNLIMITED, Quotas
from agent_schedules.domain.triggers import hint_of
from agent_schedules.errors import AgentSchedulesError, Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import Limits, Ports
from agent_schedules.storage.store import Store

from tests.faults import aims
from tests.faults.aws import End, EventBridge, Queue
from tests.faults.core import Crash, Process, Simulation, Violation
from tests.faults.gateway import SimGateway
from tests.faults.policies import Drawn, with_policies
from tests.faults.ports import SimQueue, SimScheduler, SimTable
from tests.faults.publisher import Publisher
from tests.faults.users import Users
from tests.faults.watch import SWEEP, Watch
from tests.faults.weather import FAST, HOUR
from tests.faults.witness import Stories

LIMITS = Limits(misfire_grace=600, run_timeout=1200, quotas=UNLIMITED)
LONGEST_INVOCATION = 58.0
SHORT_INVOCATION = (0.3, 8.0)
MOST = (
    UNLIMITED,
    UNLIMITED,
    Quotas(schedules=5, per_agent=3),
    Quotas(4, 0, hourly=4_000),
    Quotas(schedules=0, per_agent=2),
)
WITH_POLICIES = "policies"
"""The scene of a seed whose users ask for policies, whatever its dice say."""
CALM = 7200  # seconds in which nothing goes wrong and everything that was lost has to be found


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

    def __init__(
        self,
        seed: int,
        trace: Callable[[str], None] | None = None,
        out: tuple[str, ...] | None = None,
        scene: str | None = None,
    ) -> None:
        self.sim = sim = Simulation(seed, out=out, trace=trace)
        self.asked = scene == WITH_POLICIES
        self.scene = None if self.asked else scene or aims.drawn(seed, sim.weather.length)
        self.watch = Watch(sim, LIMITS.run_timeout)
        self.parked: list[dict[str, Any]] = []
        self.table = SimTable(sim)
        self.scheduler = SimScheduler(sim, self._changed)
        self.dead = Queue(sim, "dead letters", self.reconciler, self.parked.append)
        self.queue = Queue(sim, "queue", self.worker, self._dead_letter)
        self.queue.most_receives = aims.receives(self.scene)
        self.eventbridge = EventBridge(sim, lambda: self.scheduler.entries, self.runner, self._dead_letter)
        self.watch.queues = self.queue, self.dead
        for queue in self.watch.queues:
            queue.lost, queue.forked, queue.gone = self.watch.lost, self.watch.forked, self.watch.gone
        self.eventbridge.gone = self.watch.gone
        self.gateway = SimGateway(sim, self.watch)
        self.stories = Stories(sim, self.watch, self._furthest_wake, LIMITS.misfire_grace)
        self.table.witness = self.stories
        self.publisher = Publisher(sim)
        self.table.stream = self.publisher.committed
        self.gateway.lines = self.stories.lines
        self.stories.lines.state = self._state_of
        self.ports = Ports(
            store=Store(self.table),
            scheduler=self.scheduler,
            queue=SimQueue(sim, self.watch, self._sent),
            gateway=self.gateway,
            now=sim.clock,
            pause=sim.pause,
            entropy=sim.dice.randbytes,
            cursors=Cursors(lambda: b"secret"),
            limits=replace(LIMITS, quotas=aims.most(self.scene, sim.dice.choice(MOST))),
        )
        self.users = Users(sim, self.ports, self.stories)
        self.seed = seed

    # -------------------------------------------------------------------------------------------------- functions

    def _invoke(self, name: str, work: Callable[[float], Any]) -> End:
        """An invocation of a function, and how it ended."""
        sim = self.sim
        left = self._time_left()
        process: Process | None = None

        def inside(running: Process) -> End:
            nonlocal process
            process = running
            try:
                sim.note(f"-> {work(left)}")
            except Unavailable as error:
                sim.note(f"fails: {error.message}")
                return "failed"
            except AgentSchedulesError as error:
                raise Violation("functions", f"{name} raises {error!r}") from error
            return "done"

        try:
            end = sim.process(name, left, inside)
        except Crash:
            end = "died"
        if end != "done" and process is not None:
            self.watch.ended_badly(process)
        return end

    def _time_left(self) -> float:
        sim = self.sim
        if not sim.faults or sim.rates.at_once:
            return LONGEST_INVOCATION
        if sim.chance(sim.rates.short):
            return sim.dice.uniform(*SHORT_INVOCATION)
        return sim.dice.uniform(8, LONGEST_INVOCATION)

    def runner(self, event: dict[str, Any]) -> End:
        """The runner's handler."""
        return self._invoke("runner", lambda lease: on_hint(self.ports, hint_of(event), lease=lease))

    def worker(self, body: dict[str, Any]) -> End:
        """The worker's handler."""
        message = message_of(body)
        if isinstance(message, Hint):
            return self._invoke("worker", lambda lease: self._heed(message, lease))
        assert isinstance(message, ContinueRun)  # no job is begun here
        return self._invoke("worker", lambda lease: self._attend(message, lease))

    def _heed(self, hint: Hint, lease: float) -> str:
        if hint.armed is not None:  # an earlier delivery of it sent a message, which may be lost
            self.sim.current.armed[hint.key.schedule_id] = hint.armed
        return on_hint(self.ports, hint, lease=lease)

    def _attend(self, message: ContinueRun, lease: float) -> str:
        outcome = process_run(self.ports, message, lease=lease)
        if outcome not in {"nothing_to_do", "superseded"}:
            self.watch.attended[message.key.run_id] = self.sim.now
        return outcome

    def reconciler(self, body: dict[str, Any]) -> End:
        """The reconciler's handler of dead letters."""
        if self.sim.outage("reconciler"):
            return "failed"
        return self._invoke("reconciler", lambda _: reconcile.on_dead_letter(self.ports, json.dumps(body)))

    def sweep(self) -> None:
        """The reconciler's pass, now and every few minutes."""
        self.sim.later(SWEEP, self.sweep)
        if not self.sim.outage("reconciler"):
            self._invoke("reconciler", lambda _: reconcile.sweep(self.ports))
        self.watch.in_flight(self)
        self.watch.crowds(self)
        self.watch.chains(self)

    def _sent(self, body: dict[str, Any], delay: float) -> None:
        self.queue.send(body, delay)
        self.watch.in_flight(self)

    def _changed(self, name: str) -> None:
        self.eventbridge.changed(name)

    def _dead_letter(self, body: dict[str, Any]) -> None:
        self.dead.send(body, 0)

    def _state_of(self, schedule_id: str) -> dict[str, Any] | None:
        key = self.stories.stories[schedule_id].key
        return self.table.items.get((f"{key.owner}#{key.agent_id}", f"S#{schedule_id}#s"))

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
        length = sim.weather.length
        drawn = Drawn(self.seed, lambda: sim.seconds) if self.asked or with_policies(self.seed, length) else None
        self.users.drawn = self.gateway.drawn = drawn
        sim.later(sim.dice.uniform(0, SWEEP), self.sweep)
        self.users.fastest = sim.weather.fastest
        for _ in range(2):
            sim.later(0, self.users.create_agent)
        if length > HOUR:  # so that the long outage meets something
            for _ in range(3):
                sim.later(sim.dice.uniform(1, 200), self.users.create_anywhere)
        for _ in range(sim.weather.calls):
            sim.later(sim.dice.uniform(1, length), self.users.anything)
        if self.scene is not None:
            aims.aim(self.scene, self.users, length)
        sim.run(length)
        sim.faults = False
        sim.note("the calm")
        self.calm_began = sim.seconds
        self.watch.after_the_outage(self)
        sim.run(300)
        for story in self._stored():
            spec = story.epochs[-1].spec
            if spec["type"] == "interval" and spec["interval_seconds"] < FAST:
                self.users.delete(story.key)
        for letter in [*self.parked]:  # the person for whom they are redrives them (docs/reference/monitoring.md)
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
        if self.gateway.drawn is not None:
            sim.run(LIMITS.run_timeout)
            self.gateway.hasten()  # a line may be long
        sim.run(3 * LIMITS.run_timeout)

    def _stored(self) -> list[Any]:
        return [s for s in self.stories.stories.values() if not s.undone and s.epochs[-1].status != "deleted"]


def simulate(
    seed: int,
    trace: Callable[[str], None] | None = None,
    out: tuple[str, ...] | None = None,
    scene: str | None = None,
) -> Report:
    """One seed, from its beginning to its end. `out`: a day on which these services are out; `scene`: one that is
    played in it (`aims.py`). Raises Violation."""
    from tests.faults import oracle

    world = SimWorld(seed, trace, out, scene)
    world.live()
    oracle.in_the_calm(world)
    world.close()
    oracle.at_the_end(world)
    return Report(seed, world.stories.occurrences, len(world.users.runs), world.sim.counts, world.sim.digest)
