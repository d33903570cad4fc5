"""What the local stack keeps on disk: an append-only journal of the table's successful writes, replayed at start.

Items are noted whole, one that was added to as well, so the last line about an item is the item. A transaction is one
line: a torn last line, after `kill -9`, is a transaction that never was.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_schedules.table import Add, Bound, Check, Delete, Item, ItemKey, Page, Put, Table, Value, Write


class InUse(Exception):
    """Another process has the journal."""


class Journal:
    """A file of JSON lines. Thread-safe; `sync` forces it to the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two writers would each compact the other's journal away. The lock goes with the process, however it ends.
        self._only = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._only, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._only.close()
            raise InUse(f"{path.parent} is in use by another local stack; stop that one, or set LOCAL_DIR") from None
        self.items = _replayed(path)
        """The items at start."""
        compacted = path.with_suffix(".new")
        with compacted.open("w", encoding="utf-8") as file:
            for item in self.items.values():
                file.write(_line([{"put": _encoded(item)}]))
            file.flush()
            os.fsync(file.fileno())
        compacted.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def append(self, writes: Sequence[Put | Delete]) -> None:
        """Note a transaction that succeeded. Raises ValueError once closed: what is not kept must not be answered."""
        changes = [
            {"put": _encoded(write.item)} if isinstance(write, Put) else {"delete": [write.key.pk, write.key.sk]}
            for write in writes
        ]
        with self._lock:
            self._file.write(_line(changes))
            self._file.flush()

    def sync(self) -> None:
        """Force what was noted to the disk."""
        with self._lock:
            if not self._file.closed:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync and close; later writes are refused."""
        self.sync()
        with self._lock:
            self._file.close()
            self._only.close()


Changed = Callable[[Item | None, Item | None], None]
"""Told of each row that a write changed: as it was, and as it is."""


class JournaledTable:
    """`Table` that notes its writes. It holds one lock around every call, because moto's tables know none.

    `changed` plays the table's stream.
    """

    def __init__(self, table: Table, journal: Journal, changed: Changed | None = None) -> None:
        self._table = table
        self._journal = journal
        self._changed = changed
        self._lock = threading.RLock()

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """See `Table.get`."""
        with self._lock:
            return self._table.get(keys)

    def query(
        self, pk: str, prefix: str, *, limit: int, newest_first: bool, beyond: str | None = None, skip: int = 0
    ) -> Page:
        """See `Table.query`."""
        with self._lock:
            return self._table.query(pk, prefix, limit=limit, newest_first=newest_first, beyond=beyond, skip=skip)

    def query_index(
        self, index: str, values: Mapping[str, Value], *, bound: Bound | None, limit: int, newest_first: bool
    ) -> Page:
        """See `Table.query_index`."""
        with self._lock:
            return self._table.query_index(index, values, bound=bound, limit=limit, newest_first=newest_first)

    def write(self, *writes: Write) -> None:
        """See `Table.write`."""
        with self._lock:
            before = self._rows(writes)
            self._table.write(*writes)
            self._journal.append([self._whole(write) for write in writes if not isinstance(write, Check)])
            if self._changed is not None:
                for was, now in zip(before, self._rows(writes), strict=True):
                    self._changed(was, now)

    def _whole(self, write: Put | Delete | Add) -> Put | Delete:
        """The write as one of a whole item; nobody else has written it since, because of the lock."""
        if not isinstance(write, Add):
            return write
        (item,) = self._table.get([write.key])
        assert item is not None
        return Put(item, "anything")

    def close(self) -> None:
        """Close the journal behind the write that is under way, which is told of too."""
        with self._lock:
            self._journal.close()

    def _rows(self, writes: Sequence[Write]) -> list[Item | None]:
        keys = [
            ItemKey(str(write.item["pk"]), str(write.item["sk"])) if isinstance(write, Put) else write.key
            for write in writes
            if not isinstance(write, Check)
        ]
        return self._table.get(keys) if keys and self._changed is not None else []


def _line(changes: list[dict[str, Any]]) -> str:
    return json.dumps(changes, ensure_ascii=False, separators=(",", ":")) + "\n"


def _encoded(item: Item) -> dict[str, Any]:
    return {
        name: {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in item.items()
    }


def _decoded(item: dict[str, Any]) -> Item:
    return {
        name: base64.b64decode(value["bytes"]) if isinstance(value, dict) else value for name, value in item.items()
    }


def _replayed(path: Path) -> dict[tuple[str, str], Item]:
    items: dict[tuple[str, str], Item] = {}
    if not path.exists():
        return items
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                changes = json.loads(line)
            except ValueError:
                continue  # the torn end of a journal whose writer was killed
            for change in changes:
                if "put" in change:
                    item = _decoded(change["put"])
                    items[str(item["pk"]), str(item["sk"])] = item
                else:
                    pk, sk = change["delete"]
                    items.pop((pk, sk), None)
    return items
