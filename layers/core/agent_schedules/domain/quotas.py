"""What a tenant and an agent may have, and how much of it they have. Pure (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """The limits of the counters; 0: no limit."""

    schedules: int = 10_000
    """Of a tenant, in the name of whichever user; deleted ones and those of deleted agents aside."""
    per_agent: int = 5_000
    """Of an agent; deleted ones aside."""
    hourly: int = 36_000
    """Occurrences in an hour of a tenant's schedules together, each in its busiest; paused and completed ones too."""

    runs: int = 600
    """Started by callers in a minute, of a tenant (`allowance.py`)."""


UNLIMITED = Quotas(0, 0, 0, 0)


@dataclass(frozen=True)
class TenantCount:
    """What is counted of one tenant."""

    schedules: int
    hourly: int
    """See `Quotas.hourly`."""


@dataclass(frozen=True)
class AgentCount:
    """What is counted below one agent."""

    schedules: int
    """Those among its tenant's, which it takes along when it is deleted, and brings back when it is restored."""
    hourly: int
    """Their occurrences among its tenant's, likewise."""
    deletions: int
    """`Agent.deletions`, against which a change is held that read the agent before it was deleted."""
    rev: int
