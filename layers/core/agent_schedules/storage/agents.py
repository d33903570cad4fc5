"""Agents and their versions in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent_schedules.domain.agents import Agent, AgentVersion, version_of
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.quotas import AgentCount
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import NotFound
from agent_schedules.storage import agent_items, keys
from agent_schedules.storage.base import TransactionalStore, concurrently
from agent_schedules.storage.counters import agent_count, agent_count_item, tenant_addition
from agent_schedules.storage.stable_keys import holder_of, key_writes
from agent_schedules.storage.table import Delete, Item, Put, Write
from agent_schedules.timestamps import floor_seconds


class AgentStore(TransactionalStore):
    """Each method makes one or two calls to the table. A change raises ConditionFailed if another came first."""

    def create(self, call: RequestContext, agent: Agent) -> None:
        """Commit a new agent and its first version."""
        owner, version = call.caller.owner, version_of(agent)
        self._create(
            call,
            agent.id,
            Put(agent_items.agent_item(owner, agent), "absent"),
            Put(agent_items.version_item(owner, version), "absent"),
            *_key_writes(owner, agent.id, None, agent.key),
            unless=keys.version_key(owner, agent.id, version.version),
            now=floor_seconds(agent.created_at),
        )

    def undo_create(self, owner: str, agent: Agent) -> None:
        """Undo a create whose answer did not reach the client. Raises ConditionFailed if the agent changed since."""
        self._table.write(
            Delete(keys.agent_key(owner, agent.id), as_read(agent)),
            Delete(keys.version_key(owner, agent.id, agent.version)),
            *_key_writes(owner, agent.id, agent.key, None),
        )

    def get(self, owner: str, agent_id: str) -> tuple[Agent | None, AgentCount | None]:
        """Return an agent, live or deleted, and the counts of its schedules."""
        wanted = [keys.agent_key(owner, agent_id), keys.agent_key(owner, agent_id, deleted=True)]
        *found, count = self._table.get([*wanted, keys.agent_counter_key(owner, agent_id)])
        return next((agent_items.agent_of(item) for item in found if item), None), agent_count(count)

    def with_stable_key(self, owner: str, key: str) -> str | None:
        """Return the id of the live agent that has a stable key."""
        (item,) = self._table.get([keys.stable_agent_key(owner, key)])
        return holder_of(item)

    def live(self, owner: str, agent_id: str) -> Agent:
        """Return a live agent. Raises NotFound."""
        (item,) = self._table.get([keys.agent_key(owner, agent_id)])
        return live_agent(item, agent_id)

    def page(self, owner: str, paging: Paging, *, deleted: bool, now: datetime) -> Slice[Agent]:
        """Return a page of the owner's live agents, or of the deleted ones whose retention has not ended."""
        start_after = keys.agent_key(owner, paging.after, deleted=deleted).sk if paging.after else None
        skip, more = paging.offset, True
        found: list[Agent] = []
        while more and len(found) <= paging.limit:
            page = self._table.query(
                owner,
                "XA#" if deleted else "A#",
                limit=paging.limit + 1 - len(found),
                newest_first=paging.newest_first,
                start_after=start_after,
                skip=skip,
            )
            found += [agent for agent in map(agent_items.agent_of, page.items) if not agent.expired(now)]
            more, skip = page.more and bool(page.items), 0
            start_after = str(page.items[-1]["sk"]) if page.items else None
        return Slice(found[: paging.limit], more or len(found) > paging.limit)

    def change(self, call: RequestContext, before: Agent, after: Agent, version: AgentVersion) -> None:
        """Commit a new version."""
        owner = call.caller.owner
        self._commit(
            call,
            after.id,
            Put(agent_items.agent_item(owner, after), as_read(before)),
            Put(agent_items.version_item(owner, version), "absent"),
            *_key_writes(owner, after.id, before.key, after.key),
            now=floor_seconds(after.updated_at),
        )

    def move(self, call: RequestContext, before: Agent, after: Agent, count: AgentCount | None, *, now: int) -> None:
        """Commit a deletion or a restoration: the row moves to the other prefix, so that lists need no filter.

        The tenant's counter loses the agent's schedules, or gets them back, whatever the limit. Nothing below a deleted
        agent changes, so only a deletion checks that `count` is still as it was read. A deletion frees the stable key,
        and a restoration takes it again.
        """
        owner = call.caller.owner
        gone = after.deleted_at is not None
        writes: list[Write] = [
            Delete(keys.agent_key(owner, before.id, deleted=not gone), as_read(before)),
            Put(agent_items.agent_item(owner, after), "absent"),
            *_key_writes(owner, after.id, before.key if gone else None, None if gone else after.key),
        ]
        if gone:
            kept = count or AgentCount(0, 0, 0, rev=0)
            left = replace(kept, deletions=after.deletions, rev=kept.rev + 1)
            writes.append(
                Put(agent_count_item(owner, after.id, left), {"rev": count.rev} if count is not None else "absent")
            )
        if count is not None and count.schedules:
            sign = -1 if gone else 1
            writes.append(tenant_addition(owner, sign * count.schedules, sign * count.hourly))
        self._commit(call, after.id, *writes, now=now)

    def versions(self, owner: str, agent_id: str, paging: Paging) -> tuple[Agent, Slice[AgentVersion]]:
        """Return a live agent and a page of its versions. Raises NotFound."""
        last = int(paging.after.rpartition("_v")[2]) if paging.after else None
        after = keys.version_key(owner, agent_id, last) if last is not None else None
        page, item = concurrently(
            lambda: self._page(keys.within(owner, agent_id), "V#", paging, after=after),
            lambda: self._table.get([keys.agent_key(owner, agent_id)])[0],
        )
        return live_agent(item, agent_id), Slice(list(map(agent_items.version_of_item, page.items)), page.more)

    def version(self, owner: str, agent_id: str, number: int) -> tuple[Agent, AgentVersion | None]:
        """Return a live agent and one of its versions. Raises NotFound if there is no such agent."""
        agent, version = self._table.get([keys.agent_key(owner, agent_id), keys.version_key(owner, agent_id, number)])
        return live_agent(agent, agent_id), agent_items.version_of_item(version) if version else None


def _key_writes(owner: str, agent_id: str, before: str | None, after: str | None) -> list[Write]:
    return key_writes(lambda name: keys.stable_agent_key(owner, name), before, after, agent_id)


def live_agent(item: Item | None, agent_id: str) -> Agent:
    """Return the agent in a row. Raises NotFound if there is no row."""
    if item is None:
        raise NotFound(f"agent_id: no agent {agent_id}; it may have been deleted")
    return agent_items.agent_of(item)


def as_read(agent: Agent) -> dict[str, int]:
    """Return the values that show that a row is unchanged: every change raises one of them."""
    return {"version": agent.version, "deletions": agent.deletions}
