"""A process that dies between any two effects never makes two runs of a line open, and no run waits for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from agent_schedules.domain.policies import Overlap, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.services import schedules as schedule_service

from tests.support.fakes import Delayed
from tests.support.lines import STEP, end_at_gateway, open_at_gateway, statuses, with_policies
from tests.support.world import World

REDELIVERY = 70
MOST = 400  # effects of one history, at most
TAKES = 80  # seconds that a response takes


class Died(Exception):
    """The process is gone."""


class Fuse:
    """Dies at one of the effects, before or after it took place."""

    def __init__(self, world: World, left: int) -> None:
        self.left = left
        world.table.before_write = world.table.after_write = self.burn
        world.gateway.before = world.gateway.after = self.burn
        world.scheduler.before = world.scheduler.after = self.burn
        world.queue.before = world.queue.after = self.burn

    def burn(self, *_: object) -> None:
        """One more boundary between two effects."""
        self.left -= 1
        if self.left == 0:
            raise Died


def second(world: World, schedule: Schedule, begun: dict[str, int]) -> None:
    """A second passes: messages are delivered, responses end, and at most one is under way."""
    world.clock.advance(1)
    for message in world.queue.take_due():
        try:
            world.deliver(message)
        except Died:
            world.queue.messages.append(Delayed(world.clock.moment + timedelta(seconds=REDELIVERY), message))
    if world.now % 300 == 0:
        world.sweep()
    under_way = open_at_gateway(world)
    assert len(under_way) <= 1, under_way
    for run in world.runs(schedule):
        response_id = f"resp_{run.key.run_id.removeprefix('run_').lower()}"
        if response_id in under_way and world.now - begun.setdefault(response_id, world.now) > TAKES:
            end_at_gateway(world, run)


def history(overlap: Overlap, left: int) -> int:
    """Live through a crash at that effect. Returns how many more effects there were to die at."""
    world = World()
    world.gateway.polls = 10**9
    schedule = with_policies(world, Policies(overlap=overlap))
    fuse, begun = Fuse(world, left), dict[str, int]()
    for _ in range(4 * STEP + 20):
        second(world, schedule, begun)
    more, fuse.left = fuse.left, 0
    schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    for _ in range(2_000):
        second(world, schedule, begun)
    outcomes = statuses(world, schedule)
    assert {"open", "waiting"}.isdisjoint(outcomes), outcomes
    state = world.state(schedule)
    assert state.run_count == len(outcomes)
    assert len(outcomes) + sum(int(record["count"]) for record in world.records(schedule)) >= 4
    assert not state.waiting
    return more


@pytest.mark.slow
@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "cancel_previous"])
def test_a_crash_at_any_effect_leaves_a_line_in_order(overlap: Overlap) -> None:
    left = 1
    while history(overlap, left) <= 0:
        left += 1
        assert left < MOST
    assert left > 40


@pytest.mark.parametrize("overlap", ["queue_all", "cancel_previous"])
@pytest.mark.parametrize("left", [25, 45])
def test_a_crash_in_the_middle_leaves_a_line_in_order(overlap: Overlap, left: int) -> None:
    assert history(overlap, left) <= 0
