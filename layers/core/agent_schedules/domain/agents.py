"""A saved agent: the configuration its runs are rendered from, and what deleting and restoring make of it. Pure."""

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
"""The fields of contract 3.2 that a version of an agent consists of."""


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
    """How often it was deleted so far. A schedule activated under fewer reads as paused: that is how one write pauses
    them all (contract D32), and a count needs no two clocks to agree."""
    deleted_at: datetime | None = None
    retention_expires_at: datetime | None = None
    """Until then a deleted agent can be read and restored; fixed at its deletion."""

    @property
    def etag(self) -> str:
        """Its entity tag: it follows every change that a caller makes."""
        return f'"v{self.version}.{self.deletions}{"-deleted" if self.deleted_at else ""}"'

    def changed(self, configuration: dict[str, Any], now: datetime) -> Agent:
        """With another configuration, as its next version."""
        return replace(self, version=self.version + 1, configuration=configuration, updated_at=now)

    def deleted(self, now: datetime, *, retention_days: int) -> Agent:
        """Soft-deleted: it keeps its versions and runs, and its schedules read as paused from now on."""
        return replace(
            self,
            deletions=self.deletions + 1,
            deleted_at=now,
            retention_expires_at=now + timedelta(days=retention_days),
        )

    def restored(self) -> Agent:
        """Live again, as it was. `deletions` stays, so its schedules stay paused."""
        return replace(self, deleted_at=None, retention_expires_at=None)

    def restorable(self, now: datetime) -> bool:
        """Whether it is deleted and its restore window is still open."""
        return self.retention_expires_at is not None and now < self.retention_expires_at

    def expired(self, now: datetime) -> bool:
        """Whether it is deleted and its restore window is over: it reads as if it had never been."""
        return self.retention_expires_at is not None and now >= self.retention_expires_at


@dataclass(frozen=True)
class AgentVersion:
    """One entry of an agent's history. History is only ever appended to."""

    agent_id: str
    version: int
    configuration: dict[str, Any]
    created_at: datetime
    restored_from: int | None = None
    """The version that a rollback took this configuration from."""

    @property
    def id(self) -> str:
        """Its id, which follows from the agent's."""
        return f"{self.agent_id}_v{self.version}"


def version_of(agent: Agent, *, restored_from: int | None = None) -> AgentVersion:
    """The entry of history that an agent's current version is."""
    return AgentVersion(agent.id, agent.version, agent.configuration, agent.updated_at, restored_from)
