"""Runs in the table, with their work and the gateway's responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run, RunKey, Work
from agent_schedules.domain.schedules import Key, State
from agent_schedules.errors import NotFound
from agent_schedules.storage import agent_items, definitions, items, keys
from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.base import TransactionalStore, concurrently, read_all
from agent_schedules.storage.compression import LARGEST_ANSWER, unpack
from agent_schedules.storage.table import Add, Bound, Check, Delete, Item, ItemKey, Put, Write
from agent_schedules.timestamps import floor_seconds


@dataclass(frozen=True)
class RunView:
    """A run with its work and response, for an answer."""

    run: Run
    work: Work | None
    response: dict[str, Any] | None


def not_there(key: RunKey, expired: Run | None) -> NotFound:
    """Return the refusal of a run that has expired, or has no row. Then it may have expired, too."""
    if expired is None:
        return NotFound(f"run_id: no run {key.run_id} of this agent; runs expire where a retention is set")
    kept = f"{expired.kept_days} day{'' if expired.kept_days == 1 else 's'}"
    return NotFound(f"run_id: {key.run_id} has expired; it was kept for {kept} after its end (`run_retention_days`)")


@dataclass(frozen=True)
class Task:
    """The data needed to send a run."""

    agent_live: bool
    configuration: dict[str, Any] | None
    """Of the agent's version that the run was claimed under."""
    work: Work | None
    work_expires: bool
    """Whether the stored work may be gone one day, though another run still needs it."""


