"""Problems as callers see them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.problems import Kind, Problem
from agent_schedules.domain.run_filter import error_code
from agent_schedules.domain.runs import Run
from agent_schedules.timestamps import stamp, text_of

LONGEST_MESSAGE = 500  # characters of a run's error in the list


class ProblemView(View):
    """A run that did not end well, or occurrences that made no run."""

    object: Literal["problem"] = "problem"
    id: Annotated[str, Field(description="The run's id, or that of the occurrence")]
    type: Kind
    time: Annotated[
        Stamp,
        Field(description="The nominal time, or the last one of several; when it was created for a run that has none"),
    ]
    since: Annotated[Stamp, Field(description="The first nominal time; equals `time` for one time")]
    count: Annotated[int, Field(description="The number of nominal times; 1 for a run")]
    agent_id: str
    schedule_id: str | None
    run_id: Annotated[
        str | None, Field(description="The run; with the reason `overlap` the run because of which there is none")
    ]
    reason: Annotated[str | None, Field(description="The code of the run's error, or why the occurrences made no run")]
    message: Annotated[
        str | None,
        Field(description=f"The message of the run's error, its first {LONGEST_MESSAGE} characters"),
    ]

    @classmethod
    def of(cls, problem: Problem) -> ProblemView:
        """Return the wire form of a problem."""
        of, key = problem.of, problem.key
        if isinstance(of, Run):
            message = (of.error or {}).get("message")
            at = text_of(of.created_at) if of.scheduled_for is None else stamp(of.scheduled_for)
            return cls(
                id=of.key.run_id,
                type=problem.kind,
                time=at,
                since=at,
                count=1,
                agent_id=of.key.agent_id,
                schedule_id=of.schedule_id,
                run_id=of.key.run_id,
                reason=error_code(of.error),
                message=None if message is None else str(message)[:LONGEST_MESSAGE],
            )
        if key is None:
            raise ValueError("a record belongs to a schedule")
        return cls(
            id=f"{key.schedule_id}_{of.first}",
            type=problem.kind,
            time=stamp(of.last),
            since=stamp(of.first),
            count=of.count,
            agent_id=key.agent_id,
            schedule_id=key.schedule_id,
            run_id=of.run_id,
            reason=of.reason,
            message=None,
        )


class ProblemList(Listing):
    """A page of problems."""

    data: list[ProblemView]
