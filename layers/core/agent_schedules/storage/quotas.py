"""The counters in the table, and the search for places that completed schedules have no more use for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from agent_schedules.domain.agents import Agent
from agent_schedules.domain.quotas import AgentCount, TenantCount
from agent_schedules.domain.schedules import Key
from agent_schedules.storage import items, keys
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.counters import agent_count, agent_count_item, tenant_count
from agent_schedules.storage.table import Add, Item, Put

SEARCHED = 4_000  # rows that one step of a search reads at most, two a schedule; it ends at 4 MB too
GIVEN_BACK = 48  # places in one transaction, which takes 100 writes
SEARCH_SECONDS = 86_400  # that a search is remembered


@dataclass(frozen=True)
class Search:
    """How far the search for places has come in an agent."""

    after: str
    """The last sort key that was looked at; empty before the first."""
    ended: int
    """When a whole search last found nothing (UTC seconds)."""


@dataclass(frozen=True)
class Counts:
    """What the limits are held against, from one read."""

    tenant: TenantCount
    agent: Agent | None
    """The live agent, if one was asked for and exists."""
    count: AgentCount | None
    search: Search


class CounterStore(TransactionalStore):
    """Reads and corrections. The counters themselves are changed by the other stores."""

    def read(self, owner: str, agent_id: str | None) -> Counts:
        """The counts of an owner's tenant, and of one agent."""
        wanted = [keys.tenant_counter_key(owner)]
        if agent_id is not None:
            wanted += [
                keys.agent_key(owner, agent_id),
                keys.agent_counter_key(owner, agent_id),
                keys.search_key(owner, agent_id),
            ]
        tenant, agent, count, search = [*self._table.get(wanted), None, None, None][:4]
        return Counts(
            tenant=tenant_count(tenant),
            agent=items.agent_of(agent) if agent else None,
            count=agent_count(count),
            search=Search(str(search["after"]), cast(int, search["ended"])) if search else Search("", 0),
        )

    def renew(self, owner: str, agent: Agent, count: AgentCount) -> None:
        """Void the places of an agent's earlier life, as its deletion does. Raises ConditionFailed if that happened."""
        fresh = replace(count, active=0, deletions=agent.deletions, rev=count.rev + 1)
        self._table.write(Put(agent_count_item(owner, agent.id, fresh), {"rev": count.rev}))

    def give_back(self, owner: str, agent_id: str, deletions: int, search: Search) -> tuple[int, str]:
        """Take their places from completed schedules, in one step of a search, the oldest schedules first.

        How many it was, and where the next step begins: empty after the last. Raises ConditionFailed or Contended if
        one of them was changed meanwhile.
        """
        page = self._table.query(
            keys.within(owner, agent_id), "S#", limit=SEARCHED, newest_first=False, start_after=search.after or None
        )
        rows = [row for row in page.items if row.get("placed") and row["status"] == "completed"]
        found = [row for row in rows if row["agent_deletions"] == deletions][:GIVEN_BACK]
        if found:
            same = {"v": items.VERSION, "deletions": deletions}
            self._table.write(
                *(self._displaced(row) for row in found),
                Add(keys.agent_counter_key(owner, agent_id), {"schedules": 0, "active": -len(found), "rev": 1}, same),
            )
        return len(found), str(page.items[-1]["sk"]) if page.more else ""

    @staticmethod
    def _displaced(row: Item) -> Put:
        key, state = keys.subject_of(row), items.state_of(row)
        assert isinstance(key, Key)
        return Put(items.state_item(key, replace(state, placed=False, rev=state.rev + 1)), {"rev": state.rev})

    def remember(self, owner: str, agent_id: str, search: Search, *, now: int) -> None:
        """Note how far a search has come. Two at once may go over the same rows twice; that is all."""
        at = keys.search_key(owner, agent_id)
        item: Item = {"pk": at.pk, "sk": at.sk, "v": items.VERSION, **vars(search), "ttl": now + SEARCH_SECONDS}
        self._table.write(Put(item, "anything"))
