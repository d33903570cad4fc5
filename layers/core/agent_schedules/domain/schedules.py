"""A schedule: what the caller defined, where its clock stands, and what is due. Pure.

The row is the clock (architecture.md): every nominal time up to `settled_until` has its outcome. `decide` says what
the ones after it become; storing that answer is somebody else's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from agent_schedules.domain.runs import Work
from agent_schedules.errors import InvalidRequest
from agent_schedules.timestamps import floor_seconds
from agent_schedules.timing.spec import Once, Spec, count_in, last_in, next_after
from agent_schedules.timing.zones import TZDATA_VERSION

Status = Literal["active", "paused", "completed", "deleted"]

ON_TIME = 120  # seconds: up to this late every occurrence runs (contract D30)
MOST_RUNS = 98  # of one settlement, as many as a transaction of 100 writes takes with the state and a record


@dataclass(frozen=True)
class Key:
    """Where a schedule lives. This is all that hints and messages carry."""

    owner: str
    agent_id: str
    schedule_id: str


@dataclass(frozen=True)
class Definition:
    """What the caller asked for: replaced whole by an update, kept while runs refer to it."""

    revision: int
    """The generation that wrote it."""
    name: str | None
    timing: Spec
    work: Work
    """What each of its runs is asked to do."""
    on_behalf_of: str | None
    """The caller's raw `X-On-Behalf-Of`, for whom its runs act (contract D35)."""


@dataclass(frozen=True)
class State:
    """The schedule's clock and counters: small, rewritten at every occurrence under the optimistic lock `rev`."""

    status: Status
    generation: int
    """Raised by every change that a caller makes."""
    revision: int
    """The definition in force."""
    settled_until: int
    """Every nominal time up to this one (UTC seconds) has its outcome."""
    next_run_at: int | None
    run_count: int
    last_run_id: str | None
    last_run_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    tzdata: str
    """The IANA release that `next_run_at` was computed with."""
    render: bool
    """Its next occurrence could not be armed in EventBridge: messages carry it, and the reconciler tries again."""
    agent_deletions: int
    """`Agent.deletions` when it was last activated."""
    pause_reason: str | None
    """While paused: what the occurrences of that time are recorded with."""
    counted: bool
    """Among its tenant's schedules; not if it was last changed before there were counters."""
    hourly: int
    """What its busiest hour adds to its tenant's occurrences; 0 if its timing was last written before those were
    counted."""
    placed: bool
    """It has one of its agent's places for active schedules. A completed one keeps it until somebody needs it."""
    rev: int
    looks: int = 0
    """Looks of the reconciler since there was progress (`attention.py`, as the two below)."""
    repair_at: int | None = None
    """Not before this (UTC seconds) is the entry of a marked row tried again."""
    look_at: int | None = None
    """When the reconciler looks at it, instead of when it is overdue."""


@dataclass(frozen=True)
class Schedule:
    """A definition and its state, as one was read with the other."""

    key: Key
    definition: Definition
    state: State
    lapsed: bool = False
    """Stored as active, but its agent was deleted since, so that it reads as paused."""
    outdated: bool = False
    """Stored with another release of the time zone database, by which its entry was rendered too."""

    @property
    def etag(self) -> str:
        """Its entity tag: it follows every change that a caller makes to it, and no occurrence."""
        return f'"g{self.state.generation}"'

    def under(self, deletions: int | None) -> Schedule:
        """As it reads under an agent that was deleted that often, or None where the agent is deleted now."""
        if self.state.agent_deletions == deletions:
            return self
        state = replace(self.state, placed=False)  # the places went with the agent
        if state.status != "active":
            return replace(self, state=state)
        paused = replace(state, status="paused", next_run_at=None, pause_reason="agent_deleted")
        return replace(self, state=paused, lapsed=True)

    def on_present_clocks(self) -> Schedule:
        """With `next_run_at` as the time zone database in use has it; governments move clocks at short notice."""
        state = self.state
        if state.status != "active" or state.tzdata == TZDATA_VERSION:
            return self
        following = next_after(self.definition.timing, state.settled_until)
        return replace(self, state=replace(state, next_run_at=following, tzdata=TZDATA_VERSION), outdated=True)


@dataclass(frozen=True)
class Record:
    """Nominal times (`first` to `last`, UTC seconds) that made no run, and why."""

    outcome: Literal["missed", "skipped"]
    reason: str
    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Settlement:
    """What becomes of the occurrences that are due."""

    runs: tuple[int, ...]
    """Nominal times that become runs."""
    records: tuple[Record, ...]
    settled_until: int
    next_run_at: int | None
    more: bool
    """Others are due already; settle again."""


def beginning(definition: Definition, now: datetime) -> int:
    """The mark (UTC seconds) after which a spec that comes into force at `now` has its first occurrence."""
    start = floor_seconds(now)
    if isinstance(definition.timing, Once):  # a run_at within the grace of contract D9 is still due
        start = min(start, definition.timing.at - 1)
    return start


def begin(definition: Definition, now: datetime, *, agent_deletions: int) -> State:
    """The state of a schedule created at `now`. Raises InvalidRequest if its spec has no occurrence left."""
    due_from = beginning(definition, now)
    first = next_after(definition.timing, due_from)
    if first is None:
        raise InvalidRequest("schedule: it has no occurrence left; choose other times")
    return State(
        status="active",
        generation=1,
        revision=definition.revision,
        settled_until=due_from,
        next_run_at=first,
        run_count=0,
        last_run_id=None,
        last_run_at=None,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        tzdata=TZDATA_VERSION,
        render=False,
        agent_deletions=agent_deletions,
        pause_reason=None,
        counted=True,
        hourly=definition.timing.busiest_hour,
        placed=True,
        rev=1,
    )


def decide(spec: Spec, *, settled_until: int, now: int, grace: int) -> Settlement | None:
    """What the occurrences in `(settled_until, now]` become; None when there are none. All times UTC seconds.

    Up to 120 s late each one runs. Of those later than that only the newest runs, if it is inside the misfire grace
    (`grace` seconds); the others become one ranged `missed` record (contract D30), however many they are.
    """
    following = next_after(spec, settled_until)
    if following is None or following > now:
        return None
    passed, runs, records = settled_until, list[int](), tuple[Record, ...]()
    newest = last_in(spec, settled_until, now - ON_TIME - 1)
    if newest is not None:
        missed: int | None = newest
        if now - newest <= grace:
            runs.append(newest)
            missed = last_in(spec, settled_until, newest - 1)
        if missed is not None:
            records = (Record("missed", "late", following, missed, count_in(spec, settled_until, missed)),)
        passed, following = newest, next_after(spec, newest)
    while following is not None and following <= now and len(runs) < MOST_RUNS:
        runs.append(following)
        passed, following = following, next_after(spec, following)
    return Settlement(tuple(runs), records, passed, following, more=following is not None and following <= now)


def settled(state: State, settlement: Settlement, *, last_run_id: str | None, now: datetime) -> State:
    """The state after a settlement: clock, counters, and completion when no occurrence is left (contract D27, D28)."""
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
    """What a control operation leaves of the occurrences that were due and unsettled: one ranged `skipped` record."""
    first = next_after(spec, settled_until)
    if first is None or first > now:
        return ()
    last = last_in(spec, settled_until, now) or first
    return (Record("skipped", reason, first, last, count_in(spec, settled_until, last)),)
