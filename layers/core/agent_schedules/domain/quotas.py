"""The limits of a tenant and of an agent, and their counts. Pure (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """The limits of the counters; 0: no limit."""

    schedules: int = 10_000
    """Of a tenant with all its users; without deleted ones and those of deleted agents."""
    per_agent: int = 5_000
    """Of an agent, without deleted ones."""
    hourly: int = 36_000
    """The sum of the occurrences in the busiest hour of each of a tenant's schedules, also paused and completed."""

    runs: int = 600
    """Runs that a tenant's callers start in a minute (`rate_limit.py`)."""
    webhooks: int = 50
    """Of a tenant with all its users, without poll webhooks."""

    @property
    def backfilled(self) -> int:
        """Runs that a tenant's backfills begin in an hour: as many as its callers may start."""
        return 60 * self.runs


UNLIMITED = Quotas(0, 0, 0, 0, 0)


@dataclass(frozen=True)
class TenantCount:
    """The counts of one tenant."""

    schedules: int
    hourly: int
    """See `Quotas.hourly`."""
    webhooks: int = 0


@dataclass(frozen=True)
class AgentCount:
    """The counts of one agent."""

    schedules: int
    """Its schedules. A deletion subtracts them from the tenant's count, a restoration adds them again."""
    hourly: int
    """The occurrences of its schedules, as in `Quotas.hourly`; likewise."""
    deletions: int
    """`Agent.deletions`, by which a change fails that read the agent before it was deleted."""
    rev: int
