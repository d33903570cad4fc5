"""Runs that a caller asks for, over a gateway that takes some polls."""

from __future__ import annotations

from typing import Any

from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.controls import TriggerBody
from agent_schedules.services.triggers import retry_run_of, trigger_schedule

from tests.support.world import World

LONG = 300  # seconds in which each run of a story ends


def world_of(polls: int = 0) -> World:
    world = World()
    world.gateway.polls = polls
    return world


def created(world: World, spec: dict[str, Any], **policies: Any) -> Schedule:
    """A new schedule with these policies."""
    return world.create(spec, policies=policies)


def trigger(world: World, schedule: Schedule, call: RequestContext | None = None, **body: Any) -> Run:
    """A run of the schedule now."""
    asked = TriggerBody(**body) if body else None
    call = call or world.call
    return trigger_schedule(world.ports, call, schedule.key.agent_id, schedule.key.schedule_id, asked).run


def retry(world: World, run: Run, call: RequestContext | None = None) -> Run:
    """A run again."""
    return retry_run_of(world.ports, call or world.call, run.key.agent_id, run.key.run_id).run


def stored(world: World, run: Run) -> Run:
    found = world.ports.store.runs.get(run.key)
    assert found is not None
    return found


def most_open(world: World, schedule: Schedule, seconds: int) -> int:
    """How many runs of the schedule were open at once at the gateway, while that time passed."""
    most = 0
    for _ in range(seconds):
        world.pass_time(1)
        posted = {post.key for post in world.gateway.posts}
        most = max(most, sum(run.key.run_id in posted and not run.terminal for run in world.runs(schedule)))
    return most
