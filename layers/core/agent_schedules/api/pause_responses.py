"""The pause of a schedule as callers see it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_schedules.api.shapes import Stamp, View
from agent_schedules.domain.schedules import Pause, Schedule
from agent_schedules.timestamps import instant_text, text_of


class PauseView(View):
    """Why a schedule is paused, and until when."""

    cause: Annotated[
        Literal["manual", "agent_deleted"],
        Field(description="`manual`: a caller paused it. `agent_deleted`: its agent was deleted, and restored since"),
    ]
    reason: Annotated[str | None, Field(description="The caller's words")]
    since: Annotated[Stamp | None, Field(description="Null if a deletion of its agent paused it")]
    until: Annotated[Stamp | None, Field(description="When it resumes by itself; null if a caller has to resume it")]
    by: Annotated[str | None, Field(description="The end user that the pause was made for, else the account")]
    job: Annotated[str | None, Field(description="The job that paused it, if one did")]
    earlier_until: Annotated[
        Stamp | None,
        Field(
            description="The end of the pause that a `pause-all` has replaced. The `resume-all` puts that pause back, "
            "or resumes the schedule if this time has passed by then"
        ),
    ]

    @classmethod
    def of(cls, schedule: Schedule) -> PauseView | None:
        """Return the wire form of a schedule's pause; None if it is not paused."""
        state = schedule.state
        if state.status != "paused":
            return None
        by_caller = state.pause_reason == "paused"
        pause = state.pause or (Pause(since=state.updated_at) if by_caller else None)
        return cls(
            cause="manual" if by_caller else "agent_deleted",
            reason=pause.reason if pause else None,
            since=text_of(pause.since) if pause else None,
            until=instant_text(pause.until) if pause else None,
            by=pause.by if pause else None,
            job=pause.job if pause else None,
            earlier_until=instant_text(pause.earlier.until) if pause and pause.earlier else None,
        )
