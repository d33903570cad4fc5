"""The history of each schedule: what its callers' changes established, and what came of its nominal times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_schedules.domain.schedules import Key

from tests.faults.core import Process
from tests.faults.rules import Definition

Row = Mapping[str, Any]
"""An item as it is read here."""
TERMINAL = {"completed", "failed", "cancelled", "incomplete"}
TOLERANCE = 2  # seconds: two clocks that differ


@dataclass
class Epoch:
    """What a schedule was from one change of a caller to the next."""

    generation: int
    revision: int
    spec: Definition
    status: str
    begins: int
    """Nominal times after this one are its own (UTC seconds)."""
    deletions: int
    by: Process
    answered: bool = False
    """Whether a caller was told of it."""
    ends: int | None = None
    spared: frozenset[int] = frozenset()
    """Its nominal times that the next one has taken over."""
    settled: int = 0
    """As far as its row is settled."""
    completed: bool = False
    completed_at: int | None = None
    """No nominal time after this one has an outcome."""


@dataclass
class Story:
    """Everything that was ever committed about a schedule."""

    key: Key
    made_by: Process
    epochs: list[Epoch]
    undone: bool = False
    records: dict[int, tuple[Definition, Row]] = field(default_factory=dict)
    """By the first nominal time of each."""
    runs: list[int] = field(default_factory=list)
    """The nominal times of its scheduled runs."""
    backfilled: list[int] = field(default_factory=list)
    """Those of the runs of backfills."""
    last_run: str | None = None
    idle_since: int = 0
    """When its row was last written as active (UTC seconds)."""

    @property
    def decided(self) -> list[int]:
        """The nominal times that have an outcome, at least the last one of each record."""
        return [*self.runs, *self.backfilled, *(int(record["last"]) for _, record in self.records.values())]


def seconds_of(text: Any) -> int:
    """Whole seconds of a stored time, rounded down."""
    return int(datetime.fromisoformat(str(text)).timestamp() // 1)
