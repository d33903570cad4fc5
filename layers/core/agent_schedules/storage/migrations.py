"""Convert items that an older release wrote to the newest schema. Pure.

Every item has in `v` the version of its kind's schema. Reads return the newest version (`Table.get`), so no other code
handles older ones; the next change of the item stores the newest. Add a step if a release would misread older items,
and never change one. Items that the release reads correctly need no step.

Reading an item of a newer version raises Unavailable, so that a release that was rolled back too far stops instead of
corrupting rows (docs/how-to/upgrade.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_schedules.errors import Unavailable
from agent_schedules.storage.table import Item

Step = Callable[[Item], Item]


def _key_with_scope(item: Item) -> Item:
    """Give an API key from before scopes existed the scope `admin`, because it could do everything."""
    return item | {"scope": "admin"}


STEPS: Mapping[str, tuple[Step, ...]] = {"K": (_key_with_scope,)}
"""The steps from version 1 on, each to the next, by an item's kind. The kind is the first part of the sort key."""


def newest(kind: str) -> int:
    """Return the version that this release writes."""
    return len(STEPS.get(kind, ())) + 1


def current(item: Item) -> Item:
    """Return the item in the newest version of its kind.

    Raises Unavailable for a version newer than this release, and ValueError for an item without a valid key or version.
    """
    kind = str(item.get("sk", "")).partition("#")[0]
    version, latest = item.get("v", 1), newest(kind)
    if not kind or not isinstance(version, int) or version < 1:
        raise ValueError("not an item of ours")
    if version == latest:
        return item
    if version > latest:
        raise Unavailable(
            f"An item was written by a newer release (version {version} of {kind}, this one knows {latest}): "
            "deploy that release again"
        )
    for step in STEPS[kind][version - 1 :]:
        item = step(item)
    return item | {"v": latest}
