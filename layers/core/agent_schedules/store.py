"""What the service reads and writes, in the words of the domain: each method is one or two calls to the table.

Every state and run row is rewritten whole under its optimistic lock `rev`, so two writers can never both win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from agent_schedules import items
from agent_schedules.agents import Agent
from agent_schedules.errors import ConditionFailed, NotFound
from agent_schedules.packing import unpack
from agent_schedules.runs import Run, RunKey
from agent_schedules.schedules import Definition, Key, Record, Schedule, State
from agent_schedules.table import Check, Delete, Item, ItemKey, Put, Table, Write

A = TypeVar("A")
B = TypeVar("B")

TOMBSTONE_DAYS = 30  # a deleted schedule can be read this long (contract D1)
RUN_SLACK = 600  # seconds without progress after which the keeper looks at an open run that nobody holds

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="store")


def _together(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Two independent reads at once."""
    other = _threads.submit(second)
    return first(), other.result()


@dataclass(frozen=True)
class HintView:
    """Everything a hint needs, from one read."""

    agent: Agent | None
    schedule: Schedule | None
    run: Run | None
    """The run of the hint's own nominal time, if it exists."""


class Store:
    """The table, typed. Raises Unavailable when DynamoDB does, ConditionFailed when a write lost its race."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tenant(self, digest: str) -> str | None:
        """The tenant of the API key with that SHA-256, if there is one."""
        (item,) = self._table.get([items.api_key_key(digest)])
        return str(item["tenant"]) if item else None

    # --- agents ---

    def create_agent(self, owner: str, agent: Agent) -> None:
        """A new agent and its first version."""
        self._table.write(
            Put(items.agent_item(owner, agent), "absent"), Put(items.version_item(owner, agent), "absent")
        )

    def agent(self, owner: str, agent_id: str) -> Agent | None:
        """A live agent."""
        (item,) = self._table.get([items.agent_key(owner, agent_id)])
        return items.agent_of(item) if item else None

    def agent_version(self, owner: str, agent_id: str, version: int) -> Agent | None:
        """One version of an agent, live or not."""
        (item,) = self._table.get([items.version_key(owner, agent_id, version)])
        return items.agent_of(item) if item else None

    def agents(
        self, owner: str, *, deleted: bool, limit: int, offset: int, newest_first: bool
    ) -> tuple[list[Agent], bool]:
        """A page of the owner's agents, and whether there are more."""
        prefix = "XA#" if deleted else "A#"
        page = self._table.query(owner, prefix, limit=offset + limit + 1, newest_first=newest_first)
        chosen = page.items[offset : offset + limit]
        return [items.agent_of(item) for item in chosen], page.more or len(page.items) > offset + limit

    # --- schedules ---

    def create_schedule(self, schedule: Schedule) -> None:
        """Commit a new schedule. Raises NotFound if its agent does not exist."""
        key = schedule.key
        try:
            self._table.write(
                Check(items.agent_key(key.owner, key.agent_id), {}),
                Put(items.definition_item(items.definition_key(key), schedule.definition), "absent"),
                Put(items.state_item(key, schedule.state), "absent"),
            )
        except ConditionFailed as lost:
            if lost.index == 0:
                raise NotFound(f"agent_id: no agent {key.agent_id}; create it first") from None
            raise

    def undo_create(self, key: Key) -> None:
        """Take back a create whose definition EventBridge refused, unless something happened to it since."""
        self._table.write(Delete(items.definition_key(key)), Delete(items.state_key(key), {"rev": 1, "run_count": 0}))

    def schedule(self, key: Key) -> Schedule | None:
        """A schedule, or its tombstone while it lasts. Raises NotFound if its agent does not exist."""
        agent, *rows = self._table.get(
            [
                items.agent_key(key.owner, key.agent_id),
                items.definition_key(key),
                items.state_key(key),
                items.definition_key(key, deleted=True),
                items.state_key(key, deleted=True),
            ]
        )
        if agent is None:
            raise NotFound(f"agent_id: no agent {key.agent_id}")
        return _schedule(key, *rows[:2]) or _schedule(key, *rows[2:])

    def schedules(self, owner: str, agent_id: str, *, limit: int, newest_first: bool) -> tuple[list[Schedule], bool]:
        """A page of an agent's schedules, and whether there are more. Raises NotFound if the agent does not exist."""
        page, agent = _together(
            lambda: self._table.query(
                items.within(owner, agent_id), "S#", limit=2 * limit + 2, newest_first=newest_first
            ),
            lambda: self._table.get([items.agent_key(owner, agent_id)])[0],
        )
        if agent is None:
            raise NotFound(f"agent_id: no agent {agent_id}")
        by_id: dict[str, dict[bool, Item]] = {}
        for item in page.items:
            _, schedule_id, *suffix = str(item["sk"]).split("#")
            by_id.setdefault(schedule_id, {})[bool(suffix)] = item
        found = [
            schedule
            for schedule_id, rows in by_id.items()
            if (schedule := _schedule(Key(owner, agent_id, schedule_id), rows.get(False), rows.get(True)))
        ]
        return found[:limit], page.more or len(found) > limit

    def delete_schedule(self, schedule: Schedule, records: Iterable[Record], *, now: datetime) -> None:
        """Move a schedule to its tombstone, which lasts 30 days; its definition stays while runs refer to it."""
        key, state, definition = schedule.key, schedule.state, schedule.definition
        ttl: Item = {"ttl": int(now.timestamp()) + TOMBSTONE_DAYS * 86_400}
        gone = replace(
            state,
            status="deleted",
            next_run_at=None,
            generation=state.generation + 1,
            deleted_at=now,
            updated_at=now,
            rev=state.rev + 1,
        )
        writes: list[Write] = [
            Delete(items.definition_key(key)),
            Delete(items.state_key(key), {"rev": state.rev}),
            Put(items.definition_item(items.definition_key(key, deleted=True), definition) | ttl, "anything"),
            Put(items.state_item(key, gone, deleted=True) | ttl, "anything"),
            *(Put(items.record_item(key, record), "absent") for record in records),
        ]
        if state.run_count:
            old = items.old_definition_key(key, definition.revision)
            writes.append(Put(items.definition_item(old, definition), "anything"))
        self._table.write(*writes)

    def save_state(self, key: Key, state: State) -> None:
        """Write a state that follows the one read before (its `rev` minus one)."""
        self._table.write(Put(items.state_item(key, state), {"rev": state.rev - 1}))

    # --- occurrences ---

    def for_hint(self, key: Key, run_id: str | None) -> HintView:
        """One read for a hint: agent, schedule, and the run of the hint's own nominal time."""
        keys = [items.agent_key(key.owner, key.agent_id), items.definition_key(key), items.state_key(key)]
        if run_id is not None:
            keys.append(items.run_key(RunKey(key.owner, key.agent_id, run_id)))
        agent, definition, state, *run = self._table.get(keys)
        return HintView(
            agent=items.agent_of(agent) if agent else None,
            schedule=_schedule(key, definition, state),
            run=items.run_of(key.owner, key.agent_id, run[0]) if run and run[0] else None,
        )

    def settle(self, key: Key, state: State, runs: Sequence[Run], records: Sequence[Record], *, now: datetime) -> None:
        """The commit of a settlement: runs, records and the state that follows the one read, or nothing."""
        self._table.write(
            Put(items.state_item(key, state), {"rev": state.rev - 1}),
            *(Put(self._open_item(run, now), "absent") for run in runs),
            *(Put(items.record_item(key, record), "absent") for record in records),
        )

    # --- runs ---

    @staticmethod
    def _open_item(run: Run, now: datetime) -> Item:
        """A run's row: one held under a lease is gone on with by its hint's redelivery, any other open one by the
        keeper."""
        held = run.terminal or run.status == "submitting"
        return items.run_item(run, attention_at=None if held else int(now.timestamp()) + RUN_SLACK)

    def run(self, key: RunKey) -> Run | None:
        """A run's row."""
        (item,) = self._table.get([items.run_key(key)])
        return items.run_of(key.owner, key.agent_id, item) if item else None

    def save_run(self, run: Run, *, now: datetime) -> None:
        """Write a run that follows the one read before (its `rev` minus one)."""
        self._table.write(Put(self._open_item(run, now), {"rev": run.rev - 1}))

    def save_response_parts(self, key: RunKey, parts: Sequence[bytes]) -> None:
        """The parts of a large response, written before the run that counts them."""
        for number, part in enumerate(parts):
            at = items.response_key(key, number)
            self._table.write(Put({"pk": at.pk, "sk": at.sk, "v": items.VERSION, "data": part}, "anything"))

    def definition_for(self, run: Run) -> Definition | None:
        """The definition that a run was claimed under."""
        return self._definitions([run]).get((run.schedule_id, run.revision))

    def work_for(self, run: Run) -> tuple[Agent | None, Definition | None]:
        """What a run is made of: the agent version and the definition it was claimed under."""
        return self.agent_version(run.key.owner, run.key.agent_id, run.agent_version), self.definition_for(run)

    def runs(
        self, owner: str, agent_id: str, *, limit: int, offset: int, newest_first: bool
    ) -> tuple[list[RunView], bool]:
        """A page of an agent's runs, and whether there are more. Raises NotFound if the agent does not exist."""
        page, agent = _together(
            lambda: self._table.query(
                items.within(owner, agent_id), "R#", limit=offset + limit + 1, newest_first=newest_first
            ),
            lambda: self._table.get([items.agent_key(owner, agent_id)])[0],
        )
        if agent is None:
            raise NotFound(f"agent_id: no agent {agent_id}")
        chosen = [items.run_of(owner, agent_id, item) for item in page.items[offset : offset + limit]]
        return self._viewed(chosen), page.more or len(page.items) > offset + limit

    def run_view(self, key: RunKey) -> RunView | None:
        """A run with its input and response. Raises NotFound if its agent does not exist."""
        agent, item = self._table.get([items.agent_key(key.owner, key.agent_id), items.run_key(key)])
        if agent is None:
            raise NotFound(f"agent_id: no agent {key.agent_id}")
        return self._viewed([items.run_of(key.owner, key.agent_id, item)])[0] if item else None

    def _viewed(self, runs: Sequence[Run]) -> list[RunView]:
        definitions = self._definitions(runs)
        return [RunView(run, definitions.get((run.schedule_id, run.revision)), self._response(run)) for run in runs]

    def _definitions(self, runs: Sequence[Run]) -> dict[tuple[str | None, int], Definition]:
        """The definitions of some runs: the one in force, the kept older ones, or a tombstone's."""
        wanted: dict[ItemKey, str] = {}
        for run in runs:
            if run.schedule_id is not None:
                key = Key(run.key.owner, run.key.agent_id, run.schedule_id)
                wanted[items.definition_key(key)] = run.schedule_id
                wanted[items.old_definition_key(key, run.revision)] = run.schedule_id
        keys = list(wanted)
        found: dict[tuple[str | None, int], Definition] = {}
        for start in range(0, len(keys), 100):
            for key_, item in zip(keys[start:], self._table.get(keys[start : start + 100]), strict=False):
                if item:
                    definition = items.definition_of(item)
                    found[wanted[key_], definition.revision] = definition
        return found

    def _response(self, run: Run) -> dict[str, object] | None:
        if run.response is not None:
            return unpack(run.response)
        if not run.response_parts:
            return None
        parts = self._table.get([items.response_key(run.key, part) for part in range(run.response_parts)])
        return unpack(b"".join(part["data"] for part in parts if part and isinstance(part["data"], bytes)))

    # --- attention ---

    def overdue(self, now: int, *, limit: int) -> list[Key | RunKey]:
        """What the keeper must look at: rows whose time in the attention index has passed. Cost follows their
        number."""
        found: list[Key | RunKey] = []
        for shard in range(items.SHARDS):
            page = self._table.query_index(
                items.ATTENTION,
                {"attention_shard": f"s{shard}"},
                below=("attention_at", now),
                limit=limit,
                newest_first=False,
            )
            found += [items.subject_of(item) for item in page.items]
        return found


@dataclass(frozen=True)
class RunView:
    """A run as a caller sees it."""

    run: Run
    definition: Definition | None
    response: dict[str, object] | None


def _schedule(key: Key, definition: Item | None, state: Item | None) -> Schedule | None:
    if definition is None or state is None:
        return None
    return Schedule(key, items.definition_of(definition), items.state_of(state))