class RunStore(TransactionalStore):
    """Each method makes a few calls to the table, however many runs there are."""

    def create(
        self,
        call: RequestContext,
        run: Run,
        work: Work | None,
        *others: Write,
        work_expires_at: int | None,
    ) -> None:
        """Commit a new run and other writes. Raises QuotaExceeded if a counter among them is full.

        `work` is None for a run whose work is stored already. Then its key must stay free, so that an unanswered commit
        can be kept out all the same. `work_expires_at` is in UTC seconds.
        """
        at, own = keys.work_key(run.key), work and definitions.work_item(run.key, work, work_expires_at)
        self._create(
            call,
            run.key.run_id,
            Put(own, "absent") if own else Check(at, "absent"),
            Put(items.run_item(run), "absent"),
            *others,
            unless=at,
            now=floor_seconds(run.created_at),
        )

    def start(
        self,
        call: RequestContext,
        key: Key,
        state: State,
        run: Run,
        work: Work | None,
        *counted: Add,
        work_expires_at: int | None,
    ) -> None:
        """Commit a run that a caller asks of a schedule, and the schedule's state, which follows the one read before.

        Raises ConditionFailed if another writer came first.
        """
        follows = Put(items.state_item(key, state), {"rev": state.rev - 1})
        self.create(call, run, work, follows, *counted, work_expires_at=work_expires_at)

    def undo_start(self, key: Key, state: State, run: Run) -> None:
        """Undo that with the state that follows it. Raises ConditionFailed if the run was taken or the state moved."""
        self._table.write(
            Delete(keys.run_key(run.key), {"rev": run.rev}),
            Delete(keys.work_key(run.key)),
            Put(items.state_item(key, state), {"rev": state.rev - 1}),
        )

    def undo_create(self, run: Run) -> None:
        """Undo a create whose answer did not reach the client. Raises ConditionFailed if a worker took the run."""
        self._table.write(Delete(keys.run_key(run.key), {"rev": run.rev}), Delete(keys.work_key(run.key)))

    def get(self, key: RunKey) -> Run | None:
        """Return a run."""
        (item,) = self._table.get([keys.run_key(key)])
        return items.run_of(key.owner, key.agent_id, item) if item else None

    def save(self, run: Run) -> None:
        """Write a run that follows the one read before (its `rev` minus one)."""
        self._table.write(Put(items.run_item(run), {"rev": run.rev - 1}))

    def change(self, call: RequestContext, run: Run, *, now: int) -> None:
        """Commit such a run as a caller's change."""
        self._commit(call, run.key.run_id, Put(items.run_item(run), {"rev": run.rev - 1}), now=now)

    def save_response_parts(self, key: RunKey, parts: Sequence[bytes], expires_at: int | None) -> None:
        """Write the parts of a large response, before the run's row that states their number.

        `expires_at` (UTC seconds) is not before the run's own expiry.
        """
        for number, part in enumerate(parts):
            item = item_at(keys.response_key(key, number), data=part, ttl=expires_at)
            self._table.write(Put(item, "anything"))

    def agent_is_live(self, key: RunKey) -> bool:
        """Whether the agent of a run is not deleted."""
        (row,) = self._table.get([keys.agent_key(key.owner, key.agent_id)])
        return row is not None

    def task(self, run: Run) -> Task:
        """Return the data needed to send a run, from one read."""
        owner, agent_id = run.key.owner, run.key.agent_id
        live, version, *rows = self._table.get(
            [keys.agent_key(owner, agent_id), keys.version_key(owner, agent_id, run.agent_version), *_work_keys(run)]
        )
        row = _work_row(rows, run)
        return Task(
            agent_live=live is not None,
            configuration=agent_items.version_of_item(version).configuration if version else None,
            work=definitions.work_of(row) if row else None,
            work_expires=row is not None and "ttl" in row,
        )

    def view(self, key: RunKey, *, now: datetime) -> RunView:
        """Return a run with its work and response. Raises NotFound, also once its retention or its agent's is over."""
        agent, item = self._table.get([keys.agent_key(key.owner, key.agent_id), keys.run_key(key)])
        if agent is None:
            self.agent_must_be_kept(key.owner, key.agent_id, now)
        run = items.run_of(key.owner, key.agent_id, item) if item else None
        if run is None or run.expired(now):
            raise not_there(key, run)
        return self.viewed([run])[0]

    def agent_must_be_kept(self, owner: str, agent_id: str, now: datetime) -> None:
        """Raise NotFound unless the agent is live, or deleted within its retention, when its runs can be read."""
        rows = self._table.get([keys.agent_key(owner, agent_id, deleted=gone) for gone in (False, True)])
        agent = next((agent_items.agent_of(row) for row in rows if row), None)
        if agent is None or agent.expired(now):
            raise NotFound(f"agent_id: no agent {agent_id}; it may have been deleted")

    def page(self, owner: str, agent_id: str, paging: Paging, *, now: datetime) -> Slice[RunView]:
        """Return a page of the runs of an agent, live or deleted. Raises NotFound."""
        after = keys.run_key(RunKey(owner, agent_id, paging.after)) if paging.after else None
        page, agent = concurrently(
            lambda: self._page(keys.within(owner, agent_id), "R#", paging, after=after),
            lambda: self._table.get([keys.agent_key(owner, agent_id)])[0],
        )
        if agent is None:
            self.agent_must_be_kept(owner, agent_id, now)
        runs = [items.run_of(owner, agent_id, item) for item in page.items]
        return self._unexpired(runs, more=page.more, last=runs[-1].key.run_id if runs else None, now=now)

    def page_of_schedule(self, key: Key, paging: Paging, *, now: datetime) -> Slice[RunView]:
        """Return a page of one schedule's runs. Eventually consistent."""
        bound = Bound("run_id", "<" if paging.newest_first else ">", paging.after) if paging.after else None
        page = self._table.query_index(
            keys.BY_SCHEDULE,
            {"schedule_id": key.schedule_id},
            bound=bound,
            limit=paging.limit + 1,
            newest_first=paging.newest_first,
        )
        more = page.more or len(page.items) > paging.limit
        wanted = [ItemKey(str(item["pk"]), str(item["sk"])) for item in page.items[: paging.limit]]
        runs = [items.run_of(key.owner, key.agent_id, row) for row in read_all(self._table, wanted) if row is not None]
        last = wanted[-1].sk.removeprefix("R#") if wanted else None  # its row may be gone, and the index behind
        return self._unexpired(runs, more=more, last=last, now=now)

    def _unexpired(self, runs: Sequence[Run], *, more: bool, last: str | None, now: datetime) -> Slice[RunView]:
        """Return the runs of a page that have not expired, as far as one answer can hold them."""
        return self.fitting([run for run in runs if not run.expired(now)], more=more, last=last)

    def fitting(self, runs: Sequence[Run], *, more: bool, last: str | None) -> Slice[RunView]:
        """Return as many of the runs as one answer can hold, at least one. Each row states the size of its run.

        `last` is the id of the last run that was looked at.
        """
        chosen: list[Run] = []
        room = LARGEST_ANSWER
        for run in runs:
            room -= run.size
            if chosen and room < 0:
                return Slice(self.viewed(chosen), more=True)
            chosen.append(run)
        return Slice(self.viewed(chosen), more, last)

    def viewed(self, runs: Sequence[Run]) -> list[RunView]:
        """Return the runs with their work and responses."""
        wanted: dict[ItemKey, None] = {}
        for run in runs:
            wanted |= dict.fromkeys(_work_keys(run))
            wanted |= dict.fromkeys(keys.response_key(run.key, part) for part in range(run.response_parts))
        found = dict(zip(wanted, read_all(self._table, list(wanted)), strict=True))
        return [
            RunView(run, _work_in([found[key] for key in _work_keys(run)], run), _response_in(found, run))
            for run in runs
        ]


def _work_keys(run: Run) -> list[ItemKey]:
    """Return the keys that may hold a run's work: its own or another run's, or those of its schedule's current and
    older definition."""
    if run.work_of is not None:
        return [keys.work_key(replace(run.key, run_id=run.work_of))]
    key = Key.of_run(run)
    if key is None:
        return [keys.work_key(run.key)]
    return [keys.definition_key(key), keys.old_definition_key(key, run.revision)]


def _work_row(rows: Iterable[Item | None], run: Run) -> Item | None:
    revision = run.revision if run.work_of is None else definitions.WORK_REVISION
    return next((row for row in rows if row and row["revision"] == revision), None)


def _work_in(rows: Iterable[Item | None], run: Run) -> Work | None:
    row = _work_row(rows, run)
    return definitions.work_of(row) if row else None


def _response_in(found: dict[ItemKey, Item | None], run: Run) -> dict[str, Any] | None:
    if run.response is not None:
        return unpack(run.response)
    parts = [found[keys.response_key(run.key, part)] for part in range(run.response_parts)]
    data = b"".join(part["data"] for part in parts if part and isinstance(part["data"], bytes))
    return unpack(data) if data else None
