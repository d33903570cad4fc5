"""No occurrence runs before its time by the clock of the function that claims it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from agent_schedules.domain.messages import Message
from agent_schedules.domain.schedules import Schedule
from agent_schedules.services import schedules as schedule_service

from tests.support.cost_meter import CostMeter
from tests.support.fakes import Delayed
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}


def until(world: World, schedule: Schedule, left: float) -> int:
    """Go to a moment that long before the next occurrence, whose nominal time is returned."""
    due = world.state(schedule).next_run_at
    assert due is not None
    world.clock.advance(due - world.clock.moment.timestamp() - left)
    return due


def test_a_hint_a_moment_early_waits_and_starts_its_run_itself() -> None:
    world = World()
    schedule = world.create(HOURLY)
    due = until(world, schedule, 0.75)
    meter = CostMeter(world)
    assert world.hint(schedule, due) == "settled"
    assert world.pauses == [0.75]
    (run,) = world.runs(schedule)
    assert run.created_at.timestamp() == due
    assert meter.cost.calls == 3  # read, claim, the message of the first look: no second read


@pytest.mark.parametrize("left", [1.01, 2, 119.5])
def test_a_hint_that_is_earlier_comes_back_and_not_too_soon(left: float) -> None:
    world = World()
    schedule = world.create(HOURLY)
    due = until(world, schedule, left)
    assert world.hint(schedule, due) == "early"
    assert world.pauses == []
    (again,) = world.queue.messages
    assert due <= again.due.timestamp() < due + 1
    assert world.runs(schedule) == []


def test_a_pause_a_second_before_a_once_keeps_it_from_running() -> None:
    world = World()
    schedule = world.create({"type": "once", "run_at": "2026-03-02T10:05:00Z"})
    until(world, schedule, 1)
    world.hint(schedule)
    at = schedule.key.agent_id, schedule.key.schedule_id
    assert schedule_service.pause_schedule(world.ports, world.call, *at).state.status == "paused"
    assert world.runs(schedule) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "interval", "interval_seconds": 1},
        {"type": "interval", "interval_seconds": 2},
        {"type": "cron", "cron_expression": "*/2 * * * * *", "precision": "second"},
    ],
    ids=["every second", "every 2 s", "cron"],
)
def test_every_few_seconds_each_run_starts_inline_and_not_early(spec: dict[str, Any]) -> None:
    world = World()
    schedule = world.create(spec)

    def slower(messages: Sequence[Message]) -> None:  # SQS hands a message out some time after its delay
        sent = world.queue.messages[-len(messages) :]
        world.queue.messages[-len(messages) :] = [Delayed(d.due + timedelta(seconds=0.04), d.message) for d in sent]

    world.queue.after = slower
    for _ in range(20 * 20):
        world.clock.advance(0.05)
        world.work()
    runs = [run for run in world.runs(schedule) if (run.scheduled_for or 0) < world.now - 4]
    assert len(runs) >= 7
    assert all(run.created_at.timestamp() >= (run.scheduled_for or 0) for run in runs)
    started = [post for post in world.gateway.posts if post.key in {run.key.run_id for run in runs}]
    assert len(started) == len(runs)
    inline = [run for run in runs if run.rev == 2]  # claimed and ended; a queued one is taken in between
    assert len(inline) >= 0.9 * len(runs)
