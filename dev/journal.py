"""What the local stack keeps on disk: an append-only journal of the table's successful writes, replayed at start.

Items are noted whole, one that was added to as well, so the last line about an item is the item. A transaction is one
line: a torn last line, after `kill -9`, is a transaction that never was.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_schedules.storage.table import Item, Value

from dev.fake_aws.dynamodb import Change
from dev.fake_aws.expressions import Item as TypedItem
from dev.fake_aws.expressions import plain
from dev.fake_aws.sorted_rows import Key


class Unusable(Exception):
    """The journal cannot be worked with; the message says why, and what to do."""


class InUse(Unusable):
    """Another process has it."""


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
        try:
            self.items = _replayed(path)
            """The items at start."""
        except Unusable:
            self._only.close()
            raise
        compacted = path.with_suffix(".new")
        with compacted.open("w", encoding="utf-8") as file:
            for item in self.items.values():
                file.write(_line([{"put": _encoded(item)}]))
            file.flush()
            os.fsync(file.fileno())
        compacted.replace(path)
        self._file = path.open("ab", buffering=0)

    def note(self, changes: Sequence[Change]) -> None:
        """Note a transaction, whole or not at all. Raises OSError where the disk does not take it, and ValueError once
        closed: what is not kept must not be answered."""
        line = _line(
            [
                {"delete": list(change.key)} if change.now is None else {"put": _encoded(_plain(change.now))}
                for change in changes
            ]
        )
        data = line.encode()
        with self._lock:
            end = os.fstat(self._file.fileno()).st_size
            try:
                whole = self._file.write(data) == len(data)
            except OSError:
                self._forget_from(end)
                raise
            if not whole:
                self._forget_from(end)
                raise OSError(errno.ENOSPC, "The journal's disk is full")

    def _forget_from(self, end: int) -> None:
        """Take back what was begun. Where that fails too nothing more is written: it would go with the torn line."""
        try:
            self._file.truncate(end)
        except OSError:
            self._file.close()

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


def _line(changes: list[dict[str, Any]]) -> str:
    return json.dumps(changes, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(item: TypedItem) -> Item:
    return {name: plain(value) for name, value in item.items()}


def _encoded(item: Item) -> dict[str, Any]:
    return {
        name: {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in item.items()
    }


def _decoded(item: Any) -> Item:
    """The item as it was noted. Raises ValueError for anything that could not have been."""
    decoded = {name: _value(value) for name, value in item.items()}
    if not isinstance(decoded.get("pk"), str) or not isinstance(decoded.get("sk"), str):
        raise ValueError("an item without its key")
    return decoded


def _value(value: Any) -> Value:
    match value:
        case {"bytes": str(text)} if len(value) == 1:
            return base64.b64decode(text, validate=True)
        case str() | int():
            return value
        case _:
            raise ValueError("a value that items do not have")


def _changes(line: bytes) -> list[tuple[Key, Item | None]]:
    """The items that a line puts, and the keys that it deletes. Raises ValueError."""
    found: list[tuple[Key, Item | None]] = []
    try:
        for change in json.loads(line.decode()):
            match change:
                case {"put": dict(encoded)} if len(change) == 1:
                    item = _decoded(encoded)
                    found.append(((str(item["pk"]), str(item["sk"])), item))
                case {"delete": [str(pk), str(sk)]} if len(change) == 1:
                    found.append(((pk, sk), None))
                case _:
                    raise ValueError("not a change")
    except (TypeError, RecursionError):
        raise ValueError("not a transaction") from None
    _line([{"put": _encoded(item)} for _, item in found if item is not None]).encode()  # whole characters only
    return found


def _replayed(path: Path) -> dict[Key, Item]:
    items: dict[Key, Item] = {}
    if not path.exists():
        return items
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                changes = _changes(line)
            except ValueError:
                if not line.endswith(b"\n"):
                    break  # the torn end of a journal whose writer was killed
                said = f"{path}, line {number}: is not what a local stack writes; mend it, or set another LOCAL_DIR"
                raise Unusable(said) from None
            for key, item in changes:
                if item is None:
                    items.pop(key, None)
                else:
                    items[key] = item
    return items
