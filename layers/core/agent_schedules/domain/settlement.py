"""Settlement: decide the outcome of the occurrences that are due. Pure.

`decide` chooses by the schedule's timing and policies which nominal times run and which leave a record. `settled`
returns the state after that. `execution/settle.py` commits both in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from agent_schedules.domain.policies import Policies
from agent_schedules.domain.schedules import State
from agent_schedules.timing.spec import Spec, count_in, last_in, next_after
from agent_schedules.timing.zones import TZDATA_VERSION

MOST_RUNS = 98  # of one settlement, as many as a transaction of 100 writes takes with the state and a record


@dataclass(frozen=True)
class Record:
    """Nominal times (`first` to `last`, UTC seconds) that made no run, with the reason."""

    outcome: Literal["missed", "skipped"]
    reason: str
    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Settlement:
    """The outcome of the occurrences that are due."""

    runs: tuple[int, ...]
    """Nominal times that run."""
    records: tuple[Record, ...]
    settled_until: int
    next_run_at: int | None
    more: bool
    """Whether more are due already, so that another settlement must follow."""


def decide(spec: Spec, *, settled_until: int, now: int, policies: Policies) -> Settlement | None:
    """Decide the occurrences in `(settled_until, now]`; None when there are none. All times are UTC seconds.

    Each one that is on time runs. Of the late ones only the newest runs, if the misfire policy allows it; the others
    become one ranged `missed` record, however many they are.
    """
    following = next_after(spec, settled_until)
    if following is None or following > now:
        return None
    passed, runs, records = settled_until, list[int](), tuple[Record, ...]()
    misfire = policies.misfire
    newest = last_in(spec, settled_until, misfire.late_until(now))
    if newest is not None:
        missed: int | None = newest
        if misfire.runs(newest, now):
            runs.append(newest)
            missed = last_in(spec, settled_until, newest - 1)
        if missed is not None:
            records = (Record("missed", misfire.reason, following, missed, count_in(spec, settled_until, missed)),)
        passed, following = newest, next_after(spec, newest)
    while following is not None and following <= now and len(runs) < MOST_RUNS:
        runs.append(following)
        passed, following = following, next_after(spec, following)
    return Settlement(tuple(runs), records, passed, following, more=following is not None and following <= now)


def settled(state: State, settlement: Settlement, *, last_run_id: str | None, now: datetime) -> State:
    """Return the state after a settlement, completed when no occurrence is left (contract D27, D28)."""
    return replace(
        state,
        status="active" if settlement.next_run_at is not None else "completed",
        settled_until=settlement.settled_until,
        next_run_at=settlement.next_run_at,
        run_count=state.run_count + len(settlement.runs),
        last_run_id=last_run_id or state.last_run_id,
        last_run_at=now if settlement.runs else state.last_run_at,
        tzdata=TZDATA_VERSION,
        rev=state.rev + 1,
    )


def closing_records(spec: Spec, *, settled_until: int, now: int, reason: str) -> tuple[Record, ...]:
    """Return the one ranged `skipped` record of the occurrences that were due and unsettled at a caller's change."""
    first = next_after(spec, settled_until)
    if first is None or first > now:
        return ()
    last = last_in(spec, settled_until, now) or first
    return (Record("skipped", reason, first, last, count_in(spec, settled_until, last)),)
