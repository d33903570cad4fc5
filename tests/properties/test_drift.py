"""No drift: second-exact schedules over long times, with late, repeated and lost hints (time.md).

EventBridge and the queue are played on a virtual clock. Each wake-up of EventBridge comes 0-60 s late, 5 % of all hints
come twice and 1 % never; the reconciler sweeps every five minutes.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from agent_schedules.domain.attention import SLACK
from agent_schedules.domain.entries import Entry
from agent_schedules.domain.messages import Hint, Message
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.storage.keys import BUCKET

from dev.scheduler import expressions
from tests.support.examples import SCALE
from tests.support.world import World

LOST, TWICE = 0.01, 0.05
SWEEP = 300
REPAIRED = SLACK + BUCKET + SWEEP + 60  # seconds until the reconciler has found what is overdue, at the most
DAY, YEAR = 86_400, 365 * 86_400
FULL = SCALE > 1


@dataclass
class Stage:
    """A world with EventBridge, a queue and a reconciler that are not to be relied on."""

    seed: int
    world: World = field(default_factory=World)
    losses: list[int] = field(default_factory=list)
    """When a hint was lost (UTC seconds)."""
    started: dict[str, int] = field(default_factory=dict)
    """When each run was first sent to the gateway."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._events: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._watched: dict[str, Entry] = {}
        self.world.gateway.background = False
        create = self.world.gateway.create

        def noted(request: dict[str, Any], *, idempotency_key: str, **more: Any) -> dict[str, Any]:
            self.started.setdefault(idempotency_key, self.world.now)
            return create(request, idempotency_key=idempotency_key, **more)

        self.world.gateway.create = noted  # type: ignore[method-assign]

    def run(self, until: int) -> None:
        """Let time pass."""
        self._at(self.world.now + SWEEP, self._sweep)
        self._collect()
        while self._events and self._events[0][0] <= until:
            moment, _, action = heapq.heappop(self._events)
            self.world.clock.moment = datetime.fromtimestamp(max(moment, self.world.clock.moment.timestamp()), UTC)
            action()
            self._collect()

    def _at(self, moment: float, action: Callable[[], Any]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), action))

    def _collect(self) -> None:
        """Take what was sent to the queue, and look at what EventBridge was asked for."""
        for delayed in self.world.queue.messages:
            self._carry(delayed.message, delayed.due.timestamp(), late=0.9)
        self.world.queue.messages.clear()
        for name, entry in self.world.scheduler.entries.items():
            if self._watched.get(name) != entry:
                self._watched[name] = entry
                self._watch(entry, self.world.clock.moment)

    def _carry(self, message: Message, due: float, *, late: float) -> None:
        deliveries = 1
        if isinstance(message, Hint) and not message.repair:
            chance = self._random.random()
            deliveries = 0 if chance < LOST else 2 if chance < LOST + TWICE else 1
        if not deliveries:
            self._at(due, lambda: self.losses.append(self.world.now))
        for _ in range(deliveries):
            self._at(due + self._random.uniform(0, late), lambda: self.world.deliver(message))

    def _watch(self, entry: Entry, after: datetime) -> None:
        expression = expressions.parse(entry.expression, timezone=entry.timezone, start=entry.start, created=after)
        fire = expression.next_fire(after)
        if fire is not None:
            self._at(fire.timestamp(), lambda: self._fire(entry, fire))

    def _fire(self, entry: Entry, fire: datetime) -> None:
        if self.world.scheduler.entries.get(entry.name) != entry:
            return  # replaced or removed since
        named = entry.input
        hint = Hint(Key(named["owner"], named["agent_id"], named["schedule_id"]), int(fire.timestamp()))
        self._carry(hint, fire.timestamp(), late=60)
        if entry.delete_after:
            self.world.scheduler.entries.pop(entry.name)
            self._watched.pop(entry.name)
        else:
            self._watch(entry, fire)

    def _sweep(self) -> None:
        self.world.sweep()
        due = [int(item["attention_at"]) for item in self.world.table.items.values() if "attention_at" in item]
        # A sweep that finds nothing changes nothing: go to the first that will.
        following = self.world.now + SWEEP
        if due:
            following += max(0, -(-(min(due) - following) // SWEEP) * SWEEP)
        self._at(following, self._sweep)


def outcomes(stage: Stage, schedule: Schedule) -> dict[int, str]:
    """Each nominal time's outcome; a second one for the same time is an error."""
    found: dict[int, str] = {}
    spec = schedule.definition.timing
    for run in stage.world.runs(schedule):
        assert run.scheduled_for is not None
        assert run.scheduled_for not in found
        found[run.scheduled_for] = run.key.run_id
    for record in stage.world.records(schedule):
        nominal: int | None = int(record["first"])
        for _ in range(int(record["count"])):
            assert nominal is not None
            assert nominal not in found
            found[nominal] = ""
            nominal = spec.next_after(nominal)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("seconds", "lasting", "short"),
    [(581_769, 10 * YEAR, 2 * YEAR), (90, DAY, DAY // 8), (7, DAY, DAY // 24)],
    ids=["581769 s", "90 s", "7 s"],
)
def test_every_nominal_time_has_one_outcome_and_starts_on_time(
    seconds: int, lasting: int, short: int, seed: int
) -> None:
    stage = Stage(seed)
    schedule = stage.world.create({"type": "interval", "interval_seconds": seconds})
    begun = stage.world.now
    end = begun + (lasting if FULL else short)
    stage.run(end + REPAIRED)
    found = outcomes(stage, schedule)
    expected = [begun + number * seconds for number in range(1, (end - begun) // seconds + 1)]
    assert [nominal for nominal in sorted(found) if nominal <= end] == expected  # each of them, on the grid, once
    assert len(stage.started) == len(stage.world.runs(schedule)) == stage.world.state(schedule).run_count
    for nominal in expected:
        late = stage.started[found[nominal]] - nominal if found[nominal] else None
        if late is None or late > 2:
            assert any(loss - 1 <= nominal + 2 and nominal - loss <= REPAIRED for loss in stage.losses), nominal
        assert late is None or late >= -1
    assert len(stage.world.scheduler.entries) <= 2  # hints that come twice arm nothing twice
