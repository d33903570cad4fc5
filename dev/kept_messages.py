"""The messages of the notifier's queues on disk. SQS keeps them; here they must survive a stop or a kill.

A delivery has no row before its first attempt, so the table alone could not bring it back.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dev.file_errors import FREE_SPACE, Unusable, is_disk_full


@dataclass(frozen=True)
class Kept:
    """A message that waits."""

    number: int
    queue: str
    due: datetime
    body: str


class KeptMessages:
    """The messages that were sent and not handled yet. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY, queue TEXT, due TEXT, body TEXT)"
            )
            rows = database.execute("SELECT number, queue, due, body FROM messages ORDER BY number").fetchall()
            self.at_start = [
                Kept(number, queue, datetime.fromisoformat(due), body) for number, queue, due, body in rows
            ]
            """What an earlier process left."""
        except (sqlite3.Error, ValueError) as error:
            database.close()
            remedy = FREE_SPACE if is_disk_full(error) else "restore or delete the file"
            raise Unusable(f"{path}: {error}; {remedy}, or set another LOCAL_DIR") from None
        self._database = database

    def add(self, queue: str, due: datetime, body: str) -> int:
        """Keep a message. Returns its number. Raises sqlite3.Error if the disk is full or the file closed."""
        with self._lock:
            if self._database is None:
                raise sqlite3.ProgrammingError("the stack has stopped")
            with self._database:
                cursor = self._database.execute(
                    "INSERT INTO messages (queue, due, body) VALUES (?, ?, ?)", (queue, due.isoformat(), body)
                )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def handled(self, number: int) -> None:
        """Forget a message. One that is handled after the stop comes again at the next start."""
        with self._lock:
            if self._database is not None:
                with self._database:
                    self._database.execute("DELETE FROM messages WHERE number = ?", (number,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None
