"""The report of an import: what was left out, and what means something else here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """Findings, in the order in which they were made. Each is a place in the source and a sentence."""

    source: str
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Whole schedules that are not in the file."""
    not_said: list[tuple[str, str]] = field(default_factory=list)
    """Parts of schedules that are in the file without them."""
    differs: list[tuple[str, str]] = field(default_factory=list)
    """What is in the file and acts in another way here."""

    @property
    def complete(self) -> bool:
        """Whether everything that the source says is in the file."""
        return not self.left_out and not self.not_said

    def text(self, agents: list[dict[str, Any]]) -> str:
        """Return the report as lines for people. `agents` are those of the file."""
        schedules = sum(len(agent["schedules"]) for agent in agents)
        left_out = len({where for where, _ in self.left_out})
        written = f"{_counted(schedules, 'schedule')} of {_counted(len(agents), 'agent')} written"
        lines = [f"{self.source}: {written}, {left_out} left out"]
        for title, findings in (
            ("Left out:", self.left_out),
            ("Written, but without:", self.not_said),
            ("Different in meaning:", self.differs),
        ):
            if findings:
                lines += ["", title, *(f"  {where}: {said}" for where, said in findings)]
        return "\n".join(lines) + "\n"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class Imported:
    """The agents of the file, each with its schedules, and the report."""

    agents: list[dict[str, Any]]
    report: Report
