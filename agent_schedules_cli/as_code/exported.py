"""The file of a service's agents and schedules."""

from __future__ import annotations

from typing import Any

from agent_schedules_cli.as_code.live import Live
from agent_schedules_cli.fleet_file.keys import key_of


def exported(live: Live) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the agents of the file, in the order of their keys, and what is not in it."""
    agents, notes = [], []
    for agent in live.agents:
        schedules = []
        for schedule in agent.schedules:
            name = f"{key_of(agent.view)}/{key_of(schedule.view)}"
            if schedule.view["status"] == "completed":
                notes.append(f"{name} is completed, so it is left out")
                continue
            schedules.append({"key": key_of(schedule.view), **schedule.entry})
            if (schedule.view["pause"] or {}).get("until"):
                notes.append(f"{name} is written as paused without an end; the service resumes it by itself")
            if schedule.view["skips"]:
                notes.append(f"{name} has occurrences to skip, which are left out")
        agents.append(
            {"key": key_of(agent.view), **agent.entry, "schedules": sorted(schedules, key=lambda one: str(one["key"]))}
        )
    return sorted(agents, key=lambda one: str(one["key"])), notes
