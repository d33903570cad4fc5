"""Rows of a table in the order DynamoDB keeps them, so that a page of a million costs what a page of ten does."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, Self, TypeVar

from agent_schedules.storage.table import Bound, Item

T = TypeVar("T")
Place = tuple[str, str]
"""Partition and sort key."""
_first: Any = itemgetter(0)
_LAST = "\U0010ffff"


def size_of(item: Item) -> int:
    """Bytes of an item as DynamoDB bills it: names and values (numbers by their digits)."""
    total = 0
    for name, value in item.items():
        total += _bytes_of(name)
        match value:
            case bool():
                total += 1
            case int():
                total += len(str(abs(value))) // 2 + 2
            case bytes():
                total += len(value)
            case str():
                total += _bytes_of(value)
    return total


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


@dataclass(frozen=True)
class Stretch(Generic[T]):
    """A part of a sorted list, which is not copied."""

    ordered: list[T]
    low: int
    high: int
    newest_first: bool

    def __len__(self) -> int:
        return max(self.high - self.low, 0)

    def part(self, skip: int, limit: int) -> list[T]:
        """`limit` of them after `skip`, in order."""
        size = len(self)
        start, end = min(skip, size), min(skip + limit, size)
        if self.newest_first:
            return self.ordered[self.high - end : self.high - start][::-1]
        return self.ordered[self.low + start : self.low + end]


class FakeRows(UserDict[Place, Item]):
    """A dict of rows that keeps each partition, and each partition of an index, sorted."""

    def __init__(self, indexes: Mapping[str, tuple[str, str]], rows: Mapping[Place, Item] | None = None) -> None:
        """`indexes`: by name, the attributes that are an index's partition key and its sort key."""
        self._keys = indexes
        self._partitions: dict[str, list[str]] = {}
        self._indexes: dict[str, dict[Any, list[tuple[Any, str, str]]]] = {name: {} for name in indexes}
        self._indexed: dict[Place, list[tuple[str, Any, Any]]] = {}  # rows are changed in place: the old key is kept
        self._sizes: dict[Place, int] = {}
        super().__init__()
        self.update(rows or {})

    def __setitem__(self, at: Place, item: Item) -> None:
        if at not in self.data:
            insort(self._partitions.setdefault(at[0], []), at[1])
        self.data[at] = item
        self._sizes.pop(at, None)
        self._index(
            at, [(name, item[of], item[by]) for name, (of, by) in self._keys.items() if of in item and by in item]
        )

    def __delitem__(self, at: Place) -> None:
        del self.data[at]
        self._sizes.pop(at, None)
        names = self._partitions[at[0]]
        del names[bisect_left(names, at[1])]
        self._index(at, [])

    def put(self, at: Place, item: Item, size: int) -> None:
        """Set a row whose size is known."""
        self[at] = item
        self._sizes[at] = size

    def size(self, at: Place) -> int:
        """What DynamoDB bills a row as, reckoned once: lists are read over and over."""
        if at not in self._sizes:
            self._sizes[at] = size_of(self.data[at])
        return self._sizes[at]

    def __ior__(self, other: Any) -> Self:  # type: ignore[override, misc]  # UserDict's goes around __setitem__
        self.update(other)
        return self

    def _index(self, at: Place, entries: list[tuple[str, Any, Any]]) -> None:
        before = self._indexed.pop(at, [])
        if entries:
            self._indexed[at] = entries
        if before == entries:
            return
        for name, of, by in before:
            placed = self._indexes[name][of]
            del placed[bisect_left(placed, (by, *at))]
        for name, of, by in entries:
            insort(self._indexes[name].setdefault(of, []), (by, *at))

    def names(self, pk: str, prefix: str, beyond: str | None, *, newest_first: bool) -> Stretch[str]:
        """The sort keys of a partition that have a prefix, behind `beyond`."""
        names = self._partitions.get(pk, [])
        low, high = bisect_left(names, prefix), bisect_left(names, prefix + _LAST)
        if beyond is not None and newest_first:
            high = bisect_left(names, beyond, low, high)
        elif beyond is not None:
            low = bisect_right(names, beyond, low, high)
        return Stretch(names, low, high, newest_first)

    def indexed(
        self, index: str, value: Any, bound: Bound | None, *, newest_first: bool, beyond: Any = None
    ) -> Stretch[tuple[Any, str, str]]:
        """The entries of an index's partition within a bound: sort key, then the row's place; behind `beyond`."""
        entries = self._indexes[index].get(value, [])
        low, high = 0, len(entries)
        match bound:
            case Bound(comparison="<"):
                high = bisect_left(entries, bound.value, key=_first)
            case Bound(comparison="<="):
                high = bisect_right(entries, bound.value, key=_first)
            case Bound():
                low = bisect_right(entries, bound.value, key=_first)
        if beyond is not None and newest_first:
            high = bisect_left(entries, beyond, low, high)
        elif beyond is not None:
            low = bisect_right(entries, beyond, low, high)
        return Stretch(entries, low, high, newest_first)
