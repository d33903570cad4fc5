"""A schedule: its definition, which the caller wrote, and its state, which says where its clock stands. Pure.

The row is the clock (architecture.md): every nominal time up to `settled_until` has its outcome. `settlement.decide`
says what the later ones become.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from agent_schedules.domain.expiry import NOTHING_EXPIRES, Kept
from agent_schedules.domain.policies import NO_POLICIES, Policies
from agent_schedules.domain.runs import Run, RunKey, Work
from agent_schedules.domain.silence import Watch
from agent_schedules.domain.timetable import Handover, Timetable
from agent_schedules.timing.spec import Spec
from agent_schedules.timing.zones import TZDATA_VERSION

Status = Literal["active", "paused", "completed", "deleted"]


@dataclass(frozen=True)
class Key:
    """The ids that find a schedule. Hints and messages carry nothing else."""

    owner: str
    agent_id: str
    schedule_id: str

    @classmethod
    def of_run(cls, run: Run) -> Key | None:
        """Return the key of a run's schedule; None for a run without one."""
        return None if run.schedule_id is None else cls(run.key.owner, run.key.agent_id, run.schedule_id)

    def run(self, run_id: str) -> RunKey:
        """Return the key of one of its runs."""
        return RunKey(self.owner, self.agent_id, run_id)


@dataclass(frozen=True)
class Options:
    """The optional fields of a schedule other than its timing and its work.

    Bodies, rows and answers take them by these names. Each has a default, so that older rows without it can be read.
    """

    name: str | None = None
    key: str | None = None
    """The caller's own name for it, unique among its agent's schedules that are not deleted."""


@dataclass(frozen=True)
class Definition:
    """The caller's part of a schedule. An update replaces it whole; the old one is kept while runs refer to it."""

    revision: int
    """The generation that wrote it."""
    options: Options
    timing: Spec
    work: Work
    """The task of each of its runs."""
    on_behalf_of: str | None
    """The caller's raw `X-On-Behalf-Of`, for whom its runs act (contract D35)."""
    policies: Policies = NO_POLICIES


@dataclass(frozen=True)
class Pause:
    """A caller's pause."""

    since: datetime
    reason: str | None = None
    """The caller's words."""
    until: int | None = None
    """UTC seconds at which the schedule resumes by itself."""
    by: str | None = None
    """The caller: the user that it acted for, else its tenant."""
    job: str | None = None
    """The id of the job that made it, if one did."""
    of_all: bool = False
    """Whether that job is a pause-all."""
    earlier: Pause | None = None
    """The pause with an end that a pause-all has replaced."""

    def taken_over(self, by: str | None) -> Pause:
        """Return it as the pause of a caller who wants the schedule to stay paused, whatever becomes of the job."""
        return replace(self, by=by, job=None, of_all=False, earlier=None)


