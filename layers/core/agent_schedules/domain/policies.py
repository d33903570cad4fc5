"""Policies: how a schedule behaves where its owner has a choice. Pure; tested in `test_settlement.py`.

A new policy is a dataclass of its own here, a field of `Policies`, and the place in `settlement.decide` that asks it.
"""

from __future__ import annotations

from dataclasses import dataclass

ON_TIME = 120  # seconds: an occurrence found up to this late is on time and always runs (contract D30)


@dataclass(frozen=True)
class Misfire:
    """What becomes of occurrences that are found late (contract D30): the newest may still run, the rest are missed."""

    grace: int
    """Seconds; how late the newest one still runs."""
    reason: str = "late"
    """What the record of the missed ones says."""

    def late_until(self, now: int) -> int:
        """The newest second (UTC) whose occurrence counts as late at `now`."""
        return now - ON_TIME - 1

    def runs(self, newest: int, now: int) -> bool:
        """Whether the newest late occurrence still runs."""
        return now - newest <= self.grace


@dataclass(frozen=True)
class Policies:
    """The policies that a schedule is settled by."""

    misfire: Misfire
