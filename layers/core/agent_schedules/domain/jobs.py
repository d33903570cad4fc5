"""A job: one action on many schedules, carried out in batches. Pure.

A batch is written down before it is begun, so that a repeat after a crash works on the same schedules, whatever the
filter would find by then. Each schedule of a batch has one outcome, which its idempotency record keeps
(`services/jobs.py`). So the counts of a job say exactly what it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.timestamps import floor_seconds

BATCH = 25  # schedules
LOOK_AFTER = 300  # seconds without progress after which a sweep sends the message of a job again
GIVEN_UP_AFTER = 72_000
"""Seconds with the same batch in hand after which a job fails: idempotency records keep its outcomes for 24 hours."""
MOST_ERRORS = 20
ANY_PAUSE_ALL = "*"

Kind = Literal["pause", "resume", "delete", "update"]
JobStatus = Literal["running", "cancelling", "completed", "cancelled", "failed"]
Result = Literal["changed", "unchanged", "failed"]


@dataclass(frozen=True)
class JobKey:
    """The ids that find a job."""

    owner: str
    job_id: str


@dataclass(frozen=True)
class Action:
    """What a job does to each schedule."""

    kind: Kind
    reason: str | None = None
    """Of a pause: the caller's words."""
    until: str | None = None
    """Of a pause: its end as the caller wrote it. Without an offset it is local to each schedule's time zone."""
    update: dict[str, Any] | None = None
    """The body of an update."""
    paused_by: str | None = None
    """Of a resume: only what the job of this id has paused; `ANY_PAUSE_ALL`: what any pause-all has paused."""
    pause_all: bool = False
    """Whether the pause is a pause-all: it holds what starts by itself, and `ANY_PAUSE_ALL` stands for its pauses."""


@dataclass(frozen=True)
class Member:
    """A schedule of a batch."""

    agent_id: str
    schedule_id: str


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule."""

    member: Member
    result: Result
    message: str | None = None
    """Why it failed."""


@dataclass(frozen=True)
class Job:
    """A job. Every step rewrites it, under the optimistic lock `rev`."""

    key: JobKey
    tenant: str
    on_behalf_of: str | None
    action: Action
    filter: ScheduleFilter
    dry_run: bool
    created_at: datetime
    """Only schedules that exist by then are looked at."""
    updated_at: datetime
    found_at: datetime
    """When the batch in hand was written down, or the job itself: the outcomes in the batch's records are younger."""
    status: JobStatus = "running"
    ended_at: datetime | None = None
    after: str | None = None
    """The id of the last schedule that was looked at."""
    exhausted: bool = False
    """Whether none is left to look at."""
    batch: tuple[Member, ...] = ()
    """The schedules in hand."""
    matched: int = 0
    """The schedules that were put into a batch; of a dry run, that would be."""
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: tuple[Outcome, ...] = field(default=())
    """The first ones."""
    error: str | None = None
    """Why the job itself failed."""
    rev: int = 1

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in {"completed", "cancelled", "failed"}

    @property
    def look_at(self) -> int | None:
        """When a sweep looks at it (UTC seconds)."""
        return None if self.over else floor_seconds(self.updated_at) + LOOK_AFTER

    def stalled(self, now: datetime) -> bool:
        """Whether the batch has been in hand for so long that the job must not go on."""
        return (now - self.found_at).total_seconds() > GIVEN_UP_AFTER

    def applied(self, outcomes: Sequence[Outcome]) -> Job:
        """Return the job with the outcomes of its batch, or of the beginning of it. The rest stays in hand."""
        results = [outcome.result for outcome in outcomes]
        failures = tuple(outcome for outcome in outcomes if outcome.result == "failed")
        return replace(
            self,
            batch=self.batch[len(outcomes) :],
            changed=self.changed + results.count("changed"),
            unchanged=self.unchanged + results.count("unchanged"),
            failed=self.failed + results.count("failed"),
            errors=(*self.errors, *failures)[:MOST_ERRORS],
        )

    def found(self, members: Sequence[Member], after: str | None, *, more: bool) -> Job:
        """Return the job with its next batch. A dry run only counts it."""
        return replace(
            self,
            batch=() if self.dry_run else tuple(members),
            matched=self.matched + len(members),
            after=after or self.after,
            exhausted=not more,
        )

    def stepped(self, now: datetime) -> Job:
        """Return the job as it is written at the end of a step, ended if nothing is in hand and nothing is to come."""
        after = replace(self, updated_at=now, found_at=now, rev=self.rev + 1)
        if after.over or after.batch or not (after.exhausted or after.status == "cancelling"):
            return after
        return replace(after, status="completed" if after.status == "running" else "cancelled", ended_at=now)

    def interrupted(self, now: datetime) -> Job:
        """Return the job as it is written by a step that ran out of time: the rest of its batch stays in hand."""
        return replace(self, updated_at=now, rev=self.rev + 1)

    def given_up(self, now: datetime, error: str) -> Job:
        """Return the job ended by a failure of its own."""
        return replace(self, status="failed", ended_at=now, updated_at=now, error=error, rev=self.rev + 1)

    def cancelling(self, now: datetime) -> Job:
        """Return the job on its way to a stop: the batch in hand is finished, and no other one begun."""
        return replace(self, status="cancelling", updated_at=now, rev=self.rev + 1)
