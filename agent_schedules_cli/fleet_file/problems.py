"""What is wrong with a file: the field's path, its line, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a value: names of members and positions in lists."""
Lines = Mapping[Path, int]
"""The line of each value, from 1."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    path: Path
    line: int | None
    message: str

    def __str__(self) -> str:
        """Return the problem as `agents[0].name (line 3): must not be empty`."""
        where = path_text(self.path) or "file"
        return f"{where} (line {self.line}): {self.message}" if self.line else f"{where}: {self.message}"


class InvalidFile(Exception):
    """The file cannot be used. It has at least one problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def path_text(path: Path) -> str:
    """Return a path as people write it: `agents[0].schedules[2].schedule.cron_expression`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part[:60]}" if text else part[:60]
    return text


def line_of(lines: Lines, path: Path) -> int | None:
    """Return the line of a value, or of the nearest one that holds it where it is missing."""
    while path not in lines:
        if not path:
            return None
        path = path[:-1]
    return lines[path]
