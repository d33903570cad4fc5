"""The event bus of the local stack: a file of JSON lines, as a rule on the real bus would get them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from agent_schedules.storage.events import SOURCE, Event

from dev.torn import mend


class EventFile:
    """Appends each event to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        mend(path)

    def publish(self, events: Sequence[Event]) -> None:
        """See `EventBus.publish`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            for event in events:
                entry = {"source": SOURCE, "detail-type": event.kind, "detail": event.detail}
                file.write(json.dumps(entry) + "\n")
