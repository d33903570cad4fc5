"""A saved agent: the configuration of its runs, its history, its deletion and restoration. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

CONFIGURATION = (
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tool_calls",
    "fallback_models",
    "text",
    "reasoning",
    "metadata",
)
"""The fields of a version of an agent (contract 3.2)."""


@dataclass(frozen=True)
class Agent:
    """An agent at its current version, live or soft-deleted."""

    id: str
    version: int
    configuration: dict[str, Any]
    """Exactly the fields of `CONFIGURATION`."""
    created_at: datetime
    updated_at: datetime
    deletions: int = 0
    """How often it was deleted. A schedule activated under a lower count reads as paused: so one write pauses them all
    (contract D32), and a count does not depend on two clocks."""
    deleted_at: datetime | None = None
    retention_expires_at: datetime | None = None
    """The end of the time in which a deleted agent can be read and restored, fixed at its deletion."""
    key: str | None = None
    """The caller's own name for it, unique among its owner's live agents."""

    @property
    def etag(self) -> str:
        """Its entity tag, which every change by a caller changes."""
        return f'"v{self.version}.{self.deletions}{"-deleted" if self.deleted_at else ""}"'

    def changed(self, configuration: dict[str, Any], now: datetime, *, key: str | None = None) -> Agent:
        """Return the next version, with another configuration, or with its first stable key."""
        return replace(self, version=self.version + 1, configuration=configuration, updated_at=now, key=self.key or key)

    def deleted(self, now: datetime, *, retention_days: int) -> Agent:
        """Return the agent soft-deleted. It keeps its versions and runs; its schedules read as paused from now on."""
        return replace(
            self,
            deletions=self.deletions + 1,
            deleted_at=now,
            retention_expires_at=now + timedelta(days=retention_days),
        )

    def restored(self) -> Agent:
        """Return the agent live again. `deletions` stays, so its schedules stay paused."""
        return replace(self, deleted_at=None, retention_expires_at=None)

    def restorable(self, now: datetime) -> bool:
        """Whether it is deleted and its restore window is still open."""
        return self.retention_expires_at is not None and now < self.retention_expires_at

    def expired(self, now: datetime) -> bool:
        """Whether it is deleted and its restore window is over. It then reads as if it did not exist."""
        return self.retention_expires_at is not None and now >= self.retention_expires_at


@dataclass(frozen=True)
class AgentVersion:
    """One entry of an agent's history, which is only appended to."""

    agent_id: str
    version: int
    configuration: dict[str, Any]
    created_at: datetime
    restored_from: int | None = None
    """The version that a rollback took this configuration from."""

    @property
    def id(self) -> str:
        """Its id, derived from the agent's."""
        return f"{self.agent_id}_v{self.version}"


def version_of(agent: Agent, *, restored_from: int | None = None) -> AgentVersion:
    """Return the entry of history for an agent's current version."""
    return AgentVersion(agent.id, agent.version, agent.configuration, agent.updated_at, restored_from)
