"""How an occurrence is armed: the EventBridge entry or the delayed message that makes it happen
(architecture.md#how-an-occurrence-is-armed).

Pure: `entry_for` renders an entry whole from the row, because EventBridge's update replaces everything (aws.md 1.1).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from agent_schedules.timing.zones import offsets

LONGEST_DELAY = 900  # seconds that SQS can hold a message back (aws.md 2.1)
LEAD = 120  # an at() entry fires this early, and a delayed message waits for the rest
NEAR = 120  # an entry that must fire sooner than this is unreliable: a delayed hint goes with it
SOONEST_ENTRY = 60  # at() in the past is undocumented: never ask for one (aws.md 1.5)


@dataclass(frozen=True)
class Entry:
    """An EventBridge Scheduler schedule: the attributes that differ from row to row."""

    name: str
    expression: str
    timezone: str
    start: datetime | None
    """First occurrence of a rate(), aware UTC: it fixes the grid's phase (aws.md 1.5)."""
    delete_after: bool
    """One-time entries remove themselves after their last invocation."""
    input: dict[str, Any]
    """The schedule's key and the context attributes; never a prompt, a key or personal data."""


def hint_input(*, owner: str, agent_id: str, schedule_id: str) -> dict[str, Any]:
    """Return the entry's input: the schedule's ids, and the attributes that EventBridge fills in (aws.md 1.6)."""
    return {
        "v": 1,
        "owner": owner,
        "agent_id": agent_id,
        "schedule_id": schedule_id,
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "execution_id": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>",
    }


def recurs_on_aws(spec: Spec) -> bool:
    """Whether one entry can express the whole timing. Otherwise each occurrence arms the next.

    EventBridge's precision is the minute, so timings that are exact to the second use look-ahead entries.
    """
    match spec:
        case Once():
            return not spec.second_exact
        case Interval(seconds=seconds):
            return seconds % 60 == 0 and not spec.second_exact
        case Cron():
            return not spec.second_exact


def repeats_evenly(spec: Spec) -> bool:
    """Whether one entry brings every hint by itself, whatever the clocks do."""
    match spec:
        case Once():
            return False
        case Interval():
            return recurs_on_aws(spec)
        case Cron():
            return recurs_on_aws(spec) and spec.fields.every_hour


def entry_for(spec: Spec, *, schedule_id: str, key: dict[str, Any], nominal: int, now: int) -> Entry | None:
    """Return the entry that arms `nominal`, the next occurrence after `now` (both UTC seconds).

    None: the occurrence is so near that a delayed message alone arms it.
    """
    if not recurs_on_aws(spec):
        if nominal - now <= LONGEST_DELAY:
            return None
        return _at(occurrence_entry(schedule_id, nominal), nominal - LEAD, key)
    match spec:
        case Once():
            return _at(schedule_id, max(nominal, now + SOONEST_ENTRY), key)
        case Interval(seconds=seconds):
            minutes = seconds // 60
            return Entry(
                name=schedule_id,
                expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
                timezone="UTC",
                start=datetime.fromtimestamp(nominal, UTC),
                delete_after=False,
                input=key,
            )
        case Cron():
            expression, timezone = aws_cron(spec, now)
            return Entry(
                name=schedule_id,
                expression=expression,
                timezone=timezone,
                start=None,
                delete_after=False,
                input=key,
            )


def occurrence_entry(schedule_id: str, nominal: int) -> str:
    """Return the name of an occurrence's look-ahead entry. A repeated hint then conflicts instead of making two."""
    return f"{schedule_id}-{nominal}"


def _at(name: str, instant: int, key: dict[str, Any]) -> Entry:
    text = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return Entry(name=name, expression=f"at({text})", timezone="UTC", start=None, delete_after=True, input=key)


def aws_cron(spec: Cron, now: int) -> tuple[str, str]:
    """Return the six-field AWS expression of a cron and its zone, or the smallest superset that AWS can express.

    It never misses an occurrence from `now` (UTC seconds) on; `settle` finds nothing due on the extra fires. AWS wants
    `?` in one day field, so the OR and AND of two restricted day fields become a superset. Values are written out,
    because AWS's steps and names differ (aws.md 1.3).

    An expression open in hour, day and month runs through a repeated hour twice, and what AWS does then is not
    documented. It is said in UTC, where nothing repeats: its minutes, as every offset of the zone from now on shows
    them, which is the same set wherever the clocks change by whole hours.
    """
    fields = spec.fields
    if fields.every_hour:
        shifts = {offset // 60 for offset in offsets(spec.timezone, datetime.fromtimestamp(now, UTC).year)}
        minutes = _list({(minute - shift) % 60 for minute in fields.minutes for shift in shifts}, 0, 59)
        return f"cron({minutes} * * * ? *)", "UTC"
    days, weekdays = _list(fields.days, 1, 31), _list({day + 1 for day in fields.weekdays}, 1, 7)  # AWS: 1 = Sunday
    if fields.either_day:
        # Two restricted day fields joined by OR have no exact AWS form, so every day is the superset.
        days, weekdays = "*", "?"
    elif weekdays == "*" or (days != "*" and len(fields.days) * 7 <= len(fields.weekdays) * 31):
        weekdays = "?"
    else:
        days = "?"
    minutes, hours, months = _list(fields.minutes, 0, 59), _list(fields.hours, 0, 23), _list(fields.months, 1, 12)
    return f"cron({minutes} {hours} {days} {months} {weekdays} *)", spec.timezone


def _list(values: Collection[int], low: int, high: int) -> str:
    """Return the shortest AWS form of a set of values: `*`, or ranges and single values."""
    ordered = sorted(values)
    if len(ordered) == high - low + 1:
        return "*"
    runs: list[list[int]] = []
    for value in ordered:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}{',' if len(run) == 2 else '-'}{run[-1]}" for run in runs]
    return ",".join(parts)
