"""The counters in the table."""

from __future__ import annotations

from dataclasses import dataclass

from agent_schedules.domain.agents import Agent
from agent_schedules.domain.quotas import AgentCount, TenantCount
from agent_schedules.storage import agent_items, keys
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.counters import agent_count, tenant_count


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
