"""Turn records of the table's stream into events."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.domain.events import Event
from agent_schedules.domain.wire import LATEST
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Item
from agent_schedules.telemetry import logger


def events_in(record: Any, *, public_url: str = "") -> list[Event]:
    """Return the events of a record. A record that is not of a known row has none, so that it does not block the rest.

    Raises Unavailable for a row of a newer release.
    """
    try:
        return events_of(_change(record), public_url=public_url)
    except ValueError as error:
        logger.warning("change not read", extra={"error": type(error).__name__})
        return []


def _change(record: Any) -> Change:
    change = record.get("dynamodb") if isinstance(record, dict) else None
    if not isinstance(change, dict):
        raise ValueError("not a change of a row")
    return Change(_image(change, "OldImage"), _image(change, "NewImage"), _committed_at(change))


def _image(change: dict[str, Any], name: str) -> Item | None:
    return unmarshalled(change[name]) if name in change else None


def _committed_at(change: dict[str, Any]) -> datetime:
    """Return when the change was committed. The stream says it in seconds since the epoch."""
    at = change.get("ApproximateCreationDateTime")
    if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at) or not 0 <= at <= LATEST:
        raise ValueError("not a time of the stream")
    return datetime.fromtimestamp(at, UTC)
