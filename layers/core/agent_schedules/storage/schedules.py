"""Schedules in the table: a definition, its small state, and records of occurrences that made no run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from agent_schedules.domain.agents import Agent
from agent_schedules.domain.attention import hurried, in_trouble, looked, silent_alone
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Definition, Key, Schedule, State
from agent_schedules.domain.settlement import Record
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.storage import agent_items, definitions, items, keys
from agent_schedules.storage.agents import live_agent
from agent_schedules.storage.base import TransactionalStore, concurrently
from agent_schedules.storage.counters import additions, backfill_addition
from agent_schedules.storage.stable_keys import holder_of, key_writes
from agent_schedules.storage.table import Check, Delete, Item, Put, Write
from agent_schedules.timestamps import floor_seconds

TOMBSTONE_DAYS = 30  # a deleted schedule can be read this long (contract D1)
READINGS = 4  # attempts at rows that other calls change between the read of one and the next


@dataclass(frozen=True)
class HintView:
    """Everything that handling a hint needs, from one read."""

    agent: Agent | None
    schedule: Schedule | None
    run: Run | None
    """The run of the hint's own nominal time, if it exists."""


class ScheduleStore(TransactionalStore):
    """Each method makes one or two calls to the table. A change raises ConditionFailed if another came first."""

    def create(self, call: RequestContext, schedule: Schedule, quotas: Quotas) -> None:
        """Commit a new schedule.

        Raises ConditionFailed unless the agent has `state.agent_deletions`, QuotaExceeded where a quota is met.
        """
        key, state = schedule.key, schedule.state
        self._create(
            call,
            key.schedule_id,
            Check(keys.agent_key(key.owner, key.agent_id), {"deletions": state.agent_deletions}),
            Put(definitions.definition_in_force(key, schedule.definition), "absent"),
            Put(items.state_item(key, state), "absent"),
            *_key_writes(key, None, schedule.definition),
            *additions(key, None, state, deletions=state.agent_deletions, quotas=quotas),
            unless=keys.state_key(key),
            now=floor_seconds(state.created_at),
        )

    def undo_create(self, call: RequestContext, schedule: Schedule) -> None:
        """Take back a create and its idempotency record. Raises ConditionFailed if the schedule was changed or ran."""
        key = schedule.key
        (row,) = self._table.get([keys.state_key(key)])
        state = items.state_of(row) if row else None
        if state is None or (state.generation, state.run_count) != (1, 0):
            raise ConditionFailed(0)
        self._table.write(
            Delete(keys.state_key(key), {"rev": state.rev}),
            Delete(keys.definition_key(key)),
            *_key_writes(key, schedule.definition, None),
            *additions(key, state, None, deletions=state.agent_deletions),
            *self._without_record(call),
        )

    def with_stable_key(self, owner: str, agent_id: str, key: str) -> str | None:
        """Return the id of the schedule of a live agent that has a stable key. Raises NotFound for the agent."""
        agent, item = self._table.get([keys.agent_key(owner, agent_id), keys.stable_schedule_key(owner, agent_id, key)])
        live_agent(agent, agent_id)
        return holder_of(item)

    def get(self, key: Key, *, now: int) -> tuple[Agent, Schedule | None]:
        """Return a live agent and its schedule, or the schedule's tombstone. Raises NotFound for the agent."""
        wanted = [
            keys.agent_key(key.owner, key.agent_id),
            keys.definition_key(key),
            keys.state_key(key),
            keys.definition_key(key, deleted=True),
            keys.state_key(key, deleted=True),
        ]
        for _ in range(READINGS):
            row, *rows = self._table.get(wanted)
            agent = live_agent(row, key.agent_id)
            if torn(*rows[:2]):
                continue
            found = schedule_of(key, *rows[:2]) or schedule_of(key, *rows[2:])
            if found is not None and _expired(found, now):
                found = None
            return agent, found.as_of_agent(agent.deletions) if found else None
        raise Unavailable("The schedule is being changed by other calls; try again")

    def page(self, owner: str, agent_id: str, paging: Paging, *, deleted: bool, now: int) -> Slice[Schedule]:
        """Return a page of a live agent's schedules, or of their tombstones. Raises NotFound for the agent."""
        prefix = "XS#" if deleted else "S#"
        start_after = None
        if paging.after:
            last = Key(owner, agent_id, paging.after)
            at = keys.definition_key if paging.newest_first else keys.state_key
            start_after = at(last, deleted=deleted).sk
        page, item = concurrently(
            lambda: self._table.query(
                keys.within(owner, agent_id),
                prefix,
                limit=2 * paging.limit + 2,
                newest_first=paging.newest_first,
                start_after=start_after,
                skip=2 * paging.offset,
            ),
            lambda: self._table.get([keys.agent_key(owner, agent_id)])[0],
        )
        agent = live_agent(item, agent_id)
        rows: dict[str, dict[bool, Item]] = {}
        for found in page.items:
            _, schedule_id, *suffix = str(found["sk"]).split("#")
            rows.setdefault(schedule_id, {})[bool(suffix)] = found
        schedules: list[Schedule] = []
        for schedule_id, pair in rows.items():
            key = Key(owner, agent_id, schedule_id)
            schedule = schedule_of(key, pair.get(False), pair.get(True))
            if torn(pair.get(False), pair.get(True)):
                _, schedule = self.get(key, now=now)
            if schedule is not None and not _expired(schedule, now):
                schedules.append(schedule.as_of_agent(agent.deletions))
        if len(schedules) > paging.limit or not page.more:
            return Slice(schedules[: paging.limit], len(schedules) > paging.limit)
        # Some have expired. The last one may have its other row behind the page, and is not shown then.
        return Slice(schedules, more=True, last=[*rows][-1 if len(rows[schedule_id]) == 2 else -2])

    def change(self, call: RequestContext, before: Schedule, change: Change, agent: Agent, quotas: Quotas) -> None:
        """Commit an update, a pause, a resume, a delete or the begin of a backfill. Raises QuotaExceeded too."""
        state = change.schedule.state
        now, begun, most = floor_seconds(state.updated_at), change.backfills, quotas.backfilled
        owner = before.key.owner
        self._commit(
            call,
            before.key.schedule_id,
            *self._changes(before, change),
            *additions(before.key, before.state, state, deletions=agent.deletions, quotas=quotas),
            *([backfill_addition(owner, now // 3600, begun, at_most=most)] if begun and most else []),
            now=now,
        )

    @staticmethod
    def _changes(before: Schedule, change: Change) -> list[Write]:
        """Return the writes of a change. The old definition stays while runs refer to it."""
        key, after = before.key, change.schedule
        expires_at = _expires_at(after.state)
        gone, redefined = expires_at is not None, after.definition != before.definition
        ttl: Item = {} if expires_at is None else {"ttl": expires_at}
        writes = _key_writes(key, before.definition, None if gone else after.definition)
        if gone:
            writes += [Delete(keys.definition_key(key)), Delete(keys.state_key(key), {"rev": before.state.rev})]
        writes.append(
            Put(
                items.state_item(key, after.state, deleted=gone) | ttl,
                "anything" if gone else {"rev": before.state.rev},
            )
        )
        if gone:
            at = keys.definition_key(key, deleted=True)
            writes.append(Put(definitions.definition_item(at, after.definition, expires_at=expires_at), "anything"))
        elif redefined:
            writes.append(Put(definitions.definition_in_force(key, after.definition), "anything"))
        if (gone or redefined) and before.state.run_count:
            old = keys.old_definition_key(key, before.definition.revision)
            until = change.old_definition_expires_at
            writes.append(Put(definitions.definition_item(old, before.definition, expires_at=until), "anything"))
        writes += [Put(items.record_item(key, record), "absent") for record in change.records]
        return writes

    def take_back(self, call: RequestContext, before: Schedule, change: Change, agent: Agent) -> None:
        """Commit a change that undoes the request's own, and delete its idempotency record: its retry must fail too."""
        self._table.write(
            *self._changes(before, change),
            *additions(before.key, before.state, change.schedule.state, deletions=agent.deletions),
            *self._without_record(call),
        )

    def end_pause(self, before: Schedule, change: Change) -> None:
        """Commit the end of a pause. If the agent is deleted meanwhile, the schedule reads as paused all the same."""
        self._table.write(*self._changes(before, change))

    def save_state(self, key: Key, state: State) -> None:
        """Write a state, on the condition that the stored one is the one before it (its `rev` minus one)."""
        self._table.write(Put(items.state_item(key, state), {"rev": state.rev - 1}))

    def release(self, key: Key, state: State, run: Run) -> None:
        """Write a state and the run of its line that is free now, both as successors of what was read."""
        self._table.write(
            Put(items.state_item(key, state), {"rev": state.rev - 1}),
            Put(items.run_item(run), {"rev": run.rev - 1}),
        )

    def line_waits(self, key: Key) -> bool:
        """Whether a run of the schedule waits for another one, or a backfill is under way."""
        (row,) = self._table.get([keys.state_key(key)])
        state = items.state_of(row) if row and "status" in row else None
        return state is not None and bool(state.waiting or state.backfill)

    def look(self, key: Key, *, now: int, early: bool = False) -> State | None:
        """Move a row forward in the attention index if its time there has passed. Returns the state before that.

        `early`: before that time too, if the row is in trouble, whose entry may be tried at once then. Returns None
        where there is nothing to look at, or another writer came first. A row that may only be silent stays.
        """
        (row,) = self._table.get([keys.state_key(key)])
        if row is None or "attention_at" not in row:
            return None
        state = items.state_of(row)
        if early and in_trouble(state, now):
            after = looked(hurried(state), now)
        elif cast(int, row["attention_at"]) > now:
            return None
        elif silent_alone(state, now):
            return state
        else:
            after = looked(state, now)
        try:
            self.save_state(key, after)
        except ConditionFailed:
            return None
        return state

    def for_hint(self, key: Key, run_id: str | None) -> HintView:
        """Read what a hint needs at once: agent, schedule, and the run of the hint's own nominal time."""
        wanted = [keys.agent_key(key.owner, key.agent_id), keys.definition_key(key), keys.state_key(key)]
        if run_id is not None:
            wanted.append(keys.run_key(key.run(run_id)))
        for _ in range(READINGS):
            row, definition, state, *run = self._table.get(wanted)
            if torn(definition, state):
                continue
            agent = agent_items.agent_of(row) if row else None
            schedule = schedule_of(key, definition, state)
            return HintView(
                agent=agent,
                schedule=schedule.as_of_agent(agent.deletions if agent else None) if schedule else None,
                run=items.run_of(key.owner, key.agent_id, run[0]) if run and run[0] else None,
            )
        raise Unavailable("The schedule is being changed by other calls; try again")

    def settle(self, key: Key, state: State, runs: Sequence[Run], records: Sequence[Record], *, repeats: bool) -> None:
        """Commit a settlement: its runs, its records and the next state, all or nothing.

        `repeats`: EventBridge repeats the entry by itself (`entries.repeats_evenly`).
        """
        self._table.write(
            Put(items.state_item(key, state, repeats=repeats), {"rev": state.rev - 1}),
            *(Put(items.run_item(run), "absent") for run in runs),
            *(Put(items.record_item(key, record), "absent") for record in records),
        )


def _key_writes(key: Key, before: Definition | None, after: Definition | None) -> list[Write]:
    """Return the writes for the stable key of a schedule with another definition; None before a create, and after a
    deletion."""
    had, has = (definition.options.key if definition is not None else None for definition in (before, after))
    return key_writes(lambda name: keys.stable_schedule_key(key.owner, key.agent_id, name), had, has, key.schedule_id)


def schedule_of(key: Key, definition: Item | None, state: Item | None) -> Schedule | None:
    """Return the schedule in two rows, if both are there."""
    if definition is None or state is None:
        return None
    return Schedule(key, definitions.definition_of(definition), items.state_of(state)).with_current_tzdata()


def torn(definition: Item | None, state: Item | None) -> bool:
    """Whether the rows are of two versions, one read before a change and one after: BatchGetItem is no snapshot."""
    if definition is None or state is None or "revision" not in state:
        return False
    return definition["revision"] != state["revision"]


def _expired(schedule: Schedule, now: int) -> bool:
    """Whether a tombstone has expired. DynamoDB may keep it for some days longer."""
    expires_at = _expires_at(schedule.state)
    return expires_at is not None and now >= expires_at


def _expires_at(state: State) -> int | None:
    """Return when a tombstone expires, in UTC seconds; None for a schedule that is not deleted."""
    return None if state.deleted_at is None else floor_seconds(state.deleted_at) + TOMBSTONE_DAYS * 86_400