@dataclass(frozen=True)
class Backfill:
    """A stretch of the past whose nominal times without a run get one, the oldest first, one open at a time."""

    after: int
    """UTC seconds. Every nominal time up to this one has its run."""
    until: int
    """The last second of the stretch."""
    look_at: int
    """When the reconciler looks at it (UTC seconds), whatever message was lost."""
    agent_deletions: int
    """`Agent.deletions` when it began. The deletion of the agent ends it."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The schedule's clock and counters. Every occurrence rewrites it, under the optimistic lock `rev`."""

    status: Status
    generation: int
    """Raised by every change that a caller makes."""
    revision: int
    """The definition in force."""
    settled_until: int
    """Every nominal time up to this one (UTC seconds) has its outcome."""
    next_run_at: int | None = None
    run_count: int = 0
    last_run_id: str | None = None
    last_run_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    tzdata: str
    """The IANA release that `next_run_at` was computed with."""
    entry_stale: bool = False
    """Its next occurrence could not be armed in EventBridge: messages carry it, and the reconciler tries again."""
    agent_deletions: int
    """`Agent.deletions` when it was last activated."""
    pause_reason: str | None = None
    """While paused: the reason on the records of occurrences that fall into the pause."""
    counted: bool
    """Among its tenant's schedules; not if it was last changed before there were counters."""
    hourly: int
    """The occurrences of its busiest hour in its tenant's count; 0 if its timing was last written before that count
    existed."""
    rev: int
    looks: int = 0
    """Looks of the reconciler since there was progress (`attention.py`, as the two below)."""
    repair_at: int | None = None
    """UTC seconds before which the stale entry is not tried again."""
    look_at: int | None = None
    """When the reconciler looks at it, instead of when it is overdue."""
    due_at: int | None = None
    """When the next occurrence is due (UTC seconds), if that is not its nominal time (`Timetable.due_at`)."""
    last_due_at: int | None = None
    """When the occurrence of `last_run_id` was due (UTC seconds), if that was not its nominal time."""
    skips: tuple[int, ...] = ()
    """Nominal times to come that a caller asked to skip."""
    other_runs: int = 0
    """Runs in `run_count` that do not count towards `max_runs`: a caller made them."""
    open_run_id: str | None = None
    """The run that later ones may have to wait for. It may have ended since (`execution/line.py`)."""
    waiting: tuple[str, ...] = ()
    """The ids of the runs that wait for it, in order."""
    replacing: str | None = None
    """The one of them that a caller started to cancel the runs before it, whatever the policy is."""
    backfill: Backfill | None = None
    pause: Pause | None = None
    """While a caller's pause lasts; None also for a pause from before these were stored."""
    handover: Handover | None = None
    """Until what was due when the timing changed is decided."""
    kept: Kept = NOTHING_EXPIRES
    """How long its outcomes are kept, where they expire."""
    watch: Watch | None = None
    """While it is active, if its policies have a dead man's switch."""

    def as_of_agent(self, deletions: int | None) -> State:
        """Return the state as it reads under an agent with that many deletions; None: the agent is deleted now."""
        if self.agent_deletions == deletions or self.status != "active":
            return self
        return replace(self, status="paused", next_run_at=None, pause_reason="agent_deleted")

    @property
    def wakes_at(self) -> int | None:
        """When something happens by itself: the next occurrence is due, or a pause ends. UTC seconds."""
        if self.status == "paused":
            return self.pause.until if self.pause else None
        return self.next_run_at if self.due_at is None else self.due_at


@dataclass(frozen=True)
class Schedule:
    """A definition and its state, from one read."""

    key: Key
    definition: Definition
    state: State
    lapsed: bool = False
    """Stored as active, but reads as paused, because its agent was deleted since."""
    outdated: bool = False
    """Stored, and its entry rendered, with another release of the time zone database."""

    @cached_property
    def timetable(self) -> Timetable:
        """Its nominal times."""
        skips, seed = frozenset(self.state.skips), self.key.schedule_id
        return Timetable(self.definition.timing, self.definition.policies, skips, seed, self.state.handover)

    @property
    def remaining_runs(self) -> int | None:
        """How many scheduled runs it may still make; None: any number."""
        most = self.definition.policies.max_runs
        return None if most is None else max(most - (self.state.run_count - self.state.other_runs), 0)

    @property
    def replacing(self) -> str | None:
        """The id of the waiting run that cancels the runs before it, if there is one."""
        waiting = self.state.waiting
        if waiting and self.definition.policies.overlap == "cancel_previous":
            return waiting[-1]
        return self.state.replacing if self.state.replacing in waiting else None

    def replaces(self, run_id: str) -> bool:
        """Whether a run waits that cancels this run and takes its place."""
        return self.state.open_run_id == run_id and self.replacing is not None

    def clocked(self, state: State, settled_until: int, next_run_at: int | None) -> State:
        """Return a state of this schedule whose clock stands at `settled_until`, with that next occurrence."""
        due_at = None if next_run_at is None else self.timetable.due_at(next_run_at)
        handover = state.handover
        if handover is not None and settled_until >= handover.times[-1]:
            settled_until, handover = max(settled_until, handover.until), None
        return replace(
            state,
            handover=handover,
            settled_until=settled_until,
            next_run_at=next_run_at,
            due_at=None if due_at == next_run_at else due_at,
            skips=tuple(skip for skip in state.skips if skip > settled_until),
            tzdata=TZDATA_VERSION,
        )

    @property
    def etag(self) -> str:
        """Its entity tag: every change by a caller changes it, an occurrence does not."""
        return f'"g{self.state.generation}"'

    def as_of_agent(self, deletions: int | None) -> Schedule:
        """Return the schedule as it reads under an agent with that many deletions; None: the agent is deleted now."""
        state = self.state.as_of_agent(deletions)
        return self if state is self.state else replace(self, state=state, lapsed=True)

    def with_current_tzdata(self) -> Schedule:
        """Return the schedule with `next_run_at` by the time zone database in use: governments change clocks at short
        notice."""
        state = self.state
        if state.status != "active" or state.tzdata == TZDATA_VERSION:
            return self
        following = self.timetable.next_run(state.settled_until)
        return replace(self, state=self.clocked(state, state.settled_until, following), outdated=True)
