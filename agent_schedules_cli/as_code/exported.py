"""The file of a service's agents and schedules."""

from __future__ import annotations

from typing import Any

from agent_schedules_cli.as_code.entries import Entry
from agent_schedules_cli.as_code.live import Live, LiveSchedule
from agent_schedules_cli.fleet_file.keys import key_of


def exported(live: Live) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the agents of the file, in the order of their keys, and what is not in it."""
    agents, notes, by_jobs = [], [], 0
    for agent in live.agents:
        schedules = []
        for schedule in agent.schedules:
            name = f"{key_of(agent.view)}/{key_of(schedule.view)}"
            if schedule.over:
                why = "is completed" if schedule.view["status"] == "completed" else "has no time left"
                notes.append(f"{name} {why}, so it is left out")
                continue
            schedules.append({"key": key_of(schedule.view), **_with_grid(schedule)})
            pause = schedule.view["pause"] or {}
            by_jobs += bool(pause.get("job"))
            if pause.get("until"):
                notes.append(f"{name} is written as paused without an end; the service resumes it by itself")
            if schedule.view["skips"]:
                notes.append(f"{name} has occurrences to skip, which are left out")
        agents.append(
            {"key": key_of(agent.view), **agent.entry, "schedules": sorted(schedules, key=lambda one: str(one["key"]))}
        )
    if by_jobs:
        notes.append(
            f"{by_jobs} paused by a job such as pause-all, and written as paused: where the file is applied, "
            "`schedules resume-all` does not resume them"
        )
    return sorted(agents, key=lambda one: str(one["key"])), notes


def _with_grid(schedule: LiveSchedule) -> Entry:
    """Return the entry of a schedule, with the beginning of its grid."""
    if schedule.grid is None:
        return schedule.entry
    return schedule.entry | {"schedule": schedule.entry["schedule"] | {"start_at": schedule.grid}}
