"""What a tenant and an agent may have, and how much of it they have. Pure (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Most:
    """What the counters may come to; 0 is no limit."""

    schedules: int = 10_000
    """Of a tenant, in the name of whichever user; deleted ones and those of deleted agents aside."""
    active: int = 1_000
    """Of an agent."""
    hourly: int = 36_000
    """Occurrences in an hour of a tenant's schedules together, each in its busiest; paused and completed ones too."""

    runs: int = 600
    """Started by callers in a minute, of a tenant (`allowance.py`)."""


UNLIMITED = Most(0, 0, 0, 0)


@dataclass(frozen=True)
class TenantCount:
    """What is counted of one tenant."""

    schedules: int
    hourly: int
    """See `Most.hourly`."""


@dataclass(frozen=True)
class AgentCount:
    """What is counted below one agent."""

    schedules: int
    """Those among its tenant's, which it takes along when it is deleted, and brings back when it is restored."""
    hourly: int
    """Their occurrences among its tenant's, likewise."""
    active: int
    """Places taken: by active schedules, and by completed ones until somebody needs theirs."""
    deletions: int
    """`Agent.deletions` that `active` is under: the places of before went with the agent."""
    rev: int
