"""The agents and schedules of a service, as `plan` compares them.

Each agent's schedules are listed by themselves: these lists are consistent, so a plan after `apply` sees all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_schedules_cli.api_client import ApiClient, agents_path, schedule_path
from agent_schedules_cli.as_code.entries import Entry, agent_of, schedule_of
from agent_schedules_cli.as_code.grids import is_unsaid, start_of


@dataclass(frozen=True)
class LiveSchedule:
    """A schedule that is not deleted."""

    view: dict[str, Any]
    entry: Entry
    grid: str | None = None
    """Where the grid of its interval begins, if its timing does not say so."""
    over: bool = False
    """Completed, or paused with no time left at which it could run. The service would not create it."""


@dataclass(frozen=True)
class LiveAgent:
    """An agent with its schedules."""

    view: dict[str, Any]
    entry: Entry
    schedules: list[LiveSchedule]


@dataclass(frozen=True)
class Live:
    """All that the key may see."""

    agents: list[LiveAgent]
    limits: dict[str, Any]
    """The deployment's defaults."""


def read_live(api: ApiClient, advance: Callable[[int, int], None], *, now: datetime) -> Live:
    """Read a service. `advance` is told how many agents of how many have been read. Raises Failure."""
    limits = api.get("/api/v1/limits")
    found: list[LiveAgent] = []
    views = api.list_items(agents_path(), None).items
    for number, view in enumerate(views, 1):
        schedules = api.list_items(agents_path(view["id"], "schedules"), None).items
        found.append(LiveAgent(view, agent_of(view), [_schedule(api, one, limits, now) for one in schedules]))
        advance(number, len(views))
    return Live(found, limits)


def _schedule(api: ApiClient, view: dict[str, Any], limits: dict[str, Any], now: datetime) -> LiveSchedule:
    entry = schedule_of(view, limits)
    over, grid = view["status"] == "completed" or _is_past(entry, now), None
    if is_unsaid(entry["schedule"]) and not over:
        coming = view["next_run_at"] or _previewed(api, view)
        grid = coming and start_of(entry["schedule"], coming, view["created_at"])
    return LiveSchedule(view, entry, grid, over)


def _is_past(entry: Entry, now: datetime) -> bool:
    ends = [entry["schedule"].get("run_at"), entry.get("policies", {}).get("end_at")]
    return any(end is not None and datetime.fromisoformat(end) <= now for end in ends)


def _previewed(api: ApiClient, view: dict[str, Any]) -> str | None:
    """Return the next time of a schedule that is paused, which its own answer does not have."""
    shown = api.get(schedule_path(view["agent_id"], view["id"], "preview"), count=1)["occurrences"]
    return shown[0]["at"] if shown else None
