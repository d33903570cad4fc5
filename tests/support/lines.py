"""Schedules whose runs may not overlap, with a gateway that takes its time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent_schedules.domain import transitions
from agent_schedules.domain.policies import NO_POLICIES, Overlap, Policies
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service

from tests.support.world import World

STEP = 45  # seconds; messages alone arm so short an interval
SHORT = {"type": "interval", "interval_seconds": STEP}
LONG = 10**9  # polls that a response takes


def with_policies(world: World, policies: Policies, spec: dict[str, Any] | None = None) -> Schedule:
    """A new schedule with those policies."""
    schedule = world.create(spec or SHORT)
    if policies != NO_POLICIES:
        redefine(world, schedule, policies)
    _, stored = world.ports.store.schedules.get(schedule.key, now=world.now)
    assert stored is not None
    return stored


def redefine(world: World, schedule: Schedule, policies: Policies) -> None:
    """Give a schedule other policies."""
    agent, stored = world.ports.store.schedules.get(schedule.key, now=world.now)
    assert stored is not None
    definition = replace(stored.definition, policies=policies)
    change = transitions.redefined(stored, definition, world.clock(), agent_deletions=agent.deletions)
    assert change is not None
    world.ports.store.schedules.change(world.call, stored, change, agent, world.ports.limits.quotas)


def busy(world: World, overlap: Overlap, *, occurrences: int = 2) -> Schedule:
    """A schedule of every 45 s whose first run is open at the gateway, and so many of whose occurrences came."""
    world.gateway.polls = LONG
    schedule = with_policies(world, Policies(overlap=overlap))
    world.pass_time(STEP * occurrences + 5)
    return schedule


def end_at_gateway(world: World, run: Run) -> None:
    """Let the gateway complete the response of a run."""
    world.gateway.responses[f"resp_{run.key.run_id.removeprefix('run_').lower()}"]["left"] = 0


def open_at_gateway(world: World) -> list[str]:
    """The ids of the responses that are in progress at the gateway."""
    return [name for name, response in world.gateway.responses.items() if response["left"] > 0]


def statuses(world: World, schedule: Schedule) -> list[str]:
    """Each run in order: `waiting` for another one, `open`, or its terminal status."""
    return [run.status if run.terminal else "waiting" if run.waiting else "open" for run in world.runs(schedule)]


def world_of(overlap: Overlap, *, occurrences: int = 2) -> tuple[World, Schedule]:
    """A world with such a schedule."""
    world = World()
    return world, busy(world, overlap, occurrences=occurrences)


def pause(world: World, schedule: Schedule) -> None:
    """Pause it."""
    schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def delete(world: World, schedule: Schedule) -> None:
    """Delete it."""
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def cancel(world: World, schedule: Schedule, number: int) -> None:
    """Cancel one of its runs."""
    run = world.runs(schedule)[number]
    run_service.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
