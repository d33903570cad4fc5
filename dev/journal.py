"""The local stack's table on disk: a journal of its writes in an SQLite database, replayed at start.

SQLite answers for a crash, a full disk and a damaged file. The journal has one row for each transaction of the table,
because a row for each item costs twice the time of a create's commit (docs/decisions/0010-local-aws.md). Rows hold
items whole, so the last row about an item is the item. A commit is in the write-ahead log before it takes effect in
memory, and the log is forced to the disk once a second: a power cut takes at most the last second, and a killed process
loses nothing.
"""

from __future__ import annotations

import base64
import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dev.fake_aws.dynamodb import Change
from dev.fake_aws.expressions import Item
from dev.fake_aws.sorted_rows import Key
from dev.file_errors import FREE_SPACE, Unusable, is_disk_full

INSERT = "INSERT INTO transactions (changes) VALUES (?)"


class InUse(Unusable):
    """Another process has it."""


class Journal:
    """The writes of a table, kept. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        # The rows of the table are in the memory of one process. The lock goes with the process, however it ends.
        self._only = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._only, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._only.close()
            raise InUse(f"{path.parent} is in use by another local stack; stop that one, or set LOCAL_DIR") from None
        self._database = sqlite3.connect(path, check_same_thread=False)
        try:
            self.items = _replayed(self._database)
            """The items at start."""
        except (sqlite3.Error, ValueError) as error:
            self._database.close()
            self._only.close()
            remedy = FREE_SPACE if is_disk_full(error) else "restore the file"
            raise Unusable(f"{path}: {error}; {remedy}, or set another LOCAL_DIR") from None

    def note(self, changes: Sequence[Change]) -> None:
        """Keep a transaction, whole or not at all.

        Raises sqlite3.Error if the disk is full or the journal closed: the caller must then not be answered.
        """
        row = (_encoded((change.key, change.now) for change in changes),)
        with self._lock, self._database:
            self._database.execute(INSERT, row)

    def sync(self) -> None:
        """Force what was noted to the disk."""
        with self._lock:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Sync and close; later writes are refused."""
        with self._lock:
            self._database.close()
            self._only.close()


def _replayed(database: sqlite3.Connection) -> dict[Key, Item]:
    """Return the items, and replace the journal by one that has each of them once."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS transactions (number INTEGER PRIMARY KEY, changes TEXT NOT NULL)")
    items: dict[Key, Item] = {}
    for (text,) in database.execute("SELECT changes FROM transactions ORDER BY number"):
        for key, item in _decoded(text):
            if item is None:
                items.pop(key, None)
            else:
                items[key] = item
    with database:
        database.execute("DELETE FROM transactions")
        database.executemany(INSERT, ((_encoded([each]),) for each in items.items()))
    return items


def _encoded(changes: Iterable[tuple[Key, Item | None]]) -> str:
    return json.dumps(list(changes), ensure_ascii=False, separators=(",", ":"), default=_base64)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> list[tuple[Key, Item | None]]:
    """Return what `_encoded` was given. Raises ValueError for anything that it does not write."""
    try:
        return [((str(pk), str(sk)), item and _with_bytes(item)) for (pk, sk), item in json.loads(text)]
    except (AttributeError, TypeError, RecursionError):
        raise ValueError("a transaction that no local stack writes") from None


def _with_bytes(item: dict[str, Any]) -> Item:
    for typed in item.values():
        if "B" in typed:
            typed["B"] = base64.b64decode(typed["B"], validate=True)
    return item
