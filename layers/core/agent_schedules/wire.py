"""The wire: request and response bodies exactly as contract sections 2 to 4 have them, and models projected onto them.

Requests refuse unknown fields (contract D39). Every documented response field is always sent, null where there is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from agent_schedules.agents import Agent
from agent_schedules.items import text_of
from agent_schedules.schedules import Schedule
from agent_schedules.store import RunView
from agent_schedules.timetable import LONGEST_INTERVAL, SHORTEST_INTERVAL

LONGEST_INPUT = 20_000
MOST_ITEMS = 1_000


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid")


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 date-time string, for example 2026-05-01T09:00:00Z")
    return value


def _input(value: Any) -> Any:
    """Contract 2.2 and D44: text of 1-20,000 characters, or up to 1,000 objects."""
    if isinstance(value, str):
        if not 1 <= len(value) <= LONGEST_INPUT:
            raise ValueError(f"must have 1 to {LONGEST_INPUT} characters, this has {len(value)}")
        return value
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("must be a text or an array of objects")
    if len(value) > MOST_ITEMS:
        raise ValueError(f"must have at most {MOST_ITEMS} items, this has {len(value)}")
    if any("type" in item and not isinstance(item["type"], str) for item in value):
        raise ValueError("an item's `type` must be a text")
    return value


def _tools(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for number, tool in enumerate(value):
        if not isinstance(tool.get("type"), str):
            raise ValueError(f"tool {number} needs a `type`, for example `function`")
        if tool["type"] == "function_reference":
            raise ValueError(f"tool {number}: function tools are not stored here; inline it as a `function` tool")
    return value


Moment = Annotated[datetime, BeforeValidator(_text_only)]
Input = Annotated[
    Any,
    BeforeValidator(_input),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": LONGEST_INPUT},
                {
                    "type": "array",
                    "maxItems": MOST_ITEMS,
                    "items": {"type": "object", "properties": {"type": {"type": "string"}}},
                },
            ]
        }
    ),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class OnceBody(Body):
    """Once, at a time."""

    type: Literal["once"]
    run_at: Moment
    """A time without offset is local to `timezone`."""
    timezone: ZoneName = "UTC"


class IntervalBody(Body):
    """Every N seconds of elapsed time, on a grid that never drifts."""

    type: Literal["interval"]
    interval_seconds: Annotated[StrictInt, Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL)]
    start_at: Moment | None = None
    """First occurrence; without it the first is one interval after creation."""
    timezone: ZoneName = "UTC"


class CronBody(Body):
    """Five-field cron on the clocks of a zone."""

    type: Literal["cron"]
    cron_expression: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    timezone: ZoneName = "UTC"


SpecBody = Annotated[OnceBody | IntervalBody | CronBody, Field(discriminator="type")]


class CompactionBody(Body):
    """Compaction of a long context."""

    type: Literal["compaction"]
    compact_threshold: Annotated[StrictInt, Field(ge=1000)]


class CreateScheduleBody(Body):
    """A new schedule."""

    schedule: SpecBody
    input: Input
    name: Name | None = None
    conversation: Any = None
    previous_response_id: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    context_management: Annotated[list[CompactionBody], Field(max_length=16)] | None = None
    metadata: Metadata | None = None


class CreateAgentBody(Body):
    """A new agent."""

    name: Name
    model: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    instructions: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=128), AfterValidator(_tools)] = []
    tool_choice: Any = None
    parallel_tool_calls: StrictBool = True
    max_tool_calls: Annotated[StrictInt, Field(ge=1, le=300)] | None = None
    fallback_models: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=256)]], Field(max_length=5)
    ] = []
    text: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    metadata: Metadata = {}


class ErrorBody(BaseModel):
    """What went wrong and what to do."""

    message: str
    details: Any = None


class ErrorEnvelope(BaseModel):
    """The body of every answer that is not a success (contract 1.4)."""

    error: ErrorBody


class ScheduleView(BaseModel):
    """A schedule as callers see it: the 18 fields of contract 2.5, and ours."""

    object: Literal["agent.schedule"] = "agent.schedule"
    id: str
    agent_id: str
    name: str | None
    status: Literal["active", "paused", "completed", "deleted"]
    schedule: dict[str, Any]
    input: Any
    conversation: Any
    previous_response_id: str | None
    context_management: list[dict[str, Any]] | None
    metadata: dict[str, str] | None
    temporal_schedule_id: str | None
    """The name of its EventBridge entry, which also begins the names of look-ahead entries (contract D42)."""
    last_run_at: str | None
    last_run_id: str | None
    run_count: int
    created_at: str
    updated_at: str
    deleted_at: str | None
    next_run_at: str | None
    """Extension: the next nominal time, null when none is to come."""
    generation: int
    """Extension: raised by every change a caller makes."""

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleView:
        """The projection of a schedule."""
        definition, state = schedule.definition, schedule.state
        spec = {name: value for name, value in definition.schedule.items() if name != "first"}
        return cls(
            id=schedule.key.schedule_id,
            agent_id=schedule.key.agent_id,
            name=definition.name,
            status=state.status,
            schedule=spec,
            input=definition.input,
            conversation=definition.conversation,
            previous_response_id=definition.previous_response_id,
            context_management=definition.context_management,
            metadata=definition.metadata,
            temporal_schedule_id=schedule.key.schedule_id,
            last_run_at=_text(state.last_run_at),
            last_run_id=state.last_run_id,
            run_count=state.run_count,
            created_at=text_of(state.created_at),
            updated_at=text_of(state.updated_at),
            deleted_at=_text(state.deleted_at),
            next_run_at=instant_text(state.next_run_at),
            generation=state.generation,
        )


class ScheduleDeleted(BaseModel):
    """The answer to a delete, and to its repeat."""

    object: Literal["agent.schedule.deleted"] = "agent.schedule.deleted"
    id: str
    deleted: bool = True


class AgentView(BaseModel):
    """An agent as callers see it (contract 3.3)."""

    object: Literal["agent"] = "agent"
    id: str
    name: str
    description: str | None
    model: str
    instructions: str | None
    tools: list[dict[str, Any]]
    tool_choice: Any
    parallel_tool_calls: bool
    max_tool_calls: int | None
    fallback_models: list[str]
    text: dict[str, Any] | None
    reasoning: dict[str, Any] | None
    metadata: dict[str, str]
    version: int
    created_at: str
    updated_at: str
    deleted_at: str | None
    retention_expires_at: str | None
    within_restore_window: bool
    can_restore: bool

    @classmethod
    def of(cls, agent: Agent) -> AgentView:
        """The projection of a live agent."""
        return cls(
            id=agent.id,
            version=agent.version,
            created_at=text_of(agent.created_at),
            updated_at=text_of(agent.updated_at),
            deleted_at=None,
            retention_expires_at=None,
            within_restore_window=False,
            can_restore=False,
            **agent.configuration,
        )


class AgentRunView(BaseModel):
    """A run as callers see it (contract 4.3), and ours."""

    object: Literal["agent.run"] = "agent.run"
    id: str
    agent_id: str
    agent_version: int | None
    status: Literal["queued", "submitting", "completed", "failed", "cancelled", "incomplete"]
    input: Any
    conversation: Any
    previous_response_id: str | None
    metadata: dict[str, str] | None
    gateway_response_id: str | None
    gateway_response: Any
    error: Any
    created_at: str
    completed_at: str | None
    schedule_id: str | None
    """Extension: the schedule it is an occurrence of."""
    scheduled_for: str | None
    """Extension: the nominal time."""
    trigger: Literal["schedule", "api"]
    """Extension: what made it."""

    @classmethod
    def of(cls, view: RunView) -> AgentRunView:
        """The projection of a run."""
        run, definition = view.run, view.definition
        return cls(
            id=run.key.run_id,
            agent_id=run.key.agent_id,
            agent_version=run.agent_version,
            status=run.status,
            input=definition.input if definition else None,
            conversation=definition.conversation if definition else None,
            previous_response_id=definition.previous_response_id if definition else None,
            metadata=definition.metadata if definition else None,
            gateway_response_id=run.gateway_response_id,
            gateway_response=view.response,
            error=run.error,
            created_at=text_of(run.created_at),
            completed_at=_text(run.completed_at),
            schedule_id=run.schedule_id,
            scheduled_for=instant_text(run.scheduled_for),
            trigger=run.trigger,
        )


class Listing(BaseModel):
    """The envelope of a list (contract 1.5)."""

    object: Literal["list"] = "list"
    first_id: str | None
    last_id: str | None
    has_more: bool


class ScheduleList(Listing):
    """A page of schedules."""

    data: list[ScheduleView]


class AgentList(Listing):
    """A page of agents."""

    data: list[AgentView]


class RunList(Listing):
    """A page of runs."""

    data: list[AgentRunView]


def instant_text(instant: int | None) -> str | None:
    """Whole UTC seconds as a text."""
    return None if instant is None else text_of(datetime.fromtimestamp(instant, UTC))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else text_of(moment)
