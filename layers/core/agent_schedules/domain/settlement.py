"""Settlement: decide the outcome of the occurrences that are due. Pure.

`decide` chooses by the schedule's timetable and policies which nominal times run, which wait, and which leave a record.
`settled` returns the state after that. `execution/settle.py` commits both in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from agent_schedules.domain.policies import ON_TIME, admit
from agent_schedules.domain.runs import expires_at
from agent_schedules.domain.schedules import Schedule, State
from agent_schedules.domain.timetable import Timetable
from agent_schedules.ids import run_id

MOST_WRITES = 98  # runs and records of one settlement, as many as a transaction of 100 writes takes with the state
MOST_CLOSED = 50  # records of one change of a caller; the last one takes the rest


@dataclass(frozen=True)
class Record:
    """Nominal times (`first` to `last`, UTC seconds) that made no run, with the reason."""

    outcome: Literal["missed", "skipped"]
    reason: str
    first: int
    last: int
    count: int
    run_id: str | None = None
    """The run of the same schedule because of which they were skipped."""
    rest: bool = False
    """A backfill took times out of a longer record, and this is what remains. The longer one was already published."""
    expires_at: int | None = None
    """UTC seconds. None: it is kept for ever."""


@dataclass(frozen=True)
class Settlement:
    """The outcome of the occurrences that are due."""

    runs: tuple[int, ...]
    """Nominal times that make a run."""
    waiting: frozenset[int]
    """Those of them whose run waits for the open one."""
    records: tuple[Record, ...]
    settled_until: int
    next_run_at: int | None
    more: bool
    """Whether more are due already, so that another settlement must follow."""


def decide(schedule: Schedule, *, now: int, grace: int, open_run_id: str | None = None) -> Settlement | None:
    """Decide the occurrences that are due at `now` and not settled; None when none of them may run.

    Each one that is on time runs, unless its date is excluded or its overlap policy says otherwise. Of the late ones as
    many run as the misfire policy says, within the grace; the others become one ranged `missed` record, however many
    they are. `grace` (seconds) is the deployment's, for a schedule that sets none. `open_run_id` is the run that later
    ones must not overlap with.
    """
    table, since = schedule.timetable, schedule.state.settled_until
    first = table.next_run(since)
    if first is None or table.due_at(first) > now:
        return None
    set_grace = schedule.definition.policies.misfire_grace_seconds
    kept = _kept_after(table, since, table.due_by(now - ON_TIME - 1), now, grace if set_grace is None else set_grace)
    plan = _Plan(schedule, kept, table.due_by(now), open_run_id)
    plan.walk()
    following = None if plan.remaining == 0 else table.next_run(plan.at)
    return Settlement(
        runs=tuple(plan.runs),
        waiting=frozenset(plan.waiting),
        records=tuple(plan.records),
        settled_until=plan.at,
        next_run_at=following,
        more=following is not None and table.due_at(following) <= now,
    )


def _kept_after(table: Timetable, since: int, late: int, now: int, grace: int) -> int:
    """Return the second after which the late occurrences still run. The ones up to it are missed."""
    mark = late
    for _ in range(table.policies.late_runs):
        newest = table.last_run(since, mark)
        if newest is None or now - table.due_at(newest) > grace:
            break
        mark = newest - 1
    return mark


@dataclass
class _Plan:
    """A settlement as it is worked out, from the oldest nominal time to the newest."""

    schedule: Schedule
    kept: int
    """Late nominal times up to this second are missed; those after it run."""
    until: int
    """Every nominal time up to this second is due."""
    open_run_id: str | None
    runs: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table, state = self.schedule.timetable, self.schedule.state
        self.policies = self.schedule.definition.policies
        self.at = state.settled_until
        self.remaining = self.schedule.remaining_runs
        self.waiting_before = len(state.waiting)  # runs of earlier settlements
        # An open run is cancelled for the newest occurrence only: the ones before it would be cancelled in turn.
        replaces = self.policies.overlap == "cancel_previous"
        self.newest = self.table.last_run(self.at, self.until) if replaces else None

    def walk(self) -> None:
        """Decide each due nominal time, until the transaction is full or no run remains."""
        first = self.table.next_after(self.at)
        while first is not None and first <= self.until and self._room():
            end = self.table.same_until(first, self.until)
            reason = self.table.hidden(first)
            if reason is not None:
                self._record("skipped", reason, end)
            else:
                self._record("missed", "late", min(end, self.kept))
                self._run_until(end)
            first = self.table.next_after(self.at)

    def _room(self) -> bool:
        return len(self.runs) + len(self.records) < MOST_WRITES and self.remaining != 0

    def _record(self, outcome: Literal["missed", "skipped"], reason: str, until: int) -> None:
        """Leave one record of the nominal times from here to `until`, if there are any."""
        first, last = self.table.next_after(self.at), self.table.last_in(self.at, until)
        if first is not None and last is not None:
            self.records.append(Record(outcome, reason, first, last, self.table.count_in(self.at, last)))
            self.at = last

    def _run_until(self, end: int) -> None:
        nominal = self.table.next_after(self.at)
        while nominal is not None and nominal <= end and self._room():
            self._occur(nominal)
            self.at, nominal = nominal, self.table.next_after(nominal)

    def _occur(self, nominal: int) -> None:
        """Decide one nominal time that may run."""
        waiting = self.waiting_before + len(self.waiting)
        busy = self.open_run_id is not None or waiting > 0
        admission = admit(self.policies.overlap, busy=busy, waiting=waiting)
        if self.newest is not None and nominal < self.newest:
            self._skip(nominal, run_id(self.schedule.key.schedule_id, self.newest))
        elif admission == "skip":
            self._skip(nominal, self.open_run_id)
        else:
            self.runs.append(nominal)
            if admission == "wait":
                self.waiting.append(nominal)
            elif self.policies.serial:
                self.open_run_id = run_id(self.schedule.key.schedule_id, nominal)
            if self.remaining is not None:
                self.remaining -= 1

    def _skip(self, nominal: int, because_of: str | None) -> None:
        """Record an overlap, in one record with the one before it where nothing lies between."""
        before = self.records[-1] if self.records else None
        if before and before.reason == "overlap" and before.last == self.at and before.run_id == because_of:
            self.records[-1] = replace(before, last=nominal, count=before.count + 1)
        else:
            self.records.append(Record("skipped", "overlap", nominal, nominal, 1, because_of))


def settled(schedule: Schedule, settlement: Settlement, *, open_run_id: str | None, now: datetime) -> State:
    """Return the state after a settlement, completed when no occurrence is left (contract D27, D28).

    `open_run_id` is as `decide` got it.
    """
    state, runs = schedule.state, settlement.runs
    ids = {nominal: run_id(schedule.key.schedule_id, nominal) for nominal in runs}
    started = [ids[nominal] for nominal in runs if nominal not in settlement.waiting]
    serial = schedule.definition.policies.serial
    state = replace(
        state,
        status="active" if settlement.next_run_at is not None else "completed",
        watch=state.watch if settlement.next_run_at is not None else None,
        run_count=state.run_count + len(runs),
        last_run_id=ids[runs[-1]] if runs else state.last_run_id,
        last_run_at=now if runs else state.last_run_at,
        last_due_at=_due_later(schedule, runs[-1]) if runs else state.last_due_at,
        open_run_id=(started[-1] if started else open_run_id) if serial else state.open_run_id,
        waiting=state.waiting + tuple(ids[nominal] for nominal in runs if nominal in settlement.waiting),
        rev=state.rev + 1,
    )
    return schedule.clocked(state, settlement.settled_until, settlement.next_run_at)


def _due_later(schedule: Schedule, nominal: int) -> int | None:
    due_at = schedule.timetable.due_at(nominal)
    return None if due_at == nominal else due_at


def expiring(records: Iterable[Record], kept_days: int, now: datetime) -> tuple[Record, ...]:
    """Return records that are written now, with the time at which they expire."""
    return tuple(replace(record, expires_at=expires_at(kept_days, now)) for record in records)


def closing_records(schedule: Schedule, until: int, reason: str, spared: tuple[int, ...] = ()) -> tuple[Record, ...]:
    """Return the `skipped` records of the occurrences up to `until` that a caller's change finds unsettled.

    The `spared` nominal times, in order, get none. Hidden ones keep their own reason: there is a record for each
    stretch. Where these would be too many for one transaction, the last record between two spared times has the
    caller's reason for the rest.
    """
    table, at = schedule.timetable, schedule.state.settled_until
    records: list[Record] = []
    gaps = [time for time in spared if (then := table.next_after(time)) and then <= until and then not in spared]
    while (first := table.next_after(at)) is not None and first <= until:
        if first in spared:
            at = first
            continue
        end = next((time - 1 for time in spared if time > first), until)
        rest = len(records) >= MOST_CLOSED - 1 - sum(time > first for time in gaps)
        last = table.last_in(at, end if rest else table.same_until(first, end)) or first
        why = reason if rest else table.hidden(first) or reason
        records.append(Record("skipped", why, first, last, table.count_in(at, last)))
        at = last
    return tuple(records)
