"""The outcomes of a schedule's occurrences, in the order of their nominal times: runs and records together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.settlement import Record
from agent_schedules.ids import nominal_of, run_id
from agent_schedules.storage import items, keys
from agent_schedules.storage.base import TransactionalStore, concurrently
from agent_schedules.storage.table import Bound, Item, ItemKey, Page

MOST_BETWEEN = 1_000  # keys of further runs that one query reads


@dataclass(frozen=True)
class Outcome:
    """The outcome of one nominal time with a run, of the nominal times of one record, or of a pending one."""

    key: Key
    first: int
    """The first nominal time, UTC seconds."""
    of: Run | Record | None
    due_at: int | None = None
    """When a pending one is due, UTC seconds."""

    @property
    def id(self) -> str:
        """Its id, derived from the schedule's id and the time."""
        return f"{self.key.schedule_id}_{self.first}"

    def expired(self, now: datetime) -> bool:
        """Whether its retention is over."""
        return self.of is not None and self.of.expires_at is not None and self.of.expires_at <= now.timestamp()


class OccurrenceStore(TransactionalStore):
    """Each method makes at most three calls to the table, however many occurrences there were; one more for each
    thousand runs that callers started between two of them."""

    def page(self, key: Key, paging: Paging, *, now: datetime) -> Slice[Outcome]:
        """Return a page of a schedule's outcomes by nominal time. Runs are eventually consistent."""
        after = int(paging.after.rpartition("_")[2]) if paging.after else None
        records, indexed = concurrently(
            lambda: self._table.query(
                keys.within(key.owner, key.agent_id),
                keys.records_prefix(key),
                limit=paging.limit + 1,
                newest_first=paging.newest_first,
                start_after=keys.record_key(key, after).sk if after is not None else None,
            ),
            lambda: self._nominal_runs(key, after, paging),
        )
        runs = self._runs(key, indexed.items[: paging.limit])
        found = [Outcome(key, run.scheduled_for, run) for run in runs if run.scheduled_for is not None]
        found += [Outcome(key, record.first, record) for record in map(items.record_of, records.items)]
        found.sort(key=lambda outcome: outcome.first, reverse=paging.newest_first)
        more = max(len(found), len(indexed.items)) > paging.limit or records.more or indexed.more
        looked_at = found[: paging.limit]
        kept = [outcome for outcome in looked_at if not outcome.expired(now)]
        return Slice(kept, more, looked_at[-1].id if looked_at else None)

    def _nominal_runs(self, key: Key, after: int | None, paging: Paging) -> Page:
        """Return the index's items of the runs with a nominal time, at least one more than a page has, if there are.

        Runs that callers started lie between them, and their ids tell them apart.
        """
        bound = None
        if after is not None:
            bound = Bound("run_id", "<" if paging.newest_first else ">", run_id(key.schedule_id, after))
        found: list[Item] = []
        start, limit = None, paging.limit + 1
        while True:
            page = self._table.query_index(
                keys.BY_SCHEDULE,
                {"schedule_id": key.schedule_id},
                bound=bound,
                limit=limit,
                newest_first=paging.newest_first,
                start_after=start,
            )
            found += [item for item in page.items if nominal_of(key.schedule_id, str(item["run_id"])) is not None]
            if len(found) > paging.limit or not page.more or not page.items:
                return Page(found, page.more)
            start, limit = page.items[-1], MOST_BETWEEN

    def at(self, key: Key, nominal: int, *, now: datetime) -> Outcome | None:
        """Return the outcome of one nominal time: its run, or the record whose range contains it; None once it has
        expired."""
        run_key = key.run(run_id(key.schedule_id, nominal))
        (row,), page = concurrently(
            lambda: self._table.get([keys.run_key(run_key)]),
            lambda: self._table.query(
                keys.within(key.owner, key.agent_id),
                keys.records_prefix(key),
                limit=1,
                newest_first=True,
                start_after=keys.record_key(key, nominal + 1).sk,
            ),
        )
        found = None if row is None else Outcome(key, nominal, items.run_of(key.owner, key.agent_id, row))
        for item in page.items if found is None else ():
            record = items.record_of(item)
            if record.first <= nominal <= record.last:
                found = Outcome(key, record.first, record)
        return None if found is None or found.expired(now) else found

    def _runs(self, key: Key, indexed: Sequence[Item]) -> list[Run]:
        wanted = [ItemKey(str(item["pk"]), str(item["sk"])) for item in indexed]
        rows = self._table.get(wanted) if wanted else []
        return [items.run_of(key.owner, key.agent_id, row) for row in rows if row is not None]
