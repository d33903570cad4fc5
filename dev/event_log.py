"""The local stack's event bus: a file of JSON lines with the events that a rule on the real bus would get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent_schedules.domain.events import SOURCE, Event

from dev import json_lines


class EventLog:
    """Appends each event to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        json_lines.truncate_partial_line(path)

    def publish(self, events: Sequence[Event]) -> None:
        """See `EventBus.publish`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        json_lines.append(
            self._path, ({"source": SOURCE, "detail-type": event.kind, "detail": event.data} for event in events)
        )
