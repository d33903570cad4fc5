"""`doctor --audit`: hold a deployed stack's whole EventBridge group against its table, and repair it if asked.

The reconciler repairs what it meets; this looks at everything: active schedules without an entry, with another entry
than their row says (the phase of a rate() included), and entries that no active schedule stands behind. It reads the
whole table and every entry, with the credentials of whoever runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.domain.entries import Entry, entry_for
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import Ports
from agent_schedules.storage import definitions, items
from agent_schedules.storage.table import Item
from agent_schedules.timing.spec import Cron, Interval, matches, next_after

LEASE = 60.0  # seconds; nothing is started here, repairs only queue
NEAR = 1_000  # seconds: so close to its time an occurrence may be on its way as a delayed message


@dataclass(frozen=True)
class Stored:
    """An entry as EventBridge has it."""

    name: str
    expression: str
    timezone: str
    start: datetime | None
    enabled: bool


@dataclass(frozen=True)
class Finding:
    """Something that does not agree."""

    kind: Literal["missing", "different", "stray"]
    name: str
    """Of the entry, or of the one that should be."""
    key: Key | None
    """The schedule's, where there is one."""
    detail: str


def schedules_in(rows: Iterable[Item]) -> Iterator[Schedule]:
    """Every schedule of a table, as it reads under its agent."""
    deletions: dict[tuple[str, str], int] = {}
    halves: dict[Key, dict[bool, Item]] = {}
    for row in rows:
        pk, (kind, subject, *rest) = str(row["pk"]), str(row["sk"]).split("#")
        if kind == "A":
            deletions[pk, subject] = items.agent_of(row).deletions
        elif kind == "S":
            owner, _, agent_id = pk.rpartition("#")
            halves.setdefault(Key(owner, agent_id, subject), {})[bool(rest)] = row
    for key, pair in halves.items():
        if len(pair) == 2:
            schedule = Schedule(key, definitions.definition_of(pair[False]), items.state_of(pair[True]))
            yield schedule.with_current_tzdata().as_of_agent(deletions.get((key.owner, key.agent_id)))


def compared(schedules: Iterable[Schedule], entries: Mapping[str, Stored], now: int) -> list[Finding]:
    """What does not agree; `now` in UTC seconds."""
    findings: list[Finding] = []
    explained: set[str] = set()
    for schedule in schedules:
        if schedule.state.status != "active":
            continue
        expected = _expected(schedule, now)
        explained |= {name for name in entries if _is_its_own(schedule, name)}
        if expected is None:
            continue
        stored = entries.get(expected.name)
        if stored is None:
            findings.append(Finding("missing", expected.name, schedule.key, expected.expression))
        elif difference := _difference(schedule, expected, stored):
            findings.append(Finding("different", expected.name, schedule.key, difference))
    findings += [
        Finding("stray", name, None, entries[name].expression) for name in sorted(entries) if name not in explained
    ]
    return findings


def _expected(schedule: Schedule, now: int) -> Entry | None:
    """The entry that the row renders to; None where a delayed message alone carries what comes next."""
    spec = schedule.definition.timing
    nominal = next_after(spec, max(schedule.state.settled_until, now))
    if nominal is None or (nominal - now < NEAR and not isinstance(spec, Cron)):
        return None
    return entry_for(spec, schedule_id=schedule.key.schedule_id, key={}, nominal=nominal, now=now)


def _is_its_own(schedule: Schedule, name: str) -> bool:
    """Whether an entry belongs to a schedule: its own name, or that of a look-ahead to one of its occurrences."""
    base, _, epoch = name.partition("-")
    if base != schedule.key.schedule_id:
        return False
    return not epoch or (epoch.isdigit() and matches(schedule.definition.timing, int(epoch)))


def _difference(schedule: Schedule, expected: Entry, stored: Stored) -> str | None:
    if not stored.enabled:
        return "it is disabled"
    if (stored.expression, stored.timezone) != (expected.expression, expected.timezone):
        return f"it is {stored.expression} in {stored.timezone}, not {expected.expression} in {expected.timezone}"
    spec = schedule.definition.timing
    if (
        isinstance(spec, Interval)
        and expected.start is not None
        and (stored.start is None or int((stored.start - expected.start).total_seconds()) % spec.seconds)
    ):
        return f"it starts at {stored.start}, which is not on the grid of {expected.start}"
    return None


def repaired(ports: Ports, finding: Finding) -> None:
    """Bring one finding in line with the row. Raises Unavailable."""
    if finding.key is None:
        ports.scheduler.remove(finding.name)
    else:
        on_hint(ports, Hint(finding.key, None, repair=True), lease=LEASE)


def entries_of(scheduler: Any, group: str) -> dict[str, Stored]:
    """Every entry of a group; ListSchedules knows the names only."""
    found: dict[str, Stored] = {}
    for page in scheduler.get_paginator("list_schedules").paginate(GroupName=group):
        for summary in page["Schedules"]:
            one = scheduler.get_schedule(Name=summary["Name"], GroupName=group)
            found[summary["Name"]] = Stored(
                name=summary["Name"],
                expression=one["ScheduleExpression"],
                timezone=one.get("ScheduleExpressionTimezone", "UTC"),
                start=one.get("StartDate"),
                enabled=one.get("State", "ENABLED") == "ENABLED",
            )
    return found


def rows_of(dynamodb: Any, table: str) -> Iterator[Item]:
    """The agents' and schedules' rows of a table."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        FilterExpression="begins_with(sk, :a) OR begins_with(sk, :s)",
        ExpressionAttributeValues={":a": {"S": "A#"}, ":s": {"S": "S#"}},
    )
    for page in pages:
        yield from (unmarshalled(item) for item in page["Items"])
