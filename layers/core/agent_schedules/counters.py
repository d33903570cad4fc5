"""How many schedules there are: the counters behind the limits. Pure.

They change in the transactions that change what they count. A schedule's state says what it is counted in, so the
counters are exact whatever happens in between, and a row from before there were counters is in none of them
(docs/decisions/0008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agent_schedules.items import VERSION
from agent_schedules.keys import agent_counter_key, tenant_counter_key
from agent_schedules.schedules import Key, State
from agent_schedules.table import Add, Item


@dataclass(frozen=True)
class Most:
    """What the counters may come to; 0 is no limit."""

    schedules: int = 10_000
    """Of a tenant, in the name of whichever user; deleted ones and those of deleted agents aside."""
    active: int = 1_000
    """Of an agent."""


UNLIMITED = Most(0, 0)


@dataclass(frozen=True)
class AgentCount:
    """What is counted below one agent."""

    schedules: int
    """Those among its tenant's, which it takes along when it is deleted, and brings back when it is restored."""
    active: int
    """Places taken: by active schedules, and by completed ones until somebody needs theirs."""
    deletions: int
    """`Agent.deletions` that `active` is under: the places of before went with the agent."""
    rev: int


def tenant_count(item: Item | None) -> int:
    """How many schedules a tenant has."""
    return cast(int, item["schedules"]) if item else 0


def agent_count(item: Item | None) -> AgentCount | None:
    """The counts in an agent's counter, if it has one: it is made with the first schedule."""
    if item is None:
        return None
    fields = {name: cast(int, item[name]) for name in ("schedules", "active", "deletions", "rev")}
    return AgentCount(**fields)


def agent_count_item(owner: str, agent_id: str, count: AgentCount) -> Item:
    """An agent's counter."""
    at = agent_counter_key(owner, agent_id)
    return {"pk": at.pk, "sk": at.sk, "v": VERSION, **vars(count)}


def additions(
    key: Key, before: State | None, after: State | None, *, deletions: int, most: Most = UNLIMITED
) -> list[Add]:
    """What a change of a schedule's state does to the counters; None before it is created, or after it is undone.

    `deletions` are the agent's, as it was read: a change that meets it deleted since fails. Only a new schedule is held
    against the tenant's limit, and only one that takes a place against the agent's.
    """
    listed = (after is not None and after.counted) - (before is not None and before.counted)
    taken = (after is not None and after.placed) - (before is not None and before.placed)
    if not listed and not taken:
        return []
    at_most = {"active": most.active} if taken > 0 and most.active else {}
    same = {"v": VERSION, "deletions": deletions}
    agent = Add(
        agent_counter_key(key.owner, key.agent_id), {"schedules": listed, "active": taken, "rev": 1}, same, at_most
    )
    return [agent, tenant_addition(key.owner, listed, most if before is None else UNLIMITED)] if listed else [agent]


def tenant_addition(owner: str, schedules: int, most: Most = UNLIMITED) -> Add:
    """So many schedules more, or fewer, of the owner's tenant."""
    at_most = {"schedules": most.schedules} if most.schedules else {}
    return Add(tenant_counter_key(owner), {"schedules": schedules, "rev": 1}, {"v": VERSION}, at_most)
