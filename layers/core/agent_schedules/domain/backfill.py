"""A backfill: nominal times of the past that made no run get one now, the oldest first (policies.md). Pure.

The record of such a time gives it up to its run, which keeps the reason. So a nominal time has one run or is in one
record, with or without a backfill.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import Record
from agent_schedules.domain.timetable import Timetable
from agent_schedules.errors import InvalidRequest
from agent_schedules.timestamps import stamp
from agent_schedules.timing.spec import Spec

MOST_TIMES = 1_000  # nominal times of one backfill, with and without a run
NOT_SCHEDULED = "not_scheduled"
"""The reason of a time without a record: the schedule did not exist then, or had another timing."""


@dataclass(frozen=True)
class Missing:
    """A nominal time (UTC seconds) that made no run, and why."""

    nominal: int
    reason: str


def times_in(schedule: Schedule, first: int, last: int) -> list[int]:
    """Return the nominal times from `first` to `last`. Raises InvalidRequest if they are too many or not settled."""
    table, settled_until = schedule.timetable, schedule.state.settled_until
    unsettled = table.next_after(max(settled_until, first - 1))
    if unsettled is not None and unsettled <= last:
        raise InvalidRequest(
            f"to: {stamp(unsettled)} is before it and not settled yet (settled up to {stamp(settled_until)}); choose "
            f"`to` up to that occurrence"
        )
    count = table.count_in(first - 1, last)
    if count > MOST_TIMES:
        raise InvalidRequest(
            f"to: there are {count} occurrences from `from` to `to`, and a backfill takes at most {MOST_TIMES}; choose "
            "a shorter range, and backfill the rest afterwards"
        )
    times: list[int] = []
    nominal = table.next_after(first - 1)
    while nominal is not None and nominal <= last:
        times.append(nominal)
        nominal = table.next_after(nominal)
    return times


def missing_of(
    schedule: Schedule, times: Sequence[int], ran: Collection[int], records: Sequence[Record]
) -> list[Missing]:
    """Return those of the times that get a run. `ran`: the ones with a run; `records`: in order, all that cover some.

    A time in a record of another timing gets none: the other times of that record are not known.
    """
    table, firsts = schedule.timetable, [record.first for record in records]
    whole = [fits(record, table.timing) for record in records]
    missing: list[Missing] = []
    for nominal in times:
        if nominal in ran:
            continue
        at = bisect_right(firsts, nominal) - 1
        covered = at >= 0 and nominal <= records[at].last
        if not covered:
            missing.append(Missing(nominal, why_none(table, nominal, None)))
        elif whole[at]:
            missing.append(Missing(nominal, records[at].reason))
    return missing


def why_none(table: Timetable, nominal: int, record: Record | None) -> str:
    """Return why a settled nominal time made no run. Hidden times after the last run have no record."""
    return record.reason if record is not None else table.hidden(nominal) or NOT_SCHEDULED


def fits(record: Record, timing: Spec) -> bool:
    """Whether the nominal times of a record are those of this timing."""
    return (
        timing.matches(record.first)
        and timing.matches(record.last)
        and timing.count_in(record.first - 1, record.last) == record.count
    )


def without(record: Record, nominal: int, timing: Spec) -> tuple[Record, ...]:
    """Return what is left of a record that fits the timing, once one of its nominal times has its run."""
    left: list[Record] = []
    last = timing.last_in(record.first - 1, nominal - 1)
    if last is not None:
        left.append(replace(record, last=last, count=timing.count_in(record.first - 1, last)))
    first = timing.next_after(nominal)
    if first is not None and first <= record.last:
        left.append(replace(record, first=first, count=timing.count_in(nominal, record.last), rest=True))
    return tuple(left)
