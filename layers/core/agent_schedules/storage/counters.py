"""The counters behind the limits: numbers of schedules, of their occurrences in an hour, and of webhooks.

A counter changes in the same transaction as the schedules it counts. A schedule's state records how it is counted, so
the counters stay exact. A row from before the counters existed is not counted (docs/decisions/0008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agent_schedules.domain.agents import Agent
from agent_schedules.domain.quotas import UNLIMITED, AgentCount, Quotas, TenantCount
from agent_schedules.domain.schedules import Key, State
from agent_schedules.storage import agent_items, keys
from agent_schedules.storage.attributes import VERSION, item_at
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.table import Add, Item

KEPT_SECONDS = 3600  # for which the count of a minute or an hour is kept


@dataclass(frozen=True)
class Counts:
    """The current use of the limits, from one read."""

    tenant: TenantCount
    agent: Agent | None
    """The live agent, if one was asked for and exists."""
    count: AgentCount | None


class CounterStore(TransactionalStore):
    """Reads the counters. The other stores change them, in the transactions that change what they count."""

    def read(self, owner: str, agent_id: str | None) -> Counts:
        """Return the counts of an owner's tenant, and of one agent."""
        wanted = [keys.tenant_counter_key(owner)]
        if agent_id is not None:
            wanted += [keys.agent_key(owner, agent_id), keys.agent_counter_key(owner, agent_id)]
        tenant, agent, count = [*self._table.get(wanted), None, None][:3]
        return Counts(tenant_count(tenant), agent_items.agent_of(agent) if agent else None, agent_count(count))


def tenant_count(item: Item | None) -> TenantCount:
    """Return the counts in a tenant's counter."""
    names = ("schedules", "hourly", "webhooks")
    return TenantCount(**{name: cast(int, (item or {}).get(name, 0)) for name in names})


def agent_count(item: Item | None) -> AgentCount | None:
    """Return the counts in an agent's counter. The first schedule creates it; None before that."""
    if item is None:
        return None
    fields = {name: cast(int, item.get(name, 0)) for name in ("schedules", "hourly", "deletions", "rev")}
    return AgentCount(**fields)


def agent_count_item(owner: str, agent_id: str, count: AgentCount) -> Item:
    """Return the item of an agent's counter."""
    return item_at(keys.agent_counter_key(owner, agent_id), **vars(count))


def additions(
    key: Key, before: State | None, after: State | None, *, deletions: int, quotas: Quotas = UNLIMITED
) -> list[Add]:
    """Return the writes to the counters for a change of a schedule's state.

    `before` is None for a create, `after` is None for its undo. `deletions` are those of the agent that was read: a
    change that counts, or that activates the schedule, fails if the agent was deleted since. The limits on schedules
    apply only to a new schedule, the limit on occurrences only to a schedule that runs more often than before.
    """
    listed = (after is not None and after.counted) - (before is not None and before.counted)
    more = (after.hourly if after is not None else 0) - (before.hourly if before is not None else 0)
    activated = after is not None and after.status == "active" and before is not None and before.status != "active"
    if not listed and not more and not activated:
        return []
    new = before is None
    at_most = {"schedules": quotas.per_agent} if new and quotas.per_agent else {}
    same = {"v": VERSION, "deletions": deletions}
    agent = Add(
        keys.agent_counter_key(key.owner, key.agent_id), {"schedules": listed, "hourly": more, "rev": 1}, same, at_most
    )
    if not listed and not more:
        return [agent]
    limit = quotas.schedules if new else 0
    return [agent, tenant_addition(key.owner, listed, more, schedules_at_most=limit, hourly_at_most=quotas.hourly)]


def run_addition(owner: str, minute: int, runs: int, *, at_most: int) -> Add:
    """Return the write that reserves runs for the owner's tenant in that minute since the epoch."""
    same = {"v": VERSION, "ttl": 60 * minute + KEPT_SECONDS}
    return Add(keys.started_key(owner, minute), {"runs": runs}, same, {"runs": at_most})


def backfill_addition(owner: str, hour: int, runs: int, *, at_most: int) -> Add:
    """Return the write that counts the runs which a backfill begins in that hour since the epoch."""
    same = {"v": VERSION, "ttl": 3600 * hour + 2 * KEPT_SECONDS}
    return Add(keys.backfilled_key(owner, hour), {"runs": runs}, same, {"runs": at_most})


def asked_addition(owner: str, minute: int, *, at_most: int) -> Add:
    """Return the write that counts a test or a replay of the owner's tenant in that minute since the epoch."""
    same = {"v": VERSION, "ttl": 60 * minute + KEPT_SECONDS}
    return Add(keys.asked_key(owner, minute), {"deliveries": 1}, same, {"deliveries": at_most})


def tenant_addition(
    owner: str, schedules: int, hourly: int, *, schedules_at_most: int = 0, hourly_at_most: int = 0
) -> Add:
    """Return the write that adds to the counter of the owner's tenant. A limit of 0 means none; fewer always fits."""
    at_most = {"schedules": schedules_at_most} if schedules_at_most else {}
    at_most |= {"hourly": hourly_at_most} if hourly_at_most and hourly > 0 else {}
    amounts = {"schedules": schedules, "hourly": hourly, "rev": 1}
    return Add(keys.tenant_counter_key(owner), amounts, {"v": VERSION}, at_most)


def webhook_addition(owner: str, webhooks: int, *, at_most: int = 0) -> Add:
    """Return the write that adds webhooks to the counter of the owner's tenant. A limit of 0 means none."""
    limit = {"webhooks": at_most} if at_most and webhooks > 0 else {}
    return Add(keys.tenant_counter_key(owner), {"webhooks": webhooks, "rev": 1}, {"v": VERSION}, limit)
