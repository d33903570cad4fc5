"""How an occurrence is made to happen: the EventBridge entry or the delayed message that a spec is armed with
(design 4).

Pure: `entry_for` renders an entry whole from the row, because EventBridge's update replaces everything (aws.md 0.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.cron import CronFields
from agent_schedules.timetable import Cron, Interval, Once, Spec

LONGEST_DELAY = 900  # seconds that SQS can hold a message back (aws.md 2.2)
LEAD = 120  # an at() entry fires this early, and the rest is waited out as a delayed message
NEAR = 120  # an entry that must fire sooner than this is not dependable: a delayed hint goes with it
SOONEST_ENTRY = 60  # at() in the past is undocumented: never ask for one (aws.md 1.5)


@dataclass(frozen=True)
class Entry:
    """An EventBridge Scheduler schedule, as far as it differs from row to row."""

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
    """The entry's input: where to look, plus what EventBridge fills in at each invocation (aws.md 1.6)."""
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
    """Whether one entry can say the whole spec; otherwise each occurrence is armed by the one before it."""
    match spec:
        case Interval(seconds=seconds):
            return seconds % 60 == 0
        case _:
            return True


def entry_for(spec: Spec, *, schedule_id: str, key: dict[str, Any], nominal: int, now: int) -> Entry | None:
    """The entry that makes `nominal`, the next occurrence after `now` (both UTC seconds), happen.

    None where an entry cannot help: the occurrence is near enough for a delayed message alone.
    """
    match spec:
        case Once():
            return _at(schedule_id, max(nominal, now + SOONEST_ENTRY), key)
        case Interval(seconds=seconds) if seconds % 60 == 0:
            minutes = seconds // 60
            return Entry(
                name=schedule_id,
                expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
                timezone="UTC",
                start=datetime.fromtimestamp(nominal, UTC),
                delete_after=False,
                input=key,
            )
        case Interval():
            if nominal - now <= LONGEST_DELAY:
                return None
            return _at(occurrence_entry(schedule_id, nominal), max(nominal - LEAD, now + SOONEST_ENTRY), key)
        case Cron(fields=fields, timezone=timezone):
            return Entry(
                name=schedule_id,
                expression=aws_cron(fields),
                timezone=timezone,
                start=None,
                delete_after=False,
                input=key,
            )


def occurrence_entry(schedule_id: str, nominal: int) -> str:
    """The name of a look-ahead entry: one per occurrence, so that a repeated hint conflicts instead of doubling it."""
    return f"{schedule_id}-{nominal}"


def _at(name: str, instant: int, key: dict[str, Any]) -> Entry:
    text = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return Entry(name=name, expression=f"at({text})", timezone="UTC", start=None, delete_after=True, input=key)


def aws_cron(fields: CronFields) -> str:
    """The six-field AWS expression of a cron spec, or its smallest superset where AWS cannot say it.

    AWS wants `?` in one day field, so the OR and AND of two restricted day fields become all days of a superset;
    `settle` finds
    nothing due on the extra ones. Values are written out, because AWS's steps and names differ (aws.md 2.1).
    """
    all_days, all_weekdays = len(fields.days) == 31, len(fields.weekdays) == 7
    if all_weekdays and not (fields.either_day and not all_days):
        days, weekdays = _list(fields.days, 1, 31), "?"
    elif all_days and not fields.either_day:
        days, weekdays = "?", _list({day + 1 for day in fields.weekdays}, 1, 7)
    elif fields.either_day:
        days, weekdays = "*", "?"
    elif len(fields.days) * 7 <= len(fields.weekdays) * 31:
        days, weekdays = _list(fields.days, 1, 31), "?"
    else:
        days, weekdays = "?", _list({day + 1 for day in fields.weekdays}, 1, 7)
    minutes, hours, months = _list(fields.minutes, 0, 59), _list(fields.hours, 0, 23), _list(fields.months, 1, 12)
    return f"cron({minutes} {hours} {days} {months} {weekdays} *)"


def _list(values: tuple[int, ...] | frozenset[int] | set[int], low: int, high: int) -> str:
    """The shortest AWS form of a set of values: `*`, or runs as ranges and the rest one by one."""
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
