"""Backfills of schedules in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.policies import NO_POLICIES, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.occurrences import BackfillBody
from agent_schedules.services import backfills as service

from tests.support.lines import with_policies
from tests.support.world import World

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
