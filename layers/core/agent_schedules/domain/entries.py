"""How an occurrence is armed: the EventBridge entry or the delayed message that makes it happen
(architecture.md#how-an-occurrence-is-armed).

Pure: `entry_for` renders an entry whole from the row, because EventBridge's update replaces everything (aws.md 1.1).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.aws_cron import aws_cron
from agent_schedules.domain.schedules import Key
from agent_schedules.timing.spec import Cron, Interval, Once, Spec

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
    """Aware, in UTC (aws.md 1.5). The first occurrence of a rate(), which fixes the grid's phase; of a cron() a moment
    before which it is not to fire."""
    delete_after: bool
    """One-time entries remove themselves after their last invocation."""
    input: dict[str, Any]
    """The schedule's key and the context attributes; never a prompt, a key or personal data."""


def hint_input(key: Key) -> dict[str, Any]:
    """Return the entry's input: the schedule's ids, and the attributes that EventBridge fills in (aws.md 1.6)."""
    return {
        "v": 1,
        **asdict(key),
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "execution_id": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>",
    }


def recurs_on_aws(spec: Spec) -> bool:
    """Whether one entry can express the whole timing. Otherwise each occurrence arms the next.

    EventBridge's precision is the minute, so timings that are exact to the second use look-ahead entries.
    """
    return not spec.second_exact and not (isinstance(spec, Interval) and spec.seconds % 60)


def repeats_evenly(spec: Spec) -> bool:
    """Whether one entry brings every hint by itself, whatever the clocks do."""
    even = isinstance(spec, Interval) or (isinstance(spec, Cron) and spec.fields.every_hour)
    return even and recurs_on_aws(spec)


def entry_for(
    spec: Spec, *, schedule_id: str, input: dict[str, Any], nominal: int, now: int, begins: int | None = None
) -> Entry | None:
    """Return the entry that arms `nominal`, the next occurrence after `now`. `begins`: the first second that may be a
    nominal time. All are UTC seconds.

    None: the occurrence is so near that a delayed message alone arms it.
    """
    if not recurs_on_aws(spec):
        if nominal - now <= LONGEST_DELAY:
            return None
        return look_ahead(schedule_id, nominal, input)
    match spec:
        case Once():
            return _at(schedule_id, max(nominal, now + SOONEST_ENTRY), input)
        case Interval(seconds=seconds):
            minutes = seconds // 60
            return Entry(
                name=schedule_id,
                expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
                timezone="UTC",
                start=datetime.fromtimestamp(nominal, UTC),
                delete_after=False,
                input=input,
            )
        case Cron():
            expression, timezone = aws_cron(spec, now)
            return Entry(
                name=schedule_id,
                expression=expression,
                timezone=timezone,
                start=_not_before(begins, now),
                delete_after=False,
                input=input,
            )


def _not_before(begins: int | None, now: int) -> datetime | None:
    """Return the moment before which a cron is not to fire: a minute early, because an entry fires within its
    minute."""
    return datetime.fromtimestamp(begins - 60, UTC) if begins is not None and begins - 60 > now else None


def look_ahead(schedule_id: str, instant: int, input: dict[str, Any]) -> Entry:
    """Return the entry that fires once, a little before an instant."""
    return _at(occurrence_entry(schedule_id, instant), instant - LEAD, input)


def occurrence_entry(schedule_id: str, nominal: int) -> str:
    """Return the name of an occurrence's look-ahead entry. A repeated hint then conflicts instead of making two."""
    return f"{schedule_id}-{nominal}"


def _at(name: str, instant: int, input: dict[str, Any]) -> Entry:
    text = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return Entry(name=name, expression=f"at({text})", timezone="UTC", start=None, delete_after=True, input=input)
