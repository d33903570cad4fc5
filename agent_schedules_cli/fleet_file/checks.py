"""Check a file's values against the model, and by the rules of the API that no schema can say.

The file alone decides: no clock is read, so a `run_at` in the past is left for the API to refuse, or to know already.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agent_schedules.errors import InvalidRequest
from pydantic import ValidationError

from agent_schedules_cli.fleet_file.model import FleetFile, ScheduleEntry
from agent_schedules_cli.fleet_file.problems import InvalidFile, Lines, Path, Problem, line_of

LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)  # no `run_at` is in the past of it
_TYPES = {"once", "interval", "cron"}
MOST_SHOWN = 20


def check(value: Any, lines: Lines) -> FleetFile:
    """Return the file that a document holds. Raises InvalidFile with at most 20 problems."""
    from agent_schedules.api.validation_errors import problem_of

    try:
        file = FleetFile.model_validate(value)
    except ValidationError as error:
        problems = (dict(problem) for problem in error.errors(include_url=False))
        raise _invalid(
            lines,
            [
                (_path(problem), problem_of(problem).replace("of this request", "of this format"))
                for problem in problems
            ],
        ) from error
    found = [*_repeated(file)]
    for at, agent in enumerate(file.agents):
        for position, schedule in enumerate(agent.schedules):
            refused = refusal(schedule)
            if refused is not None:
                found.append((("agents", at, "schedules", position, *refused[0]), refused[1]))
    if found:
        raise _invalid(lines, found)
    return file


def refusal(schedule: ScheduleEntry) -> tuple[Path, str] | None:
    """Return the field of a schedule that the API would refuse whatever the time is, and why."""
    from agent_schedules.schemas.policies import policies_in
    from agent_schedules.schemas.timing import timing_of

    try:
        timing = timing_of(schedule.schedule, now=LONG_AGO, minimum_interval=1)
        policies_in(schedule.policies, timing.timezone)
    except InvalidRequest as error:
        field, _, message = error.message.partition(": ")
        return tuple(int(part) if part.isdigit() else part for part in field.split(".")), message
    return None


def _path(problem: dict[str, Any]) -> Path:
    """Return the path in the document: pydantic's location without the type of a timing, which it puts in between."""
    path: list[str | int] = []
    for part in problem["loc"]:
        if part == "[key]":
            break
        if part not in _TYPES or path[-1:] != ["schedule"]:
            path.append(part)
    if problem["type"] == "union_tag_invalid":
        path.append("type")
    return tuple(path)


def _repeated(file: FleetFile) -> Iterator[tuple[Path, str]]:
    """Yield the keys that occur twice."""
    agents: dict[str, int] = {}
    for at, agent in enumerate(file.agents):
        if agents.setdefault(agent.key, at) != at:
            yield ("agents", at, "key"), f"{agent.key} is the key of agents[{agents[agent.key]}] too; choose another"
        schedules: dict[str, int] = {}
        for position, schedule in enumerate(agent.schedules):
            first = schedules.setdefault(schedule.key, position)
            if first != position:
                path = ("agents", at, "schedules", position, "key")
                yield path, f"{schedule.key} is the key of schedules[{first}] of this agent too; choose another"


def _invalid(lines: Lines, found: list[tuple[Path, str]]) -> InvalidFile:
    problems = [Problem(path, line_of(lines, path), message) for path, message in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        problems.append(Problem((), None, f"{len(found) - MOST_SHOWN} more problems are not shown"))
    return InvalidFile(*problems)
