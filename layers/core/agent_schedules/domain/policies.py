"""Policies: the behaviour of a schedule where its owner has a choice. Pure; tested in `test_settlement.py`.

To add a policy, add a dataclass here and a field of `Policies`, and use it in `settlement.decide`.
"""

from __future__ import annotations

from dataclasses import dataclass

ON_TIME = 120  # seconds: an occurrence found up to this late is on time and always runs (contract D30)


@dataclass(frozen=True)
class Misfire:
    """The policy for occurrences that are found late (contract D30): the newest may still run, the rest are missed."""

    grace: int
    """Seconds; how late the newest one still runs."""
    reason: str = "late"
    """The reason on the record of the missed ones."""

    def late_until(self, now: int) -> int:
        """Return the newest second (UTC) whose occurrence counts as late at `now`."""
        return now - ON_TIME - 1

    def runs(self, newest: int, now: int) -> bool:
        """Whether the newest late occurrence still runs."""
        return now - newest <= self.grace


@dataclass(frozen=True)
class Policies:
    """The policies that a schedule is settled by."""

    misfire: Misfire
