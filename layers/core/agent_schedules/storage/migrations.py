"""Items that an older release wrote, as the newest schema has them. Pure.

Every item says in `v` which version of its kind's schema it follows. Whoever reads a table gets the newest one
(`Table.get`), so no other code knows an older; the item itself is rewritten when it changes next. A step is added, and
never changed, when a release would misread what an older one wrote; what it can read as it is needs none.

An item of a newer version than this release knows is not guessed at: reading it is Unavailable, so that a release that
was rolled back too far stands still rather than spoil rows (docs/how-to/upgrade.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_schedules.errors import Unavailable
from agent_schedules.storage.table import Item

Step = Callable[[Item], Item]


def _key_with_scope(item: Item) -> Item:
    """API keys had no scope, and might do everything."""
    return item | {"scope": "admin"}


STEPS: Mapping[str, tuple[Step, ...]] = {"K": (_key_with_scope,)}
"""By the kind of an item, which begins its sort key: the steps from version 1 on, each to the next."""


def newest(kind: str) -> int:
    """The version that this release writes."""
    return len(STEPS.get(kind, ())) + 1


def current(item: Item) -> Item:
    """The item in the newest version of its kind.

    Raises Unavailable for a version that is yet to come, and ValueError for what has no key or no version of ours.
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
