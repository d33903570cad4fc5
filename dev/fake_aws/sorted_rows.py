"""Rows of a table in DynamoDB's order, so that a page of a million rows costs as much as a page of ten.

The local stack's DynamoDB and the strict fake of the tests both keep their rows in this: the first in DynamoDB's typed
form, the second as plain values.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import UserDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

Key = tuple[str, str]
"""A row's partition key and sort key."""
Entry = tuple[Any, str, str]
"""A row's place in its partition of the table or of an index: the sort key there, then the row's own key."""
Row = TypeVar("Row", bound=Mapping[str, Any])
_LAST = "\U0010ffff"  # sorts after every text


def _itself(stored: Any) -> Any:
    return stored


@dataclass(frozen=True)
class Stretch:
    """A part of a sorted list, which is not copied."""

    entries: list[Entry]
    low: int
    high: int
    newest_first: bool

    def __len__(self) -> int:
        return max(self.high - self.low, 0)

    def part(self, skip: int, limit: int) -> list[Entry]:
        """Return `limit` entries after the first `skip`, in order."""
        size = len(self)
        start, end = min(skip, size), min(skip + limit, size)
        if self.newest_first:
            return self.entries[self.high - end : self.high - start][::-1]
        return self.entries[self.low + start : self.low + end]


class SortedRows(UserDict[Key, Row]):
    """Rows by key. Each partition of the table, and of each index, is kept sorted."""

    def __init__(
        self,
        indexes: Mapping[str, tuple[str, str]],
        rows: Mapping[Key, Row] | None = None,
        *,
        value: Callable[[Any], Any] = _itself,
    ) -> None:
        """`indexes` names each index's partition key and sort key. `value` gives the plain value of a stored one."""
        self._value = value
        self._schemas = indexes
        self._table: dict[str, list[Entry]] = {}
        self._indexes: dict[str, dict[Any, list[Entry]]] = {name: {} for name in indexes}
        # Tests change rows in place, so the place of a row in each index cannot be read off the row itself.
        self._places: dict[Key, list[tuple[str, Any, Entry]]] = {}
        self._sizes: dict[Key, int] = {}
        super().__init__()
        self.update(rows or {})

    def __setitem__(self, key: Key, row: Row) -> None:
        if key not in self.data:
            insort(self._table.setdefault(key[0], []), (key[1], *key))
        self.data[key] = row
        self._sizes.pop(key, None)
        # Indexes are sparse: a row without both attributes is not in them.
        self._place(
            key,
            [
                (name, self._value(row[of]), (self._value(row[by]), *key))
                for name, (of, by) in self._schemas.items()
                if of in row and by in row
            ],
        )

    def __delitem__(self, key: Key) -> None:
        del self.data[key]
        self._sizes.pop(key, None)
        _remove(self._table, key[0], (key[1], *key))
        self._place(key, [])

    def __ior__(self, other: Any) -> Self:  # type: ignore[override, misc]  # UserDict's goes around __setitem__
        self.update(other)
        return self

    def put(self, key: Key, row: Row, size: int) -> None:
        """Set a row whose size is known."""
        self[key] = row
        self._sizes[key] = size

    def size(self, key: Key) -> int:
        """Return the size of a row as DynamoDB bills it, computed once: lists read rows again and again."""
        if key not in self._sizes:
            self._sizes[key] = size_of(self.data[key], self._value)
        return self._sizes[key]

    def select(
        self,
        index: str | None,
        partition: Any,
        comparison: str | None = None,
        operand: Any = None,
        *,
        newest_first: bool = False,
        start_after: Entry | None = None,
    ) -> Stretch:
        """Return the entries of a partition, of the table if `index` is None, whose sort key compares like that.

        With `start_after`, an entry that need not exist, only those that follow it.
        """
        entries = (self._table if index is None else self._indexes[index]).get(partition, [])
        low, high = _bounds(entries, comparison, operand)
        if start_after is not None and newest_first:
            high = bisect_left(entries, start_after, low, high)
        elif start_after is not None:
            low = bisect_right(entries, start_after, low, high)
        return Stretch(entries, low, high, newest_first)

    def _place(self, key: Key, places: list[tuple[str, Any, Entry]]) -> None:
        before = self._places.pop(key, [])
        if places:
            self._places[key] = places
        if before == places:
            return
        for name, partition, entry in before:
            _remove(self._indexes[name], partition, entry)
        for name, partition, entry in places:
            insort(self._indexes[name].setdefault(partition, []), entry)


def _remove(partitions: dict[Any, list[Entry]], partition: Any, entry: Entry) -> None:
    entries = partitions[partition]
    del entries[bisect_left(entries, entry)]
    if not entries:
        del partitions[partition]


def _bounds(entries: list[Entry], comparison: str | None, operand: Any) -> tuple[int, int]:
    # A tuple sorts before every longer one that begins with it, and no partition key sorts after _LAST.
    at: Any = (operand,)
    after: Any = (operand, _LAST)
    match comparison:
        case None:
            return 0, len(entries)
        case "begins_with":
            end: Any = (operand + _LAST,)
            return bisect_left(entries, at), bisect_left(entries, end)
        case "<":
            return 0, bisect_left(entries, at)
        case "<=":
            return 0, bisect_left(entries, after)
        case ">":
            return bisect_left(entries, after), len(entries)
    raise NotImplementedError(f"{comparison}: this service does not use it in a query")


def size_of(row: Mapping[str, Any], value: Callable[[Any], Any] = _itself) -> int:
    """Return the bytes of a row as DynamoDB bills it: names and values, numbers by their digits."""
    total = 0
    for name, stored in row.items():
        total += _bytes_of(name)
        match value(stored):
            case bool():
                total += 1
            case int() as number:
                total += len(str(abs(number))) // 2 + 2
            case bytes() as data:
                total += len(data)
            case str() as text:
                total += _bytes_of(text)
    return total


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
