"""Jobs as callers see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.jobs import Job, Outcome
from agent_schedules.timestamps import moment_text, stamp, text_of


class JobErrorView(View):
    """A schedule that could not be changed."""

    agent_id: str
    schedule_id: str
    message: Annotated[str, Field(description="The message that a call for this schedule alone would have got")]

    @classmethod
    def of(cls, outcome: Outcome) -> JobErrorView:
        """Return the wire form of a failure."""
        member = outcome.member
        return cls(agent_id=member.agent_id, schedule_id=member.schedule_id, message=outcome.message or "")


class JobView(View):
    """One action on many schedules."""

    object: Literal["job"] = "job"
    id: Annotated[str | None, Field(description="Null for a dry run that was over at once, which is not stored")]
    status: Annotated[
        Literal["running", "cancelling", "completed", "cancelled", "failed"],
        Field(description="`cancelling`: the schedules in hand are finished. `failed`: see `error`"),
    ]
    action: Literal["pause", "resume", "delete", "update"]
    filter: Annotated[dict[str, Any], Field(description="The conditions")]
    dry_run: Annotated[bool, Field(description="Whether it only counts")]
    reason: Annotated[str | None, Field(description="Of a pause: the caller's words")]
    until: Annotated[
        str | None,
        Field(description="Of a pause: its end. Without an offset it is local to the `timezone` of each schedule"),
    ]
    update: Annotated[dict[str, Any] | None, Field(description="Of an update: the fields that it changes")]
    pause_all: Annotated[bool, Field(description="Whether it is a `pause-all`, whose pauses a `resume-all` ends")]
    paused_by: Annotated[
        str | None,
        Field(description="Of a resume-all: the job whose pauses it ends, or `*` for those of every pause-all"),
    ]
    matched: Annotated[int, Field(description="Schedules found so far; the other counts add up to those that are done")]
    changed: int
    unchanged: Annotated[int, Field(description="Schedules that were so already, or are gone")]
    failed: Annotated[int, Field(description="Schedules that a call for them alone could not have changed either")]
    errors: Annotated[list[JobErrorView], Field(description="The first 20 of those that failed")]
    error: Annotated[str | None, Field(description="Why the job itself failed")]
    created_at: Annotated[Stamp, Field(description="Schedules created later are not looked at")]
    updated_at: Stamp
    ended_at: Annotated[Stamp | None, Field(description="The job can be read for 30 days from then on")]

    @classmethod
    def of(cls, job: Job) -> JobView:
        """Return the wire form of a job."""
        return cls(
            id=job.key.job_id or None,
            status=job.status,
            action=job.action.kind,
            filter=filter_view(job.filter),
            dry_run=job.dry_run,
            reason=job.action.reason,
            until=job.action.until,
            update=job.action.update,
            pause_all=job.action.pause_all,
            paused_by=job.action.paused_by,
            matched=job.matched,
            changed=job.changed,
            unchanged=job.unchanged,
            failed=job.failed,
            errors=[JobErrorView.of(outcome) for outcome in job.errors],
            error=job.error,
            created_at=text_of(job.created_at),
            updated_at=text_of(job.updated_at),
            ended_at=moment_text(job.ended_at),
        )


class JobList(Listing):
    """A page of jobs."""

    data: list[JobView]


def filter_view(wanted: ScheduleFilter) -> dict[str, Any]:
    """Return a filter as callers write it."""
    shown = wanted.as_json()
    if wanted.next_run_before is not None:
        shown["next_run_before"] = stamp(wanted.next_run_before)
    return shown
