"""Backfills in the table: which nominal times of a schedule made no run and why, and the commit of the next run."""

from __future__ import annotations

from collections.abc import Sequence

from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, State
from agent_schedules.domain.settlement import Record
from agent_schedules.ids import run_id
from agent_schedules.storage import items, keys
from agent_schedules.storage.base import TransactionalStore, read_all
from agent_schedules.storage.table import Delete, Put, Write


class BackfillStore(TransactionalStore):
    """The number of calls of each method follows the nominal times that it is asked about, 100 in one call."""

    def with_run(self, key: Key, times: Sequence[int]) -> set[int]:
        """Return those of the nominal times (UTC seconds) that have a run."""
        rows = read_all(self._table, [keys.run_key(key.run(run_id(key.schedule_id, nominal))) for nominal in times])
        return {nominal for nominal, row in zip(times, rows, strict=True) if row is not None}

    def runs(self, key: Key, *run_ids: str) -> list[Run | None]:
        """Return runs of a schedule, in one call."""
        rows = self._table.get([keys.run_key(key.run(one)) for one in run_ids])
        return [items.run_of(key.owner, key.agent_id, row) if row is not None else None for row in rows]

    def record_at(self, key: Key, nominal: int) -> Record | None:
        """Return the record whose range contains a nominal time."""
        found = self._newest(key, nominal, limit=1)
        return found[0] if found and nominal <= found[0].last else None

    def records(self, key: Key, first: int, last: int, *, most: int) -> list[Record] | None:
        """Return the records whose ranges reach into [first, last], in order; None if they are more than `most`."""
        found = [record for record in self._newest(key, last, limit=most + 1) if record.last >= first]
        return found[::-1] if len(found) <= most else None

    def _newest(self, key: Key, until: int, *, limit: int) -> list[Record]:
        """Return the newest records that begin at `until` or before, the newest first."""
        page = self._table.query(
            keys.within(key.owner, key.agent_id),
            keys.records_prefix(key),
            limit=limit,
            newest_first=True,
            start_after=keys.record_key(key, until + 1).sk,
        )
        return [items.record_of(item) for item in page.items]

    def commit(self, key: Key, state: State, run: Run, record: Record | None, left: Sequence[Record]) -> None:
        """Commit the run of a nominal time, the next state, and what is left of the time's record, all or nothing."""
        records: list[Write] = [Put(items.record_item(key, rest), "anything") for rest in left]
        if record is not None and record.first not in {rest.first for rest in left}:
            records.append(Delete(keys.record_key(key, record.first)))
        self._table.write(
            Put(items.state_item(key, state), {"rev": state.rev - 1}),
            Put(items.run_item(run), "absent"),
            *records,
        )
