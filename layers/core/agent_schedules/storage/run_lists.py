"""Runs over an agent, a schedule or all agents of an owner, in the order of time.

A list reads the keys of its candidates, at most `CANDIDATES` on a page, and then their rows. Indexes are eventually
consistent; a row that is gone, has expired or has changed since is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent_schedules.domain.paging import CANDIDATES, Paging, Slice
from agent_schedules.domain.run_filter import IdRange, RunFilter, id_range
from agent_schedules.domain.runs import Run, RunKey
from agent_schedules.storage import items, keys
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.runs import RunStore, RunView
from agent_schedules.storage.table import Bound, Item, ItemKey, Page, Table


class RunListStore(TransactionalStore):
    """Each page takes one query and a constant number of reads by key, however many runs there are."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._runs = RunStore(table)

    def page(self, owner: str, wanted: RunFilter, paging: Paging, *, now: datetime) -> Slice[RunView]:
        """Return the matching runs among the next candidates: the owner's runs that ended in a status that is listed,
        or else the runs of the schedule or of the agent that the filter names."""
        span = id_range(wanted.due, newest_first=paging.newest_first, after=paging.after)
        if wanted.status in keys.PROBLEMS:
            most = paging.limit if wanted == RunFilter(status=wanted.status, due=wanted.due) else CANDIDATES
            page = self._listed(keys.LISTED, "listed_at", {"listed_in": f"{owner}#{wanted.status}"}, span, most)
        elif wanted.schedule_id is not None:
            most = paging.limit if wanted == _alone(wanted, schedule_id=wanted.schedule_id) else CANDIDATES
            page = self._listed(keys.BY_SCHEDULE, "run_id", {"schedule_id": wanted.schedule_id}, span, most)
        else:
            most = paging.limit if wanted == _alone(wanted) else CANDIDATES
            page = self._of_agent(owner, str(wanted.agent_id), span, most)
        ids = [str(item["sk"]).removeprefix("R#") for item in page.items]
        looked_at = page.items[: len(list(span.within(ids)))]
        runs = self._rows(owner, looked_at, of_owner=wanted.status in keys.PROBLEMS)
        found = [run for run in runs if not run.expired(now) and wanted.matches(run)]
        more = page.more and len(looked_at) == len(page.items)
        last = ids[len(looked_at) - 1] if looked_at else None
        if len(found) > paging.limit:
            found, more = found[: paging.limit], True
            last = found[-1].key.run_id
        return self._runs.fitting(found, more=more, last=last)

    def _listed(self, index: str, name: str, partition: dict[str, str], span: IdRange, most: int) -> Page:
        bound = None
        if span.start is not None:
            bound = Bound(name, "<" if span.newest_first else ">", span.start)
        return self._table.query_index(index, partition, bound=bound, limit=most, newest_first=span.newest_first)

    def _of_agent(self, owner: str, agent_id: str, span: IdRange, most: int) -> Page:
        start = None if span.start is None else keys.run_key(RunKey(owner, agent_id, span.start)).sk
        return self._table.query(
            keys.within(owner, agent_id), "R#", limit=most, newest_first=span.newest_first, start_after=start
        )

    def _rows(self, owner: str, found: Sequence[Item], *, of_owner: bool) -> list[Run]:
        """Return the runs in rows, or in the rows that an index names. `of_owner`: only those of live agents."""
        rows: Sequence[Item | None] = found
        if found and "status" not in found[0]:
            rows = self._table.get([ItemKey(str(item["pk"]), str(item["sk"])) for item in found])
        runs = [items.run_of(owner, keys.agent_id_in(owner, row), row) for row in rows if row is not None]
        if not of_owner:
            return runs
        live = live_agents(self._table, owner, [run.key.agent_id for run in runs])
        return [run for run in runs if run.key.agent_id in live]


def _alone(wanted: RunFilter, schedule_id: str | None = None) -> RunFilter:
    """Return the filter that asks for everything of an agent, or of its schedule, in the same time."""
    return RunFilter(agent_id=wanted.agent_id, schedule_id=schedule_id, due=wanted.due)


def live_agents(table: Table, owner: str, agent_ids: Sequence[str]) -> set[str]:
    """Return those of the agents that are not deleted, from one read of up to 100."""
    asked = list(dict.fromkeys(agent_ids))
    rows = table.get([keys.agent_key(owner, agent_id) for agent_id in asked]) if asked else []
    return {agent_id for agent_id, row in zip(asked, rows, strict=True) if row is not None}
