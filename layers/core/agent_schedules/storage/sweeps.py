"""The note that a sweep leaves for the next one: one item in the table."""

from __future__ import annotations

from typing import cast

from agent_schedules.domain.schedules import Key
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.table import Item, ItemKey, Put


class SweepStore(TransactionalStore):
    """Reads and writes the note."""

    def last(self) -> SweepNote:
        """Return the note of the last sweep."""
        (item,) = self._table.get([keys.sweep_key()])
        if item is None:
            return SweepNote()
        subject = keys.subject_of({"pk": item["canary_pk"], "sk": item["canary_sk"]}) if "canary_pk" in item else None
        canary = subject if isinstance(subject, Key) else None
        return SweepNote(cast(int, item["swept_at"]), cast(int, item["trouble_at"]), canary)

    def save(self, note: SweepNote) -> None:
        """Write the note of a sweep."""
        canary: Item = {}
        if note.canary is not None:
            row: ItemKey = keys.state_key(note.canary)
            canary = {"canary_pk": row.pk, "canary_sk": row.sk}
        times: Item = {"swept_at": note.swept_at, "trouble_at": note.trouble_at}
        self._table.write(Put(item_at(keys.sweep_key(), **times, **canary), "anything"))
