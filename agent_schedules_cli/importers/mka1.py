"""Translate the agents and schedules of another MKA1 server, as the vendor's SDK shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from agent_schedules.schemas.requests import AgentFields

from agent_schedules_cli.fleet_file.keys import key_of
from agent_schedules_cli.importers.drafts import Drafts, display_name
from agent_schedules_cli.importers.report import Imported, Report

_CARRIED = ("schedule", "input", "name", "conversation", "previous_response_id", "context_management", "metadata")


class Source(Protocol):
    """What is read of a server. Each list comes with whether it is whole."""

    def agents(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the agents that are not deleted."""

    def schedules(self, agent_id: str) -> tuple[list[dict[str, Any]], bool]:
        """Return the schedules of an agent that are not deleted."""


def from_mka1(source: Source, *, now: datetime) -> Imported:
    """Return the file of a server. Keys are made of names and ids, so a second import finds the same ones."""
    drafts = Drafts(Report("mka1"), now, model="")
    agents, whole = source.agents()
    if not whole:
        drafts.report.not_said.append(("all", "more agents than the server's lists show"))
    for agent in sorted(agents, key=lambda one: str(one["id"])):
        _add(drafts, agent, source)
    return drafts.imported()


def _add(drafts: Drafts, view: dict[str, Any], source: Source) -> None:
    where = f"{display_name(view['name'])} ({view['id']})"
    entry = {name: view[name] for name in AgentFields.model_fields if name in view} | {"key": _key(view)}
    entry["tools"] = [tool for tool in view["tools"] if tool.get("type") != "function_reference"]
    schedules, whole = source.schedules(view["id"])
    if not drafts.add_agent(entry, where):
        drafts.report.left_out += [(f"{where}, {one['id']}", "its agent is left out") for one in schedules]
        return
    if len(entry["tools"]) < len(view["tools"]):
        drafts.report.not_said.append((where, "tools that refer to stored functions; write them as `function` tools"))
    if not whole:
        drafts.report.not_said.append((where, "its other schedules: the SDK shows the oldest and the newest 100"))
    for one in sorted(schedules, key=lambda each: str(each["id"])):
        name = f"{where}, {display_name(one['name'] or one['id'])}"
        if one["status"] == "completed":
            drafts.report.left_out.append((name, "is completed, so it does not run any more"))
            continue
        schedule = {field: one[field] for field in _CARRIED if one.get(field) is not None}
        drafts.add(entry, schedule | {"key": _key(one), "paused": one["status"] == "paused"}, name)
        timing = one["schedule"]
        if timing["type"] == "interval" and timing.get("start_at") is None:
            said = "is an interval without start_at: here its first run is one interval after `apply`"
            drafts.report.differs.append((name, said))


def _key(view: dict[str, Any]) -> str:
    return key_of({"key": None, **view})
