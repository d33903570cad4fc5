"""What the publisher keeps in the table and reads from it: troubles of schedules, and the metadata of schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from agent_schedules.domain.event_data import After
from agent_schedules.domain.recoveries import Trouble
from agent_schedules.domain.schedules import Key
from agent_schedules.storage.attributes import item_at, moment
from agent_schedules.storage.base import read_all
from agent_schedules.storage.definitions import definition_of
from agent_schedules.storage.keys import definition_key, trouble_key
from agent_schedules.storage.table import Delete, Item, ItemKey, Put, Table
from agent_schedules.timestamps import floor_seconds

KEPT_SECONDS = 90 * 86_400
"""For which a trouble waits for its end. A schedule that recovers later does so unnoticed."""


class PublishingStore:
    """Reads are one call for a batch of changes. A write raises ConditionFailed if another came first."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def troubles(self, keys: Sequence[Key]) -> dict[Key, Trouble]:
        """Return the troubles that these schedules have."""
        rows = read_all(self._table, [trouble_key(key) for key in keys])
        return {key: _trouble_of(row) for key, row in zip(keys, rows, strict=True) if row is not None}

    def save_trouble(self, key: Key, before: Trouble | None, after: Trouble | None) -> None:
        """Write a schedule's trouble as the successor of what was read, or remove it."""
        at = trouble_key(key)
        same = {} if before is None else {"event_id": before.event_id}
        if after is not None:
            self._table.write(Put(_trouble_item(at, after), same or "absent"))
        elif before is not None:
            self._table.write(Delete(at, same))

    def metadata(self, keys: Sequence[Key]) -> dict[Key, Mapping[str, str]]:
        """Return the metadata of these schedules, deleted or not. One that is gone has none."""
        found: dict[Key, Mapping[str, str]] = {}
        for deleted in (False, True):
            left = [key for key in keys if key not in found]
            rows = read_all(self._table, [definition_key(key, deleted=deleted) for key in left])
            found |= {
                key: definition_of(row).work.metadata or {}
                for key, row in zip(left, rows, strict=True)
                if row is not None
            }
        return {key: found.get(key, {}) for key in keys}


def _trouble_item(at: ItemKey, trouble: Trouble) -> Item:
    expires_at = floor_seconds(trouble.since) + KEPT_SECONDS
    return item_at(at, after=trouble.after, event_id=trouble.event_id, since=trouble.since, ttl=expires_at)


def _trouble_of(item: Item) -> Trouble:
    return Trouble(cast(After, item["after"]), str(item["event_id"]), moment(item, "since"))
