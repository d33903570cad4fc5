"""The agents and schedules of a service, as `plan` compares them.

Each agent's schedules are listed by themselves: these lists are consistent, so a plan after `apply` sees all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_schedules_cli.api_client import ApiClient, agents_path
from agent_schedules_cli.as_code.entries import Entry, agent_of, schedule_of


@dataclass(frozen=True)
class LiveSchedule:
    """A schedule that is not deleted."""

    view: dict[str, Any]
    entry: Entry


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


def read_live(api: ApiClient, advance: Callable[[int, int], None]) -> Live:
    """Read a service. `advance` is told how many agents of how many have been read. Raises Failure."""
    limits = api.get("/api/v1/limits")
    found: list[LiveAgent] = []
    views = api.list_items(agents_path(), None).items
    for number, view in enumerate(views, 1):
        schedules = api.list_items(agents_path(view["id"], "schedules"), None).items
        found.append(
            LiveAgent(view, agent_of(view), [LiveSchedule(one, schedule_of(one, limits)) for one in schedules])
        )
        advance(number, len(views))
    return Live(found, limits)
