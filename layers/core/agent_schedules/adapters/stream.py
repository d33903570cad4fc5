"""The table's changes as its stream delivers them, and what they say to the world."""

from __future__ import annotations

from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.storage.events import Event, events_of
from agent_schedules.storage.table import Item
from agent_schedules.telemetry import logger


def events_in(record: Any) -> list[Event]:
    """What a record says: nothing if it is not about a row of ours, because it must not hold up the rest.

    Raises Unavailable for a row of a newer release.
    """
    try:
        return events_of(_image(record, "OldImage"), _image(record, "NewImage"))
    except ValueError as error:
        logger.warning("change not read", extra={"error": type(error).__name__})
        return []


def _image(record: Any, name: str) -> Item | None:
    change = record.get("dynamodb") if isinstance(record, dict) else None
    if not isinstance(change, dict):
        raise ValueError("not a change of a row")
    return unmarshalled(change[name]) if name in change else None
