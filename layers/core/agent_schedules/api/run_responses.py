"""Runs as callers see them: whole, and in short for lists (contract 4)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.runs import Trigger
from agent_schedules.storage.compression import usage_of
from agent_schedules.storage.output_text import output_text
from agent_schedules.storage.runs import RunView
from agent_schedules.timestamps import instant_text, moment_text, text_of

EXCERPT = 200  # characters of an answer in a summary


class _RunFields(View):
    object: Literal["agent.run"] = "agent.run"
    id: str
    agent_id: str
    agent_version: int | None
    status: Literal["queued", "submitting", "completed", "failed", "cancelled", "incomplete"]
    input: str | list[dict[str, Any]] | None
    conversation: Any
    previous_response_id: str | None
    metadata: dict[str, str] | None
    gateway_response_id: str | None
    error: dict[str, Any] | None
    usage: Annotated[
        dict[str, Any] | None, Field(description="Extension: the token counts that the gateway's response reports")
    ]
    created_at: Stamp
    completed_at: Stamp | None
    schedule_id: Annotated[str | None, Field(description="Extension: the schedule that created the run, if any")]
    scheduled_for: Annotated[Stamp | None, Field(description="Extension: the nominal time of the occurrence, if any")]
    effective_at: Annotated[
        Stamp | None,
        Field(
            description="Extension: when the occurrence was due: its nominal time, or later by the schedule's spread"
        ),
    ]
    waited_until: Annotated[
        Stamp | None,
        Field(description="Extension: when its wait for another run of its schedule ended; null if it did not wait"),
    ]
    trigger: Annotated[
        Trigger,
        Field(
            description="Extension: what created the run: its `schedule`; a call for a run without schedule (`api`); a "
            "call for a run of a schedule (`manual`), for its past times (`backfill`), or for a repetition (`retry`)"
        ),
    ]
    retry_of: Annotated[str | None, Field(description="Extension: the run that this one repeats, if any")]

    @classmethod
    def _of(cls, view: RunView, **more: Any) -> Self:
        """Return the wire form of a run. `more`: the fields of a subclass."""
        run, work = view.run, view.work
        return cls(
            id=run.key.run_id,
            agent_id=run.key.agent_id,
            agent_version=run.agent_version,
            status=run.status,
            input=work.input if work else None,
            conversation=work.conversation if work else None,
            previous_response_id=work.previous_response_id if work else None,
            metadata=work.metadata if work else None,
            gateway_response_id=run.gateway_response_id,
            error=run.error,
            usage=usage_of(view.response),
            created_at=text_of(run.created_at),
            completed_at=moment_text(run.completed_at),
            schedule_id=run.schedule_id,
            scheduled_for=instant_text(run.scheduled_for),
            effective_at=instant_text(run.scheduled_for if run.due_at is None else run.due_at),
            waited_until=moment_text(run.released_at),
            trigger=run.trigger,
            retry_of=run.retry_of,
            **more,
        )


class AgentRunView(_RunFields):
    """A run of an agent."""

    gateway_response: dict[str, Any] | None

    @classmethod
    def of(cls, view: RunView) -> AgentRunView:
        """Return the wire form of a run."""
        return cls._of(view, gateway_response=view.response)


class RunSummaryView(_RunFields):
    """A run without the gateway's response."""

    answer: Annotated[
        str | None,
        Field(
            description=f"Extension: the first {EXCERPT} characters of the response's text; null without a text",
            max_length=EXCERPT,
        ),
    ]

    @classmethod
    def of(cls, view: RunView) -> RunSummaryView:
        """Return the wire form of a run."""
        text = output_text(view.response)
        return cls._of(view, answer=None if text is None else text[:EXCERPT])


class RunList(Listing):
    """A page of runs."""

    data: list[AgentRunView]


class RunSummaryList(Listing):
    """A page of runs without the gateway's responses."""

    data: list[RunSummaryView]
