"""The file in the making: agents and schedules with keys that occur once, each checked as the API checks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_schedules_cli.fleet_file.checks import refusal
from agent_schedules_cli.fleet_file.keys import LONGEST_KEY
from agent_schedules_cli.fleet_file.problems import path_text
from agent_schedules_cli.importers.report import Imported, Report

LONGEST_NAME = 120


def display_name(text: str) -> str:
    """Return the first line of a text, as long as a name may be."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


@dataclass
class Drafts:
    """Agents and schedules on their way into the file. Those that the API would refuse go into the report."""

    report: Report
    now: datetime
    model: str
    _agents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_agent(self, agent: dict[str, Any], where: str) -> bool:
        """Add a whole agent, which may have no schedules. Return whether it is in the file."""
        from agent_schedules.api.validation_errors import problem_of
        from pydantic import ValidationError

        from agent_schedules_cli.fleet_file.model import AgentEntry

        try:
            AgentEntry.model_validate(agent)
        except ValidationError as error:
            problem = error.errors()[0]
            self.report.left_out.append((where, f"{path_text(problem['loc'])}: {problem_of(dict(problem))}"))
            return False
        self._agents[agent["key"]] = agent | {"schedules": []}
        return True

    def add(self, agent: dict[str, Any], schedule: dict[str, Any], where: str) -> bool:
        """Add a schedule to its agent, which is made when its first schedule is. Return whether it is in the file."""
        refused = self._refused(schedule)
        if refused is not None:
            self.report.left_out.append((where, refused))
            return False
        mine = self._agents.setdefault(agent["key"], {"model": self.model} | agent | {"schedules": []})
        taken = {one["key"] for one in mine["schedules"]}
        mine["schedules"].append(schedule | {"key": _free(schedule["key"], taken)})
        return True

    def imported(self) -> Imported:
        """Return the whole file with its report."""
        return Imported(list(self._agents.values()), self.report)

    def _refused(self, schedule: dict[str, Any]) -> str | None:
        """Return why the API would refuse a schedule now, or None."""
        from agent_schedules.api.validation_errors import problem_of
        from agent_schedules.domain.preview import of_new
        from agent_schedules.errors import InvalidRequest
        from agent_schedules.schemas.policies import policies_in
        from agent_schedules.schemas.timing import timing_of
        from pydantic import ValidationError

        from agent_schedules_cli.fleet_file.model import ScheduleEntry

        try:
            entry = ScheduleEntry.model_validate(schedule)
        except ValidationError as error:
            problem = error.errors()[0]
            return f"{path_text(problem['loc'])}: {problem_of(dict(problem))}"
        wrong = refusal(entry)
        if wrong is not None:
            return f"{path_text(wrong[0])}: {wrong[1]}"
        try:
            timing = timing_of(entry.schedule, now=self.now, minimum_interval=1)
            of_new(timing, policies_in(entry.policies, timing.timezone), self.now, 1)
        except InvalidRequest as error:
            return error.message
        return None


def _free(key: str, taken: set[str]) -> str:
    """Return the key, with a number if it is taken."""
    found, number = key, 2
    while found in taken:
        end = f"-{number}"
        found, number = f"{key[: LONGEST_KEY - len(end)]}{end}", number + 1
    return found
