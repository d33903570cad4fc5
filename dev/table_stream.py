"""The table's stream for the local stack: each committed change goes to the publisher, in the order of the commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dev.fake_aws.dynamodb import Change

Announce = Callable[[Sequence[dict[str, Any]]], None]
"""Takes a batch of changes, as a stream has them."""


class TableStream:
    """The changes that the publisher has not got yet. Thread-safe."""

    def __init__(self, now: Callable[[], datetime], announce: Announce) -> None:
        self._now = now
        self._announce = announce
        self._lock = threading.Lock()
        self._changes: list[dict[str, Any]] = []

    def note(self, changes: Sequence[Change]) -> None:
        """Take the changes of a transaction."""
        at = self._now().timestamp()
        with self._lock:
            for change in changes:
                images = {"OldImage": change.was, "NewImage": change.now}
                found = {name: row for name, row in images.items() if row is not None}
                self._changes.append({"ApproximateCreationDateTime": at, **found})

    def announce(self) -> None:
        """Deliver what came since the last time."""
        with self._lock:
            changes, self._changes = self._changes, []
        if changes:
            self._announce(changes)
