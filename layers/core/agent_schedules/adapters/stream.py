"""Turn records of the table's stream into events."""

from __future__ import annotations

from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.storage.events import Event, events_of
from agent_schedules.storage.table import Item
from agent_schedules.telemetry import logger


def events_in(record: Any) -> list[Event]:
    """Return the events of a record. A record that is not of a known row has none, so that it does not block the rest.

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
