"""A newer release of the time zone database moves what is to come, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.domain.schedules import Schedule
from agent_schedules.services import schedules as schedule_service
from agent_schedules.timing.zones import TZDATA_VERSION

from tests.support.world import World

SPECS: dict[str, dict[str, Any]] = {
    "cron": {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"},
    "open cron": {"type": "cron", "cron_expression": "*/20 * * * *", "timezone": "Asia/Kathmandu"},
    "second-exact": {"type": "cron", "cron_expression": "0 9 * * *", "precision": "second"},
    "rate": {"type": "interval", "interval_seconds": 3600},
}


def of_an_older_release(world: World, spec: dict[str, Any]) -> tuple[Schedule, int | None]:
    """A schedule as a function with an older database stored it, an hour off, and its right next time."""
    schedule = world.create(spec)
    right = schedule.state.next_run_at
    assert right is not None
    key = schedule.key
    row = world.table.items[f"{key.owner}#{key.agent_id}", f"S#{key.schedule_id}#s"]
    row |= {"tzdata": "2001a", "next_run_at": right + 3600}
    world.scheduler.entries.clear()
    world.queue.messages.clear()
    return schedule, right


@pytest.mark.parametrize("spec", SPECS)
def test_the_next_time_is_shown_by_the_database_in_use(spec: str) -> None:
    world = World()
    schedule, right = of_an_older_release(world, SPECS[spec])
    key = schedule.key
    found = schedule_service.get_schedule(world.ports, world.caller, key.agent_id, key.schedule_id)
    assert found.state.next_run_at == right


@pytest.mark.parametrize("spec", SPECS)
def test_the_first_hint_arms_and_stores_it_anew_once(spec: str) -> None:
    world = World()
    schedule, right = of_an_older_release(world, SPECS[spec])
    world.hint(schedule)
    assert (world.state(schedule).tzdata, world.state(schedule).next_run_at) == (TZDATA_VERSION, right)
    assert len(world.scheduler.entries) == 1
    calls = len(world.scheduler.calls)
    world.hint(schedule)
    assert len(world.scheduler.calls) == calls
