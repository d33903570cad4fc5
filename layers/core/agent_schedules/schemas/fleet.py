"""The filter of schedules as callers write it, in a query or in a body. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import Metadata, OffsetMoment
from agent_schedules.schemas.moments import bounded_moment
from agent_schedules.timestamps import ceil_seconds

RunStatuses = Literal["queued", "submitting", "completed", "failed", "cancelled", "incomplete"]
AgentIdText = Annotated[str, Field(description="Schedules of this agent")]
StatusText = Annotated[Literal["active", "paused", "completed"], Field(description="Schedules with this status")]
NamePrefix = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120),
    Field(description="Schedules whose name begins like this. Upper and lower case differ"),
]
NextRunBefore = Annotated[
    OffsetMoment, Field(description="Schedules whose `next_run_at` is before this time, in RFC 3339 with an offset")
]
LastRunStatus = Annotated[RunStatuses, Field(description="Schedules whose latest run has this status")]


def _condition(value: Any) -> Any:
    if value is None or value == {}:
        raise ValueError("is no condition; send a value, or leave it out")
    return value


_Condition = BeforeValidator(_condition)
"""Null is refused: a variable that is not set must not make a filter match more."""
_NONE: Any = None  # the default of a condition that is left out


class ScheduleFilterBody(Body):
    """The conditions that a schedule must all meet. None of them may be null."""

    model_config = examples_of({"status": "active", "metadata": {"team": "billing"}}, {"last_run_status": "failed"})
    agent_id: Annotated[AgentIdText, _Condition] = _NONE
    status: Annotated[StatusText, _Condition] = _NONE
    name: Annotated[NamePrefix, _Condition] = _NONE
    metadata: Annotated[
        Metadata, Field(min_length=1, description="Pairs that the schedule's metadata must have"), _Condition
    ] = _NONE
    next_run_before: Annotated[NextRunBefore, _Condition] = _NONE
    last_run_status: Annotated[LastRunStatus, _Condition] = _NONE


def filter_of(body: ScheduleFilterBody) -> ScheduleFilter:
    """Return the filter of a body. Raises InvalidRequest for a time outside of 1970 to 2199."""
    return ScheduleFilter(
        agent_id=body.agent_id,
        status=body.status,
        name=body.name,
        metadata=tuple(sorted((body.metadata or {}).items())),
        next_run_before=second_before(body.next_run_before),
        last_run_status=body.last_run_status,
    )


def second_before(moment: datetime | None) -> int | None:
    """Return the first second (UTC) that is not before `next_run_before`. Raises InvalidRequest."""
    return None if moment is None else ceil_seconds(bounded_moment(moment, "UTC", "next_run_before"))
