"""A job whose steps die between any two effects or run out of time, and whose messages are lost, doubled and late:
each schedule is changed exactly once, and the counts say what was done."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from agent_schedules.domain.jobs import Job
from agent_schedules.domain.messages import ContinueJob, Message
from agent_schedules.errors import Unavailable, Uncertain
from agent_schedules.execution import jobs as forgotten_jobs
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import bulk
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Put, Write

from tests.support.fuse import Died
from tests.support.jobs import Witness, begin, fleet, seen
from tests.support.world import LEASE, World

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))]
CASES: dict[str, dict[str, Any]] = {
    "pause the active ones": {"action": "pause", "filter": {"status": "active"}, "reason": "r"},
    "update": {"action": "update", "update": {"metadata": {"a": "b"}}},
    "delete": {"action": "delete"},
}


class Storm:
    """A world in which a worker may die at each effect, or lose its answer, and messages come twice or late."""

    def __init__(self, seed: int, schedules: int, *, danger: float) -> None:
        self.random = random.Random(seed)
        self.danger = danger
        self.world = World()
        self.agents = fleet(self.world, schedules)
        self.witness = Witness()
        self.deaths = self.overtaken = 0
        self.inside = False

    def unleash(self) -> None:
        """From now on anything may fail."""
        world = self.world
        world.table.before_write = self._before
        world.table.after_write = self._after
        world.table.before_read = self._read
        world.scheduler.before = world.scheduler.after = self._boundary
        world.queue.before = world.queue.after = self._boundary
        world.left = lambda: 0.0 if self.random.random() < self.danger else LEASE

    def calm(self) -> None:
        """From now on nothing fails."""
        self.danger = 0

    def _boundary(self, *_: object) -> None:
        if self.random.random() < self.danger:
            self.deaths += 1
            raise Died
        if not self.inside and self.random.random() < self.danger:
            self._overtake()

    def _read(self) -> None:
        if not self.inside and self.random.random() < self.danger / 4:
            self._overtake()

    def _overtake(self) -> None:
        """Let another worker handle everything that is due, between two effects of this one."""
        self.inside = True
        self.overtaken += 1
        for message in self.world.queue.take_due():
            self._handle(message)
        self.inside = False

    def _before(self, writes: Sequence[Write]) -> None:
        self._boundary()

    def _after(self, writes: Sequence[Write]) -> None:
        self.witness.note(writes)
        if self.random.random() < self.danger:
            raise Uncertain("DynamoDB did not answer")
        self._boundary()

    def _handle(self, message: Message) -> None:
        """Deliver a message, which comes again unless it is acknowledged, and sometimes although it is."""
        try:
            self.world.deliver(message)
        except (Died, Unavailable):
            again = self.random.random() < 0.9  # the rest is a dead letter
        else:
            again = self.random.random() < self.danger * 10
        if again:
            with suppress(Died, Unavailable):
                self.world.queue.send([message], delay=self.random.choice([0, 1, 70, 200]))

    def live(self, job: Job, *, interfere: Callable[[], None] = lambda: None) -> Job:
        """Let time pass until the job is over."""
        world = self.world
        for _ in range(100_000):
            if (now := seen(world, job)).over:
                return now
            world.clock.advance(5)
            due = world.queue.take_due()
            self.random.shuffle(due)
            for message in due:
                self._handle(message)
            interfere()
            if world.now % 300 < 5:
                with suppress(Died, Unavailable):
                    forgotten_jobs.revive(world.ports)
        raise AssertionError("the job does not end")


def stormy(seed: int, schedules: int, case: dict[str, Any], *, danger: float) -> None:
    storm = Storm(seed, schedules, danger=danger)
    job = begin(storm.world, **case)
    storm.unleash()
    ended = storm.live(job)
    assert storm.deaths > 0 < storm.overtaken
    assert (ended.status, ended.error, ended.errors) == ("completed", None, ())
    assert (ended.matched, ended.changed, ended.unchanged, ended.failed) == (schedules, schedules, 0, 0)
    assert len(storm.witness.changes) == schedules
    assert set(storm.witness.changes.values()) == {1}
    states = [
        row for (_, sk), row in storm.world.table.items.items() if sk.lstrip("X").startswith("S#") and sk[-1] == "s"
    ]
    assert {row["generation"] for row in states if "status" in row} == {2}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_schedule_is_changed_once_in_a_storm(seed: int, case: str) -> None:
    stormy(seed, 120, CASES[case], danger=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_5000_schedules_are_changed_once_each(case: str) -> None:
    stormy(5, 5_000, CASES[case], danger=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_hold_while_others_change_the_same_schedules(seed: int) -> None:
    """Callers rename, pause, resume and delete meanwhile. Whatever they do, the counts are what the job did."""
    storm = Storm(seed, 150, danger=0.02)
    world = storm.world
    keys = [
        (pk.rpartition("#")[2], sk.split("#")[1])
        for (pk, sk) in world.table.items
        if sk.startswith("S#") and sk.endswith("#s")
    ]

    def interfere() -> None:
        at = (world.ports, world.call, *storm.random.choice(keys))
        with suppress(Died, Exception):
            match storm.random.randrange(4):
                case 0:
                    schedule_service.update_schedule(*at, UpdateScheduleBody.model_validate({"name": str(world.now)}))
                case 1:
                    schedule_service.pause_schedule(*at)
                case 2:
                    schedule_service.resume_schedule(*at)
                case _:
                    schedule_service.delete_schedule(*at)

    job = begin(world, action="pause", filter={"status": "active"})
    storm.unleash()
    ended = storm.live(job, interfere=interfere)
    assert ended.status == "completed"
    assert ended.changed == len(storm.witness.changes) == sum(storm.witness.changes.values())
    assert ended.matched == ended.changed + ended.unchanged + ended.failed
    assert ended.failed == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cancel_in_a_storm_stops_after_the_batch_in_hand(seed: int) -> None:

    storm = Storm(seed, 200, danger=0.03)
    job = begin(storm.world, action="update", update={"name": "x"})
    storm.unleash()
    asked: list[int] = []

    def cancel() -> None:
        if storm.witness.changes and not asked:
            with suppress(Died, Unavailable):
                bulk.cancel_job(storm.world.ports, storm.world.call, job.key.job_id)
                asked.append(len(storm.witness.changes))

    ended = storm.live(job, interfere=cancel)
    assert ended.status == "cancelled"
    assert ended.changed == ended.matched == sum(storm.witness.changes.values()) < 200
    assert set(storm.witness.changes.values()) == {1}
    storm.calm()
    storm.world.pass_time(1200, step=60)
    assert sum(storm.witness.changes.values()) == ended.changed


def overtaken(case: dict[str, Any], at: int, *, dies: bool) -> tuple[World, Job, Witness, int]:
    """A step at one of whose calls another worker makes that step too, and may die before it writes the job's row."""
    world, witness = World(), Witness()
    fleet(world, 3)
    job = begin(world, **case)
    world.deliver(ContinueJob(job.key))  # finds the batch
    world.queue.messages.clear()
    calls = 0

    def called(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            world.table.before_write = dying if dies else called
            with suppress(Died):
                world.deliver(ContinueJob(job.key))
            world.table.before_write = called

    def dying(writes: Sequence[Write]) -> None:
        if any(isinstance(write, Put) and str(write.item["sk"]).startswith("J#") for write in writes):
            raise Died

    world.table.before_read = world.table.before_write = called
    world.table.after_write = witness.note
    world.deliver(ContinueJob(job.key))
    world.table.before_read, world.table.before_write = lambda: None, lambda _: None
    world.work()
    return world, job, witness, calls


@pytest.mark.parametrize(
    "dies", [pytest.param(False, id="lives", marks=pytest.mark.slow), pytest.param(True, id="dies")]
)
@pytest.mark.parametrize("case", CASES)
def test_a_worker_overtaken_anywhere_changes_nothing_twice(case: str, *, dies: bool) -> None:
    *_, calls = overtaken(CASES[case], 0, dies=dies)
    for at in range(1, calls + 1):
        world, job, witness, _ = overtaken(CASES[case], at, dies=dies)
        ended = seen(world, job)
        assert (ended.status, ended.matched, ended.changed) == ("completed", 3, 3), at
        assert set(witness.changes.values()) == {1}, at
