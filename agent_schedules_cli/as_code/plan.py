"""What must change so that a service is as a file says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Literal, TypeVar

from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.requests import ScheduleFields
from agent_schedules.schemas.timing import timing_of

from agent_schedules_cli.as_code.differences import Difference, differences
from agent_schedules_cli.as_code.entries import Entry, agent_entry, schedule_entry
from agent_schedules_cli.as_code.grids import is_on
from agent_schedules_cli.as_code.live import Live, LiveAgent, LiveSchedule
from agent_schedules_cli.fleet_file.keys import is_made_of

Action = Literal["create", "change", "adopt", "delete"]
One = TypeVar("One", LiveAgent, LiveSchedule)


@dataclass(frozen=True)
class Step:
    """One agent or schedule that must change."""

    action: Action
    """`adopt`: it exists without a key. It gets its key, and then what differs."""
    agent: str
    """The key of the agent."""
    schedule: str | None = None
    """The key of the schedule; None if the agent itself is meant."""
    body: Entry = field(default_factory=dict)
    """The whole of it, for the API."""
    differences: tuple[Difference, ...] = ()
    id: str | None = None
    """The id of what exists."""

    @property
    def name(self) -> str:
        """The name for people."""
        return f"agent {self.agent}" if self.schedule is None else f"schedule {self.agent}/{self.schedule}"


@dataclass(frozen=True)
class Plan:
    """The steps, in an order that works."""

    steps: list[Step]
    unchanged: int
    extra: list[str]
    """What exists, has a key and is not in the file. Without `--prune` it stays."""
    agents: dict[str, str]
    """The ids of the agents that exist, by key."""
    refused: list[str]
    """Schedules that the service would refuse now, with its reason: a `run_at` has passed."""
    paused: list[str]
    """Schedules that are paused on the service and not in the file: `apply` does not resume them."""


def plan(desired: list[dict[str, Any]], live: Live, *, prune: bool, now: datetime) -> Plan:
    """Compare a file's agents with a service's."""
    planning = _Planning(live, prune=prune, now=now)
    for agent in desired:
        planning.agent(agent)
    planning.others({agent["key"] for agent in desired})
    return Plan(
        planning.steps + planning.deletions,
        planning.unchanged,
        planning.extra,
        planning.agents,
        planning.refused,
        planning.paused,
    )


class _Planning:
    def __init__(self, live: Live, *, prune: bool, now: datetime) -> None:
        self._live, self._prune, self._now = live, prune, now
        self.steps: list[Step] = []
        self.deletions: list[Step] = []
        self.unchanged = 0
        self.extra: list[str] = []
        self.agents: dict[str, str] = {}
        self.refused: list[str] = []
        self.paused: list[str] = []

    def agent(self, wanted: dict[str, Any]) -> None:
        """Compare an agent and its schedules."""
        key, entry = wanted["key"], agent_entry(wanted)
        found = _found(key, self._live.agents)
        if found is not None:
            self.agents[key] = found.view["id"]
        self._compare(Step("create", key, body=entry), found)
        schedules = [] if found is None else found.schedules
        for schedule in wanted.get("schedules", []):
            one = schedule_entry(schedule, self._live.limits)
            same = _found(schedule["key"], schedules)
            self._compare(Step("create", key, schedule["key"], body=_on_grid(one, same)), same)
        named = {schedule["key"] for schedule in wanted.get("schedules", [])}
        for one_live in schedules:
            own = one_live.view["key"]
            if own is not None and own not in named and not one_live.over:
                self._extra(Step("delete", key, own, id=one_live.view["id"]))

    def others(self, named: set[str]) -> None:
        """Look at the agents that are not in the file."""
        for agent in self._live.agents:
            own = agent.view["key"]
            if own is not None and own not in named:
                self._extra(Step("delete", own, id=agent.view["id"]))

    def _extra(self, step: Step) -> None:
        self.extra.append(step.name)
        if self._prune:
            self.deletions.append(step)

    def _compare(self, step: Step, found: LiveAgent | LiveSchedule | None) -> None:
        if found is None:
            self._check_time(step)
            self.steps.append(step)
            return
        before = dict(found.entry)
        if before.get("paused") and not step.body.get("paused"):
            self.paused.append(step.name)
            del before["paused"]
        after = dict(step.body)
        if found.view.get("status") == "completed":
            after.pop("paused", None)
        apart = tuple(differences(before, after))
        action: Action = "adopt" if found.view["key"] is None else "change"
        if action == "change" and not apart:
            self.unchanged += 1
            return
        if any(difference.path.startswith("schedule.") for difference in apart):
            self._check_time(step)
        self.steps.append(Step(action, step.agent, step.schedule, step.body, apart, found.view["id"]))

    def _check_time(self, step: Step) -> None:
        if step.schedule is None:
            return
        try:
            body = ScheduleFields.model_validate(step.body)
            timing_of(body.schedule, now=self._now, minimum_interval=1)
        except InvalidRequest as error:
            self.refused.append(f"{step.name}: {error.message}")


def _on_grid(entry: Entry, live: LiveSchedule | None) -> Entry:
    """Return an entry without a `start_at` that says what the schedule does anyway."""
    timing = entry["schedule"]
    if live is None or live.grid is None or not is_on(live.entry["schedule"], live.grid, timing):
        return entry
    return entry | {"schedule": {name: value for name, value in timing.items() if name != "start_at"}}


def _found(key: str, all_of_them: Sequence[One]) -> One | None:
    """Return the one with a key, or the one without that the key was made for."""
    with_it = (one for one in all_of_them if one.view["key"] == key)
    made_of = (one for one in all_of_them if is_made_of(key, one.view))
    return next(chain(with_it, made_of), None)
