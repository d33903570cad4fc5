"""The one form of an agent and of a schedule: members in the order of the model, without those that say nothing."""

from __future__ import annotations

from typing import Any

from agent_schedules.schemas.policies import PoliciesBody
from pydantic import BaseModel

from agent_schedules_cli.fleet_file.model import AgentEntry, ScheduleEntry

_FIRST = ("key", "name", "paused")
_LAST = ("schedules",)
_TIMING = ("type", "cron_expression", "interval_seconds", "run_at", "start_at", "timezone", "precision")
_POLICY_DEFAULTS = {"spread_seconds": 0, "overlap": "allow", "misfire": "run_latest"}


def ordered_agent(agent: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an agent, and those of its schedules, as the file has them."""
    ordered = _ordered(agent, AgentEntry)
    if "schedules" in ordered:
        ordered["schedules"] = [ordered_schedule(schedule) for schedule in ordered["schedules"]]
    return ordered


def ordered_schedule(schedule: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a schedule as the file has them."""
    ordered = {
        name: value for name, value in _ordered(schedule, ScheduleEntry).items() if (name, value) != ("metadata", {})
    }
    timing = ordered["schedule"]
    ordered["schedule"] = {name: timing[name] for name in _TIMING if timing.get(name) is not None}
    sent = _ordered(ordered.pop("policies", None) or {}, PoliciesBody)
    policies = {
        name: value for name, value in sent.items() if value not in (None, []) and value != _POLICY_DEFAULTS.get(name)
    }
    return ordered | ({"policies": policies} if policies else {})


def _ordered(value: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return the members in the order of the model, without those that have their defaults."""
    fields = model.model_fields
    names = [*_FIRST, *(name for name in fields if name not in (*_FIRST, *_LAST)), *_LAST]
    return {name: value[name] for name in names if name in value and value[name] != fields[name].default}
