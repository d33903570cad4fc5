"""Deleted agents whose retention is over, and the removal of everything below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent_schedules.domain.agents import Agent
from agent_schedules.storage import agent_items, keys
from agent_schedules.storage.agents import as_read
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.table import Delete, Item, ItemKey

STEP = 100  # rows read at once and removed in one transaction, DynamoDB's maximum
LARGEST_STEP = 1024 * 1024  # bytes of rows in one transaction, which may have 4 MB


class RetentionStore(TransactionalStore):
    """The table's part of `execution/retention.py`."""

    def due(self, now: int, *, limit: int) -> list[tuple[str, str]]:
        """Return owners and ids of deleted agents whose rows may be removed by `now` (UTC seconds), oldest first."""
        due = self._due(keys.RETENTION, now, limit=limit)
        return [(str(item["pk"]), str(item["sk"]).removeprefix("XA#")) for item in due]

    def deleted(self, owner: str, agent_id: str) -> Agent | None:
        """Return a deleted agent, or None: the index may still show one that was restored or removed since."""
        (item,) = self._table.get([keys.agent_key(owner, agent_id, deleted=True)])
        return agent_items.agent_of(item) if item else None

    def remove_below(self, owner: str, agent_id: str, *, most: int) -> int:
        """Remove up to `most` rows of an agent. Returns the number removed; if it is lower, no row is left."""
        removed = 0
        for prefix in keys.BELOW:
            more = True
            while more and removed < most:
                limit = min(STEP, most - removed)
                page = self._table.query(keys.within(owner, agent_id), prefix, limit=limit, newest_first=False)
                for rows in _bounded(page.items):
                    self._table.write(*(Delete(ItemKey(str(row["pk"]), str(row["sk"]))) for row in rows))
                removed, more = removed + len(page.items), page.more
        return removed

    def remove(self, owner: str, agent: Agent) -> None:
        """Remove the row of an agent without other rows. Raises ConditionFailed if it was changed since."""
        self._table.write(Delete(keys.agent_key(owner, agent.id, deleted=True), as_read(agent)))


def _bounded(rows: Sequence[Item]) -> Iterator[list[Item]]:
    """Yield the rows in lists that one transaction can hold."""
    chosen: list[Item] = []
    room = LARGEST_STEP
    for row in rows:
        size = sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if chosen and size > room:
            yield chosen
            chosen, room = [], LARGEST_STEP
        chosen.append(row)
        room -= size
    if chosen:
        yield chosen
