"""What happens between two steps of another: for tests of races."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.schedules import Schedule
from agent_schedules.storage.table import Write

from tests.support.world import World


def before_the_next_write(world: World, happens: object) -> None:
    """Let something happen between a hint's read and its claim."""
    assert callable(happens)

    def interrupted(_: Sequence[Write]) -> None:
        world.table.before_write = lambda _: None
        happens()

    world.table.before_write = interrupted


def held(world: World) -> tuple[Schedule, ContinueRun]:
    """A run that was sent, and the message of its first poll."""
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    ((message,),) = [[d.message for d in world.queue.messages]]
    world.queue.messages.clear()
    assert isinstance(message, ContinueRun)
    return schedule, message


def dies_in_the_gateway(world: World, message: ContinueRun) -> None:
    """A delivery whose process dies once it holds the run."""

    def dies(_: str) -> None:
        world.gateway.before = lambda _: None
        raise KeyboardInterrupt

    world.gateway.before = dies
    with pytest.raises(KeyboardInterrupt):
        world.deliver(message)
