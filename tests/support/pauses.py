"""Schedules that are paused until a time, and time that passes as on AWS."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.controls import PauseBody
from agent_schedules.services import schedules as schedule_service

from tests.support.fakes import FakeScheduler
from tests.support.world import World

TEN = {"type": "cron", "cron_expression": "*/10 * * * *"}
UNTIL = "2026-03-02T12:00:00Z"
WAKES = int(datetime.fromisoformat(UNTIL).timestamp())


def pause(world: World, schedule: Schedule, **body: Any) -> Schedule:
    """Pause it with that body."""
    at = schedule.key.agent_id, schedule.key.schedule_id
    return schedule_service.pause_schedule(world.ports, world.call, *at, PauseBody.model_validate(body))


def wake_entry(schedule: Schedule) -> str:
    return f"{schedule.key.schedule_id}-{WAKES}"


def fired(world: World) -> list[int]:
    """The times of the entries of a world's one schedule that fire now. One-time ones delete themselves."""
    times: list[int] = []
    for name, entry in list(world.scheduler.entries.items()):
        if entry.delete_after and FakeScheduler.at(entry) <= world.clock.moment:
            del world.scheduler.entries[name]
            times.append(int(FakeScheduler.at(entry).timestamp()))
        elif not entry.delete_after and world.now % 600 == 0:
            times.append(world.now)
    return times


def live(world: World, schedule: Schedule, seconds: int) -> None:
    """Let time pass as on AWS: entries fire within their second."""
    for _ in range(seconds):
        world.clock.advance(1)
        for time in fired(world):
            world.hint(schedule, time)
        world.work()


def outcomes(world: World, schedule: Schedule) -> list[tuple[str, int, int]]:
    """The records, and the runs together as one."""
    found = [(str(row["reason"]), int(row["first"]), int(row["count"])) for row in world.records(schedule)]
    runs = [run.scheduled_for or 0 for run in world.runs(schedule)]
    return [*found, ("ran", min(runs), len(runs))] if runs else found
