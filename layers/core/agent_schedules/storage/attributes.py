"""The attributes that every item has, and times in attributes. Pure.

Every item carries `v`, the version of its kind's schema (`migrations.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from agent_schedules.storage.table import Item, ItemKey
from agent_schedules.timestamps import text_of

VERSION = 1  # of every kind that has no step in migrations.py


def item_at(at: ItemKey, /, **values: Any) -> Item:
    """Return the item at a key, with those of the values that are not None. Times become strings."""
    item: Item = {"pk": at.pk, "sk": at.sk, "v": VERSION}
    for name, value in values.items():
        if value is not None:
            item[name] = text_of(value) if isinstance(value, datetime) else value
    return item


def moment(item: Item, name: str) -> datetime:
    """Return the time in an attribute."""
    return datetime.fromisoformat(cast(str, item[name]))


def moment_or_none(item: Item, name: str) -> datetime | None:
    """Return the time in an attribute, or None if the item lacks it."""
    return moment(item, name) if name in item else None
