"""Backfills of schedules in memory."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.domain.policies import NO_POLICIES, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.occurrences import BackfillBody
from agent_schedules.services import backfills as service

from tests.support.fakes import Delayed
from tests.support.fuse import Died
from tests.support.lines import open_at_gateway, with_policies
from tests.support.world import World

HOUR = 3600
SWEEP = 300
HOURLY: dict[str, Any] = {"type": "interval", "interval_seconds": 3600}


def backfill(world: World, schedule: Schedule, first: int, end: int, *, dry_run: bool = False) -> service.Plan:
    """Ask for a backfill of [first, end), in UTC seconds."""
    times = [datetime.fromtimestamp(second, UTC).isoformat() for second in (first, end)]
    body = BackfillBody.model_validate({"from": times[0], "to": times[1], "dry_run": dry_run})
    return service.backfill(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)


def missed(world: World, hours: int, policies: Policies = NO_POLICIES) -> Schedule:
    """A schedule whose last hourly occurrence ran, some seconds late, and the ones before it were missed."""
    schedule = with_policies(world, policies, HOURLY)
    world.clock.advance(hours * 3600 + 5)
    world.hint(schedule, world.now)
    world.pass_time(5)
    return schedule


def late(world: World, hours: int = 4, policies: Policies = NO_POLICIES) -> tuple[Schedule, int, int]:
    """A schedule that missed the first of so many hours, and the range of these."""
    schedule = missed(world, hours, policies)
    first = schedule.state.next_run_at
    assert first is not None
    return schedule, first, first + (hours - 1) * HOUR


def made(world: World, schedule: Schedule) -> list[int | None]:
    """The nominal times that a backfill gave a run, in the order in which they got it."""
    runs = [run for run in world.runs(schedule) if run.trigger == "backfill"]
    return [run.scheduled_for for run in sorted(runs, key=lambda run: run.created_at)]


def second(world: World) -> None:
    """A second passes: at most one response is under way."""
    world.clock.advance(1)
    for message in world.queue.take_due():
        try:
            world.deliver(message)
        except Died:
            world.queue.messages.append(Delayed(world.clock.moment + timedelta(seconds=70), message))
    if world.now % SWEEP == 0:
        with suppress(Died):
            world.sweep()
    assert len(open_at_gateway(world)) <= 1


def done(world: World, schedule: Schedule, first: int, end: int) -> None:
    """Hold a backfill that is over to what it was to do."""
    assert made(world, schedule) == list(range(first, end, HOUR))
    runs = world.runs(schedule)
    assert {run.status for run in runs} == {"completed"}
    assert {run.reason for run in runs if run.trigger == "backfill"} == {"late"}
    state = world.state(schedule)
    assert (state.backfill, state.run_count, state.other_runs) == (None, len(runs), (end - first) // HOUR)
    assert not world.records(schedule)
    for run in runs:
        posts = [post for post in world.gateway.posts if post.key == run.key.run_id]
        assert len({json.dumps(post.request) for post in posts}) == 1
