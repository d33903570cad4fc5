"""The query parameters of lists of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query

from agent_schedules.api.run_responses import AgentRunView, RunSummaryView
from agent_schedules.storage.runs import RunView

Shown = Literal["full", "summary"]
ShownQuery = Annotated[
    Shown,
    Query(
        description="Extension: `summary` leaves out `gateway_response`, and has `answer`, the beginning of its text"
    ),
]
"""How much of each run a list shows."""


def shown_as(view: Shown) -> Callable[[RunView], AgentRunView | RunSummaryView]:
    """Return the function that makes the wire form of a run."""
    return RunSummaryView.of if view == "summary" else AgentRunView.of
