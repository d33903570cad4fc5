"""`recount`: compares the counters behind the limits with the rows of a deployed table, and corrects them if asked.

The counters change in the transaction of what they count, so they are wrong only if rows came or went another way: from
a release without counters, from a backup, or by hand. Rewriting a row that no counter knows counts it, also while the
service is at work. A wrong counter is set only if it is unchanged since it was read, which is before the rows are;
otherwise the next run corrects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.quotas import AgentCount, TenantCount
from agent_schedules.domain.schedules import Key, State
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.errors import ConditionFailed, Contended
from agent_schedules.storage import agent_items, definitions, items, keys
from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.counters import additions, agent_count_item
from agent_schedules.storage.table import Item, ItemKey, Put, Write
from agent_schedules.storage.webhooks import webhook_of

from agent_schedules_cli.operator.scan import scan


@dataclass(frozen=True)
class Counted:
    """A schedule of a live agent, and its counts."""

    key: Key
    agent: Agent
    state: State
    hourly: int | None
    """The occurrences in the busiest hour of its definition; None if the scan did not see the definition."""

    @property
    def expected(self) -> State:
        """Its state when it is counted correctly."""
        hourly = self.state.hourly if self.hourly is None else self.hourly
        return replace(self.state, counted=True, hourly=hourly)


@dataclass(frozen=True)
class Finding:
    """A wrong count, and the transaction that corrects it."""

    subject: str
    detail: str
    writes: tuple[Write, ...]


C = TypeVar("C", TenantCount, AgentCount)
COUNTS = {"schedules", "hourly", "deletions", "webhooks"}
Agents = dict[tuple[str, str], Agent]
"""Live agents, by owner and id."""


def read(rows: Iterable[Item]) -> tuple[Agents, list[Counted]]:
    """Return the live agents among some rows, and their schedules."""
    agents: Agents = {}
    states: list[tuple[Key, State]] = []
    hourly: dict[Key, int] = {}
    for row in rows:
        pk, (kind, subject, *rest) = str(row["pk"]), str(row["sk"]).split("#")
        if kind == "A":
            agents[pk, subject] = agent_items.agent_of(row)
        elif kind == "S" and rest and "status" in row:
            states.append((_schedule(pk, subject), items.state_of(row)))
        elif kind == "S" and "body" in row:
            hourly[_schedule(pk, subject)] = definitions.definition_of(row).timing.busiest_hour
    found = [(key, agents.get((key.owner, key.agent_id)), state) for key, state in states]
    return agents, [Counted(key, agent, state, hourly.get(key)) for key, agent, state in found if agent is not None]


def _schedule(pk: str, schedule_id: str) -> Key:
    owner, _, agent_id = pk.rpartition("#")
    return Key(owner, agent_id, schedule_id)


def webhooks_in(rows: Iterable[Item]) -> list[Webhook]:
    """Return the webhooks among some rows, without poll webhooks, which no counter counts."""
    found = [webhook_of(row) for row in rows if str(row["sk"]).startswith("W#")]
    return [webhook for webhook in found if webhook is not None and webhook.expires_at is None]


def uncounted(schedules: Iterable[Counted]) -> list[Finding]:
    """Return the schedules that no counter knows."""
    return [
        Finding(
            one.key.schedule_id,
            "is not counted",
            (
                Put(items.state_item(one.key, replace(one.expected, rev=one.state.rev + 1)), {"rev": one.state.rev}),
                *additions(one.key, one.state, one.expected, deletions=one.agent.deletions),
            ),
        )
        for one in schedules
        if one.state != one.expected
    ]


def miscounted(
    counters: Mapping[ItemKey, Item],
    agents: Mapping[tuple[str, str], Agent],
    schedules: Iterable[Counted],
    webhooks: Iterable[Webhook] = (),
) -> list[Finding]:
    """Return the counters that differ from the rows, which were read after them."""
    of_tenant = {at: TenantCount(0, 0) for at, item in counters.items() if "deletions" not in item}
    of_agent = {place: AgentCount(0, 0, agent.deletions, rev=1) for place, agent in agents.items()}
    for one in schedules:
        state, at, place = one.state, keys.tenant_counter_key(one.key.owner), (one.key.owner, one.key.agent_id)
        of_tenant[at] = _with(of_tenant.get(at, TenantCount(0, 0)), state)
        of_agent[place] = _with(of_agent[place], state)
    for webhook in webhooks:
        at = keys.tenant_counter_key(webhook.key.owner)
        count = of_tenant.get(at, TenantCount(0, 0))
        of_tenant[at] = replace(count, webhooks=count.webhooks + 1)
    right: dict[ItemKey, Item] = {at: item_at(at, **vars(count), rev=1) for at, count in of_tenant.items()}
    for place, of_one in of_agent.items():
        right[keys.agent_counter_key(*place)] = agent_count_item(*place, of_one)
    found: list[Finding] = []
    for at, item in right.items():
        stored = counters.get(at)
        was = {name: (stored or {}).get(name, 0) for name in item if name in COUNTS}
        counts = {name: item[name] for name in was}
        if was != counts and (stored is not None or item["schedules"] or item.get("webhooks")):
            put = Put(item, "absent")
            if stored is not None:
                put = Put({**item, "rev": int(stored["rev"]) + 1}, {"rev": stored["rev"]})
            found.append(Finding(at.pk, f"counts {was}, there are {counts}", (put,)))
    return found


def _with(count: C, state: State) -> C:
    return replace(count, schedules=count.schedules + state.counted, hourly=count.hourly + state.hourly)


def findings(dynamodb: Any, table: str) -> list[Finding]:
    """Return every wrong count of a table. Scans the table twice."""
    counters = {ItemKey(str(row["pk"]), "C"): row for row in scan(dynamodb, table, "sk = :c", c="C")}
    wanted = "begins_with(sk, :a) OR begins_with(sk, :s) OR begins_with(sk, :w)"
    rows = list(scan(dynamodb, table, wanted, a="A#", s="S#", w="W#"))
    agents, schedules = read(rows)
    return [*miscounted(counters, agents, schedules, webhooks_in(rows)), *uncounted(schedules)]


def recounted(dynamodb: Any, table: str, *, repair: bool) -> Iterator[dict[str, Any]]:
    """Yield each finding as JSON, after its repair if that is asked for."""
    for finding in findings(dynamodb, table):
        repaired = repair
        try:
            if repaired:
                DynamoTable(dynamodb, table).write(*finding.writes)
        except (ConditionFailed, Contended):
            repaired = False  # changed since it was read
        yield {"subject": finding.subject, "detail": finding.detail, "repaired": repaired}
