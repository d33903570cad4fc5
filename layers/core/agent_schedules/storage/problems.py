"""An owner's problems, merged from the lists of the index `listed` (decision 16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.problems import LISTS, OF_RUNS, Position, Problem, beginning_of, end_of
from agent_schedules.domain.run_filter import Stretch
from agent_schedules.domain.schedules import Key
from agent_schedules.storage import items, keys
from agent_schedules.storage.base import TransactionalStore, concurrently
from agent_schedules.storage.run_lists import live_agents
from agent_schedules.storage.table import Bound, Item, ItemKey, Page


class ProblemStore(TransactionalStore):
    """A page takes one query of each list and two reads by key, however many problems there are."""

    def page(self, owner: str, asked: Stretch, paging: Paging, *, now: datetime) -> Slice[Problem]:
        """Return the problems among the next `limit` places of the lists, in the order of `Position`.

        What the index names is left out if it is gone or has expired, or if its agent was deleted.
        """
        after = None if paging.after is None else Position.parse(paging.after)

        def query(name: str) -> Page:
            return self._list(owner, name, asked, paging, after)

        pages = [*concurrently(lambda: query(LISTS[0]), lambda: query(LISTS[1]))]
        pages += concurrently(lambda: query(LISTS[2]), lambda: query(LISTS[3]))
        found = [
            (Position.of(name, str(item["listed_at"])), item)
            for name, page in zip(LISTS, pages, strict=True)
            for item in page.items
        ]
        found.sort(key=lambda one: one[0], reverse=paging.newest_first)
        looked_at = found[: paging.limit]
        more = len(found) > paging.limit or any(page.more for page in pages)
        last = str(looked_at[-1][0]) if looked_at else None
        return Slice(self._problems(owner, looked_at, now), more, last)

    def _list(self, owner: str, name: str, asked: Stretch, paging: Paging, after: Position | None) -> Page:
        """Return the next places of one list, up to the end of the stretch."""
        start = _start(name, asked, after, newest_first=paging.newest_first)
        bound = None
        if start is not None:
            bound = Bound("listed_at", "<" if paging.newest_first else ">", start)
        page = self._table.query_index(
            keys.LISTED,
            {"listed_in": f"{owner}#{name}"},
            bound=bound,
            limit=paging.limit,
            newest_first=paging.newest_first,
        )
        within = [item for item in page.items if _within(Position.of(name, str(item["listed_at"])), asked)]
        return Page(within, page.more and len(within) == len(page.items))

    def _problems(self, owner: str, looked_at: Sequence[tuple[Position, Item]], now: datetime) -> list[Problem]:
        if not looked_at:
            return []
        wanted = [ItemKey(str(item["pk"]), str(item["sk"])) for _, item in looked_at]
        rows, live = concurrently(
            lambda: self._table.get(wanted),
            lambda: live_agents(self._table, owner, [keys.agent_id_in(owner, item) for _, item in looked_at]),
        )
        found: list[Problem] = []
        for (position, _), row in zip(looked_at, rows, strict=True):
            if row is not None and keys.agent_id_in(owner, row) in live:
                problem = _problem(owner, position, row)
                if problem.of.expires_at is None or problem.of.expires_at > now.timestamp():
                    found.append(problem)
        return found


def _start(name: str, asked: Stretch, after: Position | None, *, newest_first: bool) -> str | None:
    """Return the text that the places of one list begin after.

    At the very time of the last problem of the page before, the lists that come later in the order are still to come.
    """
    if after is None:
        at = asked.end if newest_first else asked.first
        if at is None:
            return None
        return end_of(name, at) if newest_first else beginning_of(name, at)
    if name == after.name:
        return after.place
    if newest_first:
        return end_of(name, after.at + 1 if name < after.name else after.at)
    return beginning_of(name, after.at if name > after.name else after.at + 1)


def _within(position: Position, asked: Stretch) -> bool:
    return (asked.first is None or position.at >= asked.first) and (asked.end is None or position.at < asked.end)


def _problem(owner: str, position: Position, row: Item) -> Problem:
    agent_id = keys.agent_id_in(owner, row)
    if position.name in OF_RUNS:
        run = items.run_of(owner, agent_id, row)
        return Problem(position, Key.of_run(run), run)
    return Problem(position, Key(owner, agent_id, position.place.partition("#")[2]), items.record_of(row))
