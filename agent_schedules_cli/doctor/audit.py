"""`doctor --audit`: compares the EventBridge group of a stack with its table, and repairs the entries if asked.

The reconciler repairs only overdue schedules. The audit reads the whole table and every entry, and finds active
schedules without an entry or with another entry than their row describes (the phase of a rate() included), and entries
without an active schedule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent_schedules.domain.entries import Entry, entry_for, look_ahead, occurrence_entry, recurs_on_aws
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import Ports
from agent_schedules.storage import agent_items, definitions, items
from agent_schedules.storage.table import Item
from agent_schedules.timing.spec import Cron, Interval

from agent_schedules_cli.operator.scan import scan

LEASE = 60.0  # seconds; a repair queues runs and starts none
NEAR = 1_000  # seconds before its time from which an occurrence may be a delayed message, without an entry


@dataclass(frozen=True)
class Stored:
    """An entry as EventBridge stores it."""

    name: str
    expression: str
    timezone: str
    start: datetime | None
    enabled: bool


@dataclass(frozen=True)
class Finding:
    """A difference between the table and EventBridge."""

    kind: Literal["missing", "different", "stray"]
    name: str
    """The name of the entry, or of the missing one."""
    key: Key | None
    """The key of its schedule, if it has one."""
    detail: str


def schedules_in(rows: Iterable[Item]) -> Iterator[Schedule]:
    """Yield every schedule of a table, as the service reads it."""
    deletions: dict[tuple[str, str], int] = {}
    halves: dict[Key, dict[bool, Item]] = {}
    for row in rows:
        pk, (kind, subject, *rest) = str(row["pk"]), str(row["sk"]).split("#")
        if kind == "A":
            deletions[pk, subject] = agent_items.agent_of(row).deletions
        elif kind == "S":
            owner, _, agent_id = pk.rpartition("#")
            halves.setdefault(Key(owner, agent_id, subject), {})[bool(rest)] = row
    for key, pair in halves.items():
        if len(pair) == 2:
            schedule = Schedule(key, definitions.definition_of(pair[False]), items.state_of(pair[True]))
            yield schedule.with_current_tzdata().as_of_agent(deletions.get((key.owner, key.agent_id)))


def compared(schedules: Iterable[Schedule], entries: Mapping[str, Stored], now: int) -> list[Finding]:
    """Return the differences. `now` is in UTC seconds."""
    findings: list[Finding] = []
    names: defaultdict[str, set[str]] = defaultdict(set)
    for name in entries:
        names[name.partition("-")[0]].add(name)
    explained: set[str] = set()
    for schedule in schedules:
        if schedule.state.wakes_at is None:
            continue
        expected = _expected(schedule, now)
        explained |= {name for name in names[schedule.key.schedule_id] if _is_its_own(schedule, name)}
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
    """Return the entry that the row describes; None if a delayed message alone carries the next occurrence, or the end
    of the pause."""
    if schedule.state.status == "paused":
        until = schedule.state.wakes_at
        return None if until is None or until - now < NEAR else look_ahead(schedule.key.schedule_id, until, {})
    spec, table = schedule.definition.timing, schedule.timetable
    nominal = table.next_run(max(schedule.state.settled_until, table.due_by(now)))
    if nominal is None or (nominal - now < NEAR and not isinstance(spec, Cron)):
        return None
    at = nominal if recurs_on_aws(spec) else table.due_at(nominal)
    begins = table.policies.first
    return entry_for(spec, schedule_id=schedule.key.schedule_id, input={}, nominal=at, now=now, begins=begins)


def _is_its_own(schedule: Schedule, name: str) -> bool:
    """Return whether an entry belongs to a schedule: it has its name, or is a look-ahead to an occurrence of it or to
    the end of its pause."""
    if schedule.state.status == "paused":
        return name == occurrence_entry(schedule.key.schedule_id, schedule.state.wakes_at or 0)
    epoch = name.removeprefix(schedule.key.schedule_id).removeprefix("-")
    if not epoch.isdigit():
        return not epoch
    table = schedule.timetable
    nominal = table.last_in(int(epoch) - table.policies.spread_seconds - 1, int(epoch))
    return nominal is not None and table.due_at(nominal) == int(epoch)


def _difference(schedule: Schedule, expected: Entry, stored: Stored) -> str | None:
    if not stored.enabled:
        return "it is disabled"
    if (stored.expression, stored.timezone) != (expected.expression, expected.timezone):
        return f"it is {stored.expression} in {stored.timezone}, not {expected.expression} in {expected.timezone}"
    spec, following = schedule.definition.timing, schedule.state.next_run_at
    if isinstance(spec, Cron) and stored.start and following is not None and stored.start.timestamp() > following:
        return f"it starts at {stored.start}, which is after the next occurrence"
    if (
        isinstance(spec, Interval)
        and expected.start is not None
        and (stored.start is None or int((stored.start - expected.start).total_seconds()) % spec.seconds)
    ):
        return f"it starts at {stored.start}, which is not on the grid of {expected.start}"
    return None


def repaired(ports: Ports, finding: Finding) -> None:
    """Correct one difference. Raises Unavailable."""
    if finding.key is None:
        ports.scheduler.remove(finding.name)
    else:
        on_hint(ports, Hint(finding.key, None, repair=True), lease=LEASE)


def entries_of(scheduler: Any, group: str) -> dict[str, Stored]:
    """Return every entry of a group. ListSchedules returns only the names."""
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
    """Yield the rows of a table's agents and schedules."""
    return scan(dynamodb, table, "begins_with(sk, :a) OR begins_with(sk, :s)", a="A#", s="S#")
