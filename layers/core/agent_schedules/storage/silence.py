"""The watches over schedules in the table. A write moves nothing but the watch, whatever else the row is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agent_schedules.domain.schedules import Key, State
from agent_schedules.storage import agent_items, items, keys
from agent_schedules.storage.table import Item, Put, Table


@dataclass(frozen=True)
class Watched:
    """A state as it is stored, and the deletions of its agent; None: the agent is deleted."""

    state: State
    deletions: int | None
    row: Item


class SilenceStore:
    """Each method makes one call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, key: Key) -> Watched | None:
        """Return a schedule's state, if it is not deleted, and its agent's deletions."""
        agent, row = self._table.get([keys.agent_key(key.owner, key.agent_id), keys.state_key(key)])
        deletions = None if agent is None else agent_items.agent_of(agent).deletions
        return None if row is None or "status" not in row else Watched(items.state_of(row), deletions, row)

    def state(self, key: Key) -> Watched | None:
        """Return the same without the agent, which costs half."""
        (row,) = self._table.get([keys.state_key(key)])
        return None if row is None or "status" not in row else Watched(items.state_of(row), None, row)

    def save(self, key: Key, before: Watched, after: State) -> None:
        """Write a state that differs in its watch alone. Raises ConditionFailed if another writer came first.

        The row keeps its place in the attention index, unless a deadline decides about it: a row that EventBridge
        repeats would move there and back with each run.
        """
        item = items.state_item(key, after)
        at = before.row.get("attention_at")
        old, new = (state.watch.deadline if state.watch else None for state in (before.state, after))
        if at is not None and at != old and (new is None or cast(int, at) <= new):
            item |= {"attention_shard": before.row["attention_shard"], "attention_at": at}
        self._table.write(Put(item, {"rev": after.rev - 1}))
