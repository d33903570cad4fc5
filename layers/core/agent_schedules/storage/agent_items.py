"""Agents and their history: each to its item and back. Pure."""

from __future__ import annotations

import json
from typing import Any, cast

from agent_schedules.domain.agents import CONFIGURATION, Agent, AgentVersion
from agent_schedules.storage.attributes import item_at, moment, moment_or_none
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.keys import RETENTION, agent_key, attention_in, version_key
from agent_schedules.storage.table import Item
from agent_schedules.timestamps import ceil_seconds

PURGE_SLACK = 3600
"""Seconds from the end of a deleted agent's retention until its rows are removed. A restore is refused after it by
the API function's clock, so that no difference between two clocks lets a restore and a removal meet."""


def agent_item(owner: str, agent: Agent) -> Item:
    """Return an agent's row: its current configuration. A deleted one is in the reconciler's index."""
    until = agent.retention_expires_at
    return item_at(
        agent_key(owner, agent.id, deleted=agent.deleted_at is not None),
        id=agent.id,
        version=agent.version,
        configuration=json_text(agent.configuration),
        created_at=agent.created_at,
        updated_at=agent.updated_at,
        deletions=agent.deletions,
        deleted_at=agent.deleted_at,
        retention_expires_at=until,
        key=agent.key,
        **attention_in(RETENTION, None if until is None else ceil_seconds(until) + PURGE_SLACK),
    )


def agent_of(item: Item) -> Agent:
    """Return the agent in a row."""
    return Agent(
        id=str(item["id"]),
        version=cast(int, item["version"]),
        configuration=_configuration(item),
        created_at=moment(item, "created_at"),
        updated_at=moment(item, "updated_at"),
        deletions=cast(int, item["deletions"]),
        deleted_at=moment_or_none(item, "deleted_at"),
        retention_expires_at=moment_or_none(item, "retention_expires_at"),
        key=str(item["key"]) if "key" in item else None,
    )


def version_item(owner: str, version: AgentVersion) -> Item:
    """Return the item of an entry of an agent's history."""
    return item_at(
        version_key(owner, version.agent_id, version.version),
        id=version.agent_id,
        version=version.version,
        configuration=json_text(version.configuration),
        created_at=version.created_at,
        restored_from=version.restored_from,
    )


def version_of_item(item: Item) -> AgentVersion:
    """Return the entry of history in an item."""
    return AgentVersion(
        agent_id=str(item["id"]),
        version=cast(int, item["version"]),
        configuration=_configuration(item),
        created_at=moment(item, "created_at"),
        restored_from=cast(int, item["restored_from"]) if "restored_from" in item else None,
    )


def _configuration(item: Item) -> dict[str, Any]:
    stored = json.loads(cast(str, item["configuration"]))
    return {name: stored[name] for name in CONFIGURATION}
