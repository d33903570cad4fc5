"""A strict in-memory DynamoDB table behind the `Table` port. It refuses what DynamoDB refuses and counts what it
would bill."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent_schedules.errors import ConditionFailed
from agent_schedules.storage.migrations import current
from agent_schedules.storage.table import (
    LARGEST_PAGE,
    Add,
    Bound,
    Check,
    Expect,
    Item,
    ItemKey,
    Page,
    Put,
    Value,
    Write,
)

from dev.fake_aws.sorted_rows import Key, SortedRows, size_of

LARGEST_ITEM = 400 * 1024
INDEXES: Mapping[str, tuple[str, str]] = {
    "by_schedule": ("schedule_id", "run_id"),
    "attention": ("attention_shard", "attention_at"),
    "listed": ("listed_in", "listed_at"),
}
LARGEST_ANSWER = 1024 * 1024  # bytes that one Query reads


@dataclass
class Meter:
    """What was asked of the table so far."""

    calls: list[str] = field(default_factory=list)
    write_units: int = 0
    read_units: float = 0


class FakeTable:
    """`Table` in a dict. `before_write` and `after_write` let tests fail or interleave around a commit."""

    def __init__(self) -> None:
        self._rows: SortedRows[Item] = SortedRows(INDEXES)
        self.meter = Meter()
        self.metered = True
        """Whether units are counted; without, a long history takes half the time."""
        self.before_write: Callable[[Sequence[Write]], None] = lambda _: None
        self.after_write: Callable[[Sequence[Write]], None] = lambda _: None
        self.before_read: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    @property
    def items(self) -> SortedRows[Item]:
        """The rows, by partition and sort key."""
        return self._rows

    @items.setter
    def items(self, rows: Mapping[Key, Item]) -> None:
        self._rows = rows if isinstance(rows, SortedRows) else SortedRows(INDEXES, rows)

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """See `Table.get`."""
        self.before_read()
        if not keys or len(keys) > 100:
            raise ValueError(f"{len(keys)} keys: BatchGetItem takes 1 to 100")
        if len(set(keys)) != len(keys):
            raise ValueError("duplicate keys in one BatchGetItem")
        with self._lock:
            found = [self.items.data.get((key.pk, key.sk)) for key in keys]
            self.meter.calls.append("get")
            if self.metered:
                sizes = [self.items.size((key.pk, key.sk)) for key, item in zip(keys, found, strict=True) if item]
                self.meter.read_units += len(keys) - len(sizes) + sum(-(-size // 4096) for size in sizes)
            return [current(dict(item)) if item else None for item in found]

    def query(
        self, pk: str, prefix: str, *, limit: int, newest_first: bool, start_after: str | None = None, skip: int = 0
    ) -> Page:
        """See `Table.query`."""
        self.before_read()
        if limit < 1 or skip < 0 or (start_after is not None and not start_after.startswith(prefix)):
            raise ValueError("DynamoDB refuses a limit below 1, and a start outside the range")
        with self._lock:
            start = None if start_after is None else (start_after, pk, start_after)
            entries = self.items.select(None, pk, "begins_with", prefix, newest_first=newest_first, start_after=start)
            if skip:
                self._meter_query(sum(self.items.size((pk, sk)) for sk, *_ in entries.part(0, skip)))
                if len(entries) <= skip:
                    return Page([], more=False)
            page: list[Item] = []
            gathered = 0
            for sk, *_ in entries.part(skip, limit):
                page.append(current(dict(self.items.data[pk, sk])))
                gathered += self.items.size((pk, sk))
                if gathered >= LARGEST_PAGE:
                    break
            self._meter_query(gathered)
            # DynamoDB learns that a partition ended only by reading beyond it.
            return Page(page, more=len(entries) > skip + len(page))

    def _meter_query(self, size: int) -> None:
        """Count the calls that it takes to read so many bytes, and what they cost."""
        self.meter.calls += ["query"] * max(1, -(-size // LARGEST_ANSWER))
        self.meter.read_units += max(1, -(-size // 4096))

    def query_index(
        self,
        index: str,
        values: Mapping[str, Value],
        *,
        bound: Bound | None,
        limit: int,
        newest_first: bool,
        start_after: Item | None = None,
    ) -> Page:
        """See `Table.query_index`: keys only."""
        self.before_read()
        hash_name, range_name = INDEXES[index]
        ((name, value),) = values.items()
        if name != hash_name or (bound is not None and bound.name != range_name):
            raise ValueError("not a key of this index")
        if start_after is not None and set(start_after) != {"pk", "sk", hash_name, range_name}:
            raise ValueError("a start has the keys of the table and of the index")
        start = (
            None if start_after is None else (start_after[range_name], str(start_after["pk"]), str(start_after["sk"]))
        )
        with self._lock:
            self.meter.calls.append("query_index")
            comparison, operand = (None, None) if bound is None else (bound.comparison, bound.value)
            entries = self.items.select(index, value, comparison, operand, newest_first=newest_first, start_after=start)
            rows = [{"pk": pk, "sk": sk, hash_name: value, range_name: at} for at, pk, sk in entries.part(0, limit)]
            self.meter.read_units += 0.5 * max(1, -(-sum(map(size_of, rows)) // 4096))
            return Page(rows, more=len(entries) > limit)

    def expire(self, now: int) -> int:
        """Remove the rows whose `ttl` is over, as DynamoDB does some time after it; how many these were."""
        with self._lock:
            gone = [key for key, item in self.items.items() if isinstance(ttl := item.get("ttl"), int) and ttl <= now]
            for key in gone:
                del self.items[key]
        return len(gone)

    def write(self, *writes: Write) -> None:
        """See `Table.write`."""
        self.before_write(writes)
        with self._lock:
            self._commit(writes)
        self.after_write(writes)

    def _commit(self, writes: Sequence[Write]) -> None:
        keys = [_key_of(write) for write in writes]
        _validate_all(writes, keys)
        self.meter.calls.append("write")
        factor = 1 if len(writes) == 1 and not isinstance(writes[0], Check) else 2
        failed = None
        changes: list[tuple[Key, Item | None, Item | None, int]] = []
        for index, (write, key) in enumerate(zip(writes, keys, strict=True)):
            old = self.items.data.get(key)
            new = _written(write, old)
            size = size_of(new) if new is not None else 0
            if size > LARGEST_ITEM:
                raise ValueError("an item may have 400 KB")
            if not isinstance(write, Check):
                changes.append((key, old, new, size))
            if self.metered:
                larger = max(self.items.size(key) if old is not None else 0, size)
                self.meter.write_units += factor * max(-(-larger // 1024), 1)
            holds = _has_room(write, old) if isinstance(write, Add) else _holds(write.expect, old)
            if failed is None and not holds:
                failed = index
        if failed is not None:
            raise ConditionFailed(failed)
        for key, old, new, size in changes:
            if new is not None:
                self.items.put(key, new, size)
            elif old is not None:
                del self.items[key]
            if self.metered:
                self.meter.write_units += sum(_index_writes(names, old, new) for names in INDEXES.values())


def _key_of(write: Write) -> tuple[str, str]:
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return write.key.pk, write.key.sk


def _written(write: Write, old: Item | None) -> Item | None:
    """The item as a write leaves it; None for one that is removed or only checked."""
    match write:
        case Put(item=item):
            return dict(item)
        case Add(key=key):
            stored = {"pk": key.pk, "sk": key.sk, **(old or {}), **write.same}
            return {**stored, **{name: _number(stored, name) + amount for name, amount in write.amounts.items()}}
        case _:
            return None


def _has_room(add: Add, old: Item | None) -> bool:
    if old is not None and not _holds(add.same, old):
        return False
    return all(_number(old or {}, name) + add.amounts[name] <= most for name, most in add.at_most.items())


def _number(item: Item, name: str) -> int:
    value = item.get(name, 0)
    if not isinstance(value, int):
        raise ValueError(f"{name} is no number to add to")
    return value


def _validate_all(writes: Sequence[Write], keys: Sequence[tuple[str, str]]) -> None:
    if not writes or len(writes) > 100:
        raise ValueError(f"{len(writes)} writes: a transaction takes 1 to 100")
    if len(set(keys)) != len(keys):
        raise ValueError("a transaction may not touch one item twice")
    if len(writes) == 1 and isinstance(writes[0], Add):
        raise ValueError("a repeat of an addition on its own would add twice")
    for write in writes:
        if isinstance(write, Put):
            _validate(write.item)


def _validate(item: Item) -> None:
    for name in ("pk", "sk"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise ValueError(f"{name} must be a string that is not empty")
    if any(isinstance(value, float) or value is None for value in item.values()):
        raise ValueError("an attribute of a kind that items do not have")
    for hash_name, range_name in INDEXES.values():
        for name in (hash_name, range_name):
            kind = int if name == "attention_at" else str
            if not isinstance(item.get(name, kind(1)), kind) or item.get(name) == "":
                raise ValueError(f"{name} is no key of an index")


def _holds(expect: Expect, stored: Item | None) -> bool:
    match expect:
        case "anything":
            return True
        case "absent":
            return stored is None
        case _:
            return stored is not None and all(stored.get(name) == value for name, value in expect.items())


def _index_writes(names: tuple[str, str], old: Item | None, new: Item | None) -> int:
    """Units that a keys-only index costs: one to put, one to delete, both when its key changes."""

    def entry(item: Item | None) -> tuple[Value, ...] | None:
        return tuple(item[name] for name in names) if item and all(name in item for name in names) else None

    before, after = entry(old), entry(new)
    if before == after:
        return 0
    return (before is not None) + (after is not None)
