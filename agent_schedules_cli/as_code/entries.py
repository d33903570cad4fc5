"""Agents and schedules of the API in the form of the file, and the file's own in the form that the API answers."""

from __future__ import annotations

from typing import Any

from agent_schedules.schemas.policies import PoliciesBody, policies_in
from agent_schedules.schemas.requests import AgentFields, ScheduleFields
from agent_schedules.schemas.timing import timing_of
from agent_schedules.storage.definitions import timing_json
from agent_schedules.timestamps import text_of

from agent_schedules_cli.fleet_file.checks import LONG_AGO
from agent_schedules_cli.fleet_file.ordered import ordered_agent, ordered_schedule

Entry = dict[str, Any]
"""An agent without its schedules, or a schedule, each without its key."""
DEPLOYMENTS = ("misfire_grace_seconds", "timeout_seconds", "run_retention_days")
"""Policies whose defaults a deployment sets. `limits` answers with them."""


def agent_of(view: dict[str, Any]) -> Entry:
    """Return an agent of the API as an entry."""
    return agent_entry({name: view[name] for name in AgentFields.model_fields if name in view})


def agent_entry(agent: dict[str, Any]) -> Entry:
    """Return an agent of the file as an entry."""
    ordered = ordered_agent({name: value for name, value in agent.items() if name not in ("key", "schedules")})
    return _sorted_metadata({name: value for name, value in ordered.items() if value not in (None, [], {})})


def schedule_of(view: dict[str, Any], limits: dict[str, Any]) -> Entry:
    """Return a schedule of the API as an entry."""
    sent = {name: view[name] for name in ScheduleFields.model_fields if name in view}
    sent["policies"] = {name: value for name, value in view["policies"].items() if name in PoliciesBody.model_fields}
    return schedule_entry(sent | {"paused": view["status"] == "paused"}, limits)


def schedule_entry(schedule: dict[str, Any], limits: dict[str, Any]) -> Entry:
    """Return a schedule of the file as an entry: times in UTC, and without policies that are the deployment's."""
    body = ScheduleFields.model_validate({name: value for name, value in schedule.items() if name != "key"})
    timing = timing_of(body.schedule, now=LONG_AGO, minimum_interval=1)
    policies = policies_in(body.policies, timing.timezone)
    said: dict[str, Any] = {name: getattr(policies, name) for name in PoliciesBody.model_fields}
    for name in ("start_at", "end_at"):
        said[name] = said[name] and text_of(said[name])
    for name in DEPLOYMENTS:
        said[name] = None if said[name] == limits.get(name) else said[name]
    said["exclude"] = sorted(map(str, policies.exclude))
    fields = body.model_dump() | {"policies": said}
    fields["schedule"] = {name: value for name, value in timing_json(timing).items() if name != "first"}
    return _sorted_metadata({name: value for name, value in ordered_schedule(fields).items() if value is not None})


def _sorted_metadata(entry: Entry) -> Entry:
    return entry | {"metadata": dict(sorted(entry["metadata"].items()))} if "metadata" in entry else entry
