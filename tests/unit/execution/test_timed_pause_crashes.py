"""A process that dies between any two effects of a pause with an end, or of that end, loses and repeats nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from agent_schedules.domain.messages import Hint, Message
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.controls import PauseBody
from agent_schedules.services import schedules as schedule_service

from tests.support.fakes import Delayed
from tests.support.fuse import Died, Fuse
from tests.support.pauses import UNTIL, WAKES, fired
from tests.support.world import World

SPECS: dict[str, dict[str, Any]] = {
    "cron": {"type": "cron", "cron_expression": "*/10 * * * *"},
    "chain": {"type": "interval", "interval_seconds": 45},
}
REDELIVERY = 70  # seconds until a message that was not acknowledged comes again


class Stack:
    """A world whose deliveries come again if their process dies."""

    def __init__(self, spec: dict[str, Any], die_at: float) -> None:
        self.world = World()
        self.schedule = self.world.create(spec)
        self.world.clock.advance(60)
        self.world.queue.messages.clear()
        self.fuse = Fuse()
        self.fuse.wire(self.world)
        self.fuse.left = die_at

    def pause(self) -> Schedule:
        key = self.schedule.key
        call = RequestContext(self.world.caller, idempotency_key=IdempotencyKey("k" * 64, "f" * 64))
        body = PauseBody.model_validate({"until": UNTIL})
        return schedule_service.pause_schedule(self.world.ports, call, key.agent_id, key.schedule_id, body)

    def deliver(self, message: Message) -> None:
        """A delivery that comes again if its process dies."""
        try:
            self.world.deliver(message)
        except Died:
            self.fuse.left = float("inf")
            again = self.world.clock.moment + timedelta(seconds=REDELIVERY)
            self.world.queue.messages.append(Delayed(again, message))

    def live(self, seconds: int) -> None:
        """Let time pass, with entries, a worker and the reconciler."""
        world = self.world
        for _ in range(0, seconds, 5):
            world.clock.advance(5)
            for time in fired(world):
                self.deliver(Hint(self.schedule.key, time))
            for message in world.queue.take_due():
                self.deliver(message)
            if world.now % 300 == 0:
                with suppress(Died):
                    world.sweep()

    def check(self, message: str) -> None:
        """It resumed once, and each nominal time has one outcome."""
        state = self.world.state(self.schedule)
        assert (state.status, state.generation, state.pause) == ("active", 3, None), message
        runs = [run.scheduled_for or 0 for run in self.world.runs(self.schedule)]
        assert min(runs) > WAKES, message
        assert runs == sorted(set(runs)), message
        records = sum(int(row["count"]) for row in self.world.records(self.schedule))
        table = self.schedule.timetable
        assert records + len(runs) == table.count_in(self.schedule.state.settled_until, state.settled_until), message
        paused = table.count_in(self.schedule.state.settled_until, WAKES)
        by_reason = {str(row["reason"]) for row in self.world.records(self.schedule) if int(row["first"]) <= WAKES}
        assert by_reason <= {"paused", "schedule_paused"}, message
        assert records >= paused, message


def of_the_call(spec: str, die_at: float) -> int:
    """The call that pauses dies; its client sends it again."""
    stack = Stack(SPECS[spec], die_at)
    with suppress(Died):
        stack.pause()
    count, stack.fuse.left = stack.fuse.count, float("inf")
    assert stack.pause().state.wakes_at == WAKES
    stack.live(7200 + 1800)
    stack.check(f"died at boundary {die_at}")
    return count


def of_the_end(spec: str, die_at: float) -> int:
    """A function dies that has to do with the end of the pause."""
    stack = Stack(SPECS[spec], float("inf"))
    stack.pause()
    stack.world.clock.set("2026-03-02T11:57:30Z")
    stack.fuse.count, stack.fuse.left = 0, die_at
    stack.live(165)  # the entry, its message, and the first occurrence of the interval
    count, stack.fuse.left = stack.fuse.count, float("inf")
    stack.live(1800)
    stack.check(f"died at boundary {die_at}")
    return count


@pytest.mark.parametrize("spec", ["cron", pytest.param("chain", marks=pytest.mark.slow)])
def test_a_crash_of_the_pause_loses_nothing(spec: str) -> None:
    count = of_the_call(spec, float("inf"))
    assert count >= 4
    for die_at in range(1, count + 1):
        of_the_call(spec, die_at)


@pytest.mark.parametrize("spec", ["cron", pytest.param("chain", marks=pytest.mark.slow)])
def test_a_crash_of_the_end_resumes_once(spec: str) -> None:
    count = of_the_end(spec, float("inf"))
    assert count >= 8
    for die_at in range(1, count + 1):
        of_the_end(spec, die_at)
