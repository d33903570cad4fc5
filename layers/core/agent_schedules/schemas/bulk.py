"""The bodies of calls that change many schedules. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.controls import Reason, Until
from agent_schedules.schemas.fleet import ScheduleFilterBody
from agent_schedules.schemas.requests import ScheduleChanges


class Many(Body):
    """Which schedules are meant, and whether they are changed."""

    filter: Annotated[ScheduleFilterBody, Field(description="The conditions; `{}` means all schedules")]
    dry_run: Annotated[
        StrictBool, Field(description="Whether only to count the schedules. Send false to change them")
    ] = True


class PauseMany(Many):
    """Pause the active ones of the schedules."""

    model_config = examples_of(
        {"filter": {"metadata": {"team": "billing"}}, "action": "pause", "reason": "Migration", "dry_run": False}
    )
    action: Literal["pause"]
    reason: Annotated[Reason, Field(description="Shown while a schedule is paused")] = None
    until: Annotated[
        Until,
        Field(
            description="The schedules resume by themselves at this time, which must be in the future. A time without "
            "an offset is local to the `timezone` of each"
        ),
    ] = None


class ResumeMany(Many):
    """Resume the paused ones of the schedules, also those that a call for one of them has paused."""

    action: Literal["resume"]


class DeleteMany(Many):
    """Delete the schedules."""

    action: Literal["delete"]


class UpdateMany(Many):
    """Change the same fields of all schedules."""

    model_config = examples_of({"filter": {"name": "daily"}, "action": "update", "update": {"metadata": {"a": "b"}}})
    action: Literal["update"]
    update: Annotated[ScheduleChanges, Field(description="The fields to change, as in an update of one schedule")]


BulkBody = Annotated[PauseMany | ResumeMany | DeleteMany | UpdateMany, Field(discriminator="action")]


class PauseAllBody(Body):
    """The reason of a pause of everything."""

    model_config = examples_of({"reason": "Incident 42"})
    reason: Annotated[Reason, Field(description="Shown while a schedule is paused")] = None


class ResumeAllBody(Body):
    """The pauses to end."""

    job_id: Annotated[
        str | None,
        Field(
            description="Only what this job has paused, be it a `pause-all` or a bulk pause, instead of what any "
            "`pause-all` has",
            examples=["job_01JD0000000000000000000000"],
        ),
    ] = None
