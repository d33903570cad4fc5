"""The query parameters of lists of runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query

from agent_schedules.api.dependencies import OfAgent, OfSchedule
from agent_schedules.api.run_responses import AgentRunView, RunSummaryView
from agent_schedules.domain.run_filter import RunFilter, Stretch
from agent_schedules.domain.runs import RunStatus, Trigger
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.fields import OffsetMoment
from agent_schedules.schemas.moments import bounded_moment
from agent_schedules.storage.runs import RunView

Shown = Literal["full", "summary"]
ShownQuery = Annotated[
    Shown,
    Query(
        description="Extension: `summary` leaves out `gateway_response`, and has `answer`, the beginning of its text"
    ),
]
"""How much of each run a list shows."""


Due = Annotated[
    OffsetMoment | None,
    Query(alias="from", description="Not due before this time, in RFC 3339 with an offset"),
]
DueBefore = Annotated[OffsetMoment | None, Query(alias="to", description="Due before this time")]


async def _stretch(first: Due = None, end: DueBefore = None) -> Stretch:
    found = Stretch(_milliseconds(first, "from"), _milliseconds(end, "to"))
    if found.first is not None and found.end is not None and found.end <= found.first:
        raise InvalidRequest("to: must be after `from`")
    return found


def _milliseconds(moment: datetime | None, name: str) -> int | None:
    """Return the first millisecond that is not before a time."""
    if moment is None:
        return None
    since = bounded_moment(moment, "UTC", name) - datetime.fromtimestamp(0, UTC)
    return -(-since // timedelta(milliseconds=1))


async def _run_filter(
    *,
    due: Annotated[Stretch, Depends(_stretch)],
    status: Annotated[RunStatus | None, Query()] = None,
    agent_id: OfAgent = None,
    schedule_id: OfSchedule = None,
    trigger: Annotated[Trigger | None, Query(description="What created the run")] = None,
    error_code: Annotated[
        str | None, Query(min_length=1, max_length=200, description="The `code` of the run's `error`")
    ] = None,
) -> RunFilter:
    return RunFilter(status, agent_id, schedule_id, due, trigger, error_code)


StretchDep = Annotated[Stretch, Depends(_stretch)]
"""The stretch of time in the query of a list."""
RunFilterDep = Annotated[RunFilter, Depends(_run_filter)]
"""The filter in the query of a list of runs."""


def shown_as(view: Shown) -> Callable[[RunView], AgentRunView | RunSummaryView]:
    """Return the function that makes the wire form of a run."""
    return RunSummaryView.of if view == "summary" else AgentRunView.of
