"""Answers about all agents of an account: the wire form of what was found. Extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agent_schedules.api.responses import ScheduleView
from agent_schedules.api.shapes import Listing
from agent_schedules.schemas.fleet import RunStatuses
from agent_schedules.storage.fleet import FoundSchedule

if TYPE_CHECKING:
    from agent_schedules.ports import Limits


class FoundScheduleView(ScheduleView):
    """A schedule, and how its latest run stands."""

    last_run_status: Annotated[
        RunStatuses | None, Field(description="Extension: the status of the run `last_run_id`; null if there is none")
    ]

    @classmethod
    def found(cls, found: FoundSchedule, limits: Limits) -> FoundScheduleView:
        """Return the wire form of a schedule that was found."""
        return cls.of(found.schedule, limits, last_run_status=found.last_run_status)


class FoundScheduleList(Listing):
    """A page of schedules of all agents."""

    data: list[FoundScheduleView]
