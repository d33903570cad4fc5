"""The event bus of the local stack: a file of JSON lines, as a rule on the real bus would get them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from agent_schedules.storage.events import SOURCE, Announcement

from dev.torn import mend


class EventFile:
    """Appends each event to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        mend(path)

    def publish(self, announcements: Sequence[Announcement]) -> None:
        """See `EventBus.publish`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            for announcement in announcements:
                event = {"source": SOURCE, "detail-type": announcement.kind, "detail": announcement.detail}
                file.write(json.dumps(event) + "\n")
