"""The bodies of calls that change many schedules. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.controls import Reason, Until
from agent_schedules.schemas.fleet import ScheduleFilterBody
from agent_schedules.schemas.requests import UpdateScheduleBody


class BulkBody(Body):
    """One action on every schedule that meets all conditions of a filter."""

    model_config = examples_of(
        {"filter": {"metadata": {"team": "billing"}}, "action": "pause", "reason": "Migration", "dry_run": False},
        {"filter": {"agent_id": "agt_01JD0000000000000000000000"}, "action": "update", "update": {"metadata": {}}},
    )
    filter: Annotated[ScheduleFilterBody, Field(description="The conditions; `{}` means all schedules")]
    action: Literal["pause", "resume", "delete", "update"]
    update: Annotated[
        UpdateScheduleBody | None, Field(description="With `update`: the fields to change, as in an update of one")
    ] = None
    reason: Annotated[Reason, Field(description="With `pause`: shown while a schedule is paused")] = None
    until: Annotated[Until, Field(description="With `pause`: when the schedules resume by themselves")] = None
    dry_run: Annotated[
        StrictBool, Field(description="Whether only to count the schedules. Send false to change them")
    ] = True

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        if (self.update is not None) != (self.action == "update"):
            raise ValueError("`update` is for the action `update`, which needs it")
        if self.action != "pause" and (self.reason is not None or self.until is not None):
            raise ValueError("`reason` and `until` are for the action `pause`; remove them")
        if self.update is not None and "key" in self.update.model_fields_set:
            raise ValueError("`update.key` is the name of one schedule; remove it")
        return self


class PauseAllBody(Body):
    """The reason of a pause of everything."""

    model_config = examples_of({"reason": "Incident 42"})
    reason: Annotated[Reason, Field(description="Shown while a schedule is paused")] = None


class ResumeAllBody(Body):
    """The pauses to end."""

    job_id: Annotated[
        str | None,
        Field(
            description="Only what this job has paused, instead of what any job has",
            examples=["job_01JD0000000000000000000000"],
        ),
    ] = None
