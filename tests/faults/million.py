"""One million occurrences, 5 % of their hints delivered twice, end with exact counters. `make test-million`.

The real hint, claim and run code on the strict fake table. What is over is kept as its key only, or the rows of a
million runs would be all that is measured.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence

from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Schedule
from agent_schedules.storage.table import Item, ItemKey, Put, Write

from tests.faults.runner import quiet
from tests.support.fake_table import FakeTable
from tests.support.world import World

OCCURRENCES = 1_000_000
SCHEDULES = 1_000
INTERVAL = 60
SHARDS = 4
DUPLICATES = 0.05


class Ledger(FakeTable):
    """The fake table, which counts each run as it is put and as it ends, and then keeps its key only."""

    def __init__(self) -> None:
        super().__init__()
        self.metered = False
        self.over: set[str] = set()
        self.claimed: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """See `Table.get`; a run that is over is remembered as such."""
        found = super().get(keys)
        return [self._over(key) if item is None else item for key, item in zip(keys, found, strict=True)]

    def _over(self, key: ItemKey) -> Item | None:
        if key.sk not in self.over:
            return None
        return {
            "pk": key.pk, "sk": key.sk, "run_id": key.sk[2:], "status": "completed", "trigger": "schedule",
            "revision": 1, "agent_version": 1, "created_at": "2026-03-02T10:00:00.000Z", "size": 0, "rev": 2,
        }  # fmt: skip

    def _commit(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if isinstance(write, Put) and str(write.item["sk"]) in self.over:
                raise AssertionError(f"{write.item['sk']!r} is written again after it was over")
        super()._commit(writes)
        self.meter.calls.clear()
        for write in writes:
            if isinstance(write, Put) and str(write.item["sk"]).startswith("R#"):
                schedule_id = str(write.item["schedule_id"])
                if write.item["status"] == "completed":
                    self.ended[schedule_id] += 1
                    self.over.add(str(write.item["sk"]))
                    del self.items[str(write.item["pk"]), str(write.item["sk"])]
                elif write.expect == "absent":
                    self.claimed[schedule_id] += 1


def history(occurrences: int, *, schedules: int, seed: int = 0) -> tuple[World, Ledger, list[Schedule], int]:
    """That many occurrences in all, in the order of their times; how many hints were delivered."""
    dice = random.Random(seed)
    world = World()
    table = Ledger()
    table.items = world.table.items
    for store in (world.ports.store, *vars(world.ports.store).values()):
        if hasattr(store, "_table"):
            store._table = table
    world.gateway.background = False
    agent = world.agent()
    made = [world.create({"type": "interval", "interval_seconds": INTERVAL}, agent=agent) for _ in range(schedules)]
    hints = 0
    for _ in range(occurrences // schedules):
        world.clock.advance(INTERVAL)
        due = [Hint(schedule.key, world.now) for schedule in made]
        due += [hint for hint in due if dice.random() < DUPLICATES]
        dice.shuffle(due)
        for hint in due:
            world.deliver(hint)
        hints += len(due)
        world.gateway.posts.clear()
        world.gateway.responses.clear()
        world.queue.messages.clear()
    return world, table, made, hints


def check(world: World, table: Ledger, made: Sequence[Schedule], each: int) -> None:
    """Counters equal rows, and both equal the occurrences."""
    assert not [sk for _, sk in table.items if sk.startswith("O#")]
    for schedule in made:
        schedule_id = schedule.key.schedule_id
        state = world.state(schedule)
        counts = (state.run_count, table.claimed[schedule_id], table.ended[schedule_id])
        assert counts == (each, each, each), f"{schedule_id}: {counts}, not {each}"
        assert state.settled_until == world.now
        assert f"R#{state.last_run_id}" in table.over
    assert len(table.over) == each * len(made)


def shard(seed: int, occurrences: int, schedules: int) -> tuple[int, float]:
    """A part of them in a process of its own: how many hints there were, and megabytes of memory at most."""
    quiet()
    world, table, made, hints = history(occurrences, schedules=schedules, seed=seed)
    check(world, table, made, occurrences // schedules)
    return hints, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """All of it, with what it took."""
    occurrences = int(os.environ.get("OCCURRENCES") or OCCURRENCES)
    began = time.monotonic()
    parts = [(seed, occurrences // SHARDS, SCHEDULES // SHARDS) for seed in range(SHARDS)]
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.starmap(shard, parts, chunksize=1)
    took, hints, memory = time.monotonic() - began, sum(hints for hints, _ in found), max(size for _, size in found)
    print(f"{occurrences} occurrences of {SCHEDULES} schedules, {hints} hints: all counters are exact")
    print(f"  {took:.0f} s, {took / occurrences * 1e6:.0f} microseconds each, {memory:.0f} MB in a process at most")
    return 0
