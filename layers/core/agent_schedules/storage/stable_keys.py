"""The items of stable keys: the caller's own names for schedules and agents. Pure.

An item exists as long as what it names, because the same transactions write and remove both. So one read finds a
resource by its key, and a second resource with the key fails on the condition that the item is absent.
"""

from __future__ import annotations

from collections.abc import Callable

from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.table import Delete, Item, ItemKey, Put, Write


def key_writes(at: Callable[[str], ItemKey], before: str | None, after: str | None, subject: str) -> list[Write]:
    """Return the writes for a resource that had one stable key and gets another; None stands for no key.

    `at` returns the place of a key's item, `subject` is the id of the resource. Without a change there are no writes.
    """
    if before == after:
        return []
    writes: list[Write] = []
    if before is not None:
        writes.append(Delete(at(before)))
    if after is not None:
        writes.append(Put(item_at(at(after), id=subject), "absent"))
    return writes


def holder_of(item: Item | None) -> str | None:
    """Return the id of the resource that has the stable key of an item."""
    return str(item["id"]) if item is not None else None
