"""The one DynamoDB table as four operations: get, query, query_index, write. Items are plain dicts.

Each write states the condition that the stored item must meet.

The stores use only the protocol `Table`. DynamoDB (`adapters/dynamodb.py`) and the strict fake of the tests implement
it, and one test suite runs on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Value = str | int | bytes | bool
Item = dict[str, Value]
Expect = Mapping[str, Value] | Literal["absent", "anything"]
"""The condition on the stored item: it exists with these values, it is absent, or none."""

LARGEST_PAGE = 4 * 1024 * 1024  # bytes that one query gathers before it ends early (contract D6)


@dataclass(frozen=True)
class ItemKey:
    """The primary key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True)
class Put:
    """Write the item whole."""

    item: Item
    expect: Expect


@dataclass(frozen=True)
class Delete:
    """Remove the item."""

    key: ItemKey
    expect: Expect = "anything"


@dataclass(frozen=True)
class Check:
    """Change nothing, but fail the transaction unless the item is as expected."""

    key: ItemKey
    expect: Expect


@dataclass(frozen=True)
class Add:
    """Add to whole numbers of an item. A missing number counts as 0, and a missing item is created.

    Use it only together with other writes: a retry of it alone, after a lost answer, would add twice.
    """

    key: ItemKey
    amounts: Mapping[str, int]
    same: Mapping[str, Value] = field(default_factory=dict)
    """Values that the item must have; a new item gets them."""
    at_most: Mapping[str, int] = field(default_factory=dict)
    """The limits of the sums."""


Write = Put | Delete | Check | Add


@dataclass(frozen=True)
class Bound:
    """A condition on an index's sort key."""

    name: str
    comparison: Literal["<", "<=", ">"]
    value: str | int


@dataclass(frozen=True)
class Page:
    """Items in order; `more` when the query stopped before its end."""

    items: list[Item]
    more: bool


class Table(Protocol):
    """The operations on a table. Items are read in the newest version of their kind (`migrations.py`)."""

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """Return the items of up to 100 keys, in order, strongly consistent, in one call. Raises Unavailable."""
        ...

    def query(
        self, pk: str, prefix: str, *, limit: int, newest_first: bool, start_after: str | None = None, skip: int = 0
    ) -> Page:
        """Return items of one partition whose sort key has that prefix, strongly consistent.

        The page starts after the sort key `start_after`, which need not exist, and after `skip` more items.
        """
        ...

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
        """Return keys of an index partition, within a bound of its sort key if one is given. Eventually consistent.

        The page starts after `start_after`, an item of an earlier page, which need not exist any more.
        """
        ...

    def write(self, *writes: Write) -> None:
        """Commit all writes or none, in one call.

        Raises ConditionFailed with the index of the write whose condition failed, Contended when another transaction
        holds an item, Uncertain when no answer came, Unavailable otherwise.
        """
        ...
