"""Request bodies, exactly as contract sections 2 to 4 have them. Unknown fields are refused (contract D39)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from agent_schedules.schemas.fields import (
    Conversation,
    CronExpression,
    Description,
    FallbackModels,
    Instructions,
    MaxToolCalls,
    Metadata,
    Model,
    Moment,
    Name,
    NotNull,
    ReasoningOptions,
    ResponseId,
    RunInput,
    ScheduleInput,
    TextOptions,
    ToolChoice,
    Tools,
    Whole,
    ZoneName,
)
from agent_schedules.timing.spec import LONGEST_INTERVAL, SHORTEST_INTERVAL

PREVIEWED, MOST_PREVIEWED = 10, 100


class Body(BaseModel):
    """A request body."""

    # FastAPI silences pydantic where it builds a body's field, and only there: it must not be put off (`at_start`).
    model_config = ConfigDict(extra="forbid", defer_build=False)


def _examples(*examples: dict[str, Any], **keywords: int) -> ConfigDict:
    """What the JSON schema of a body says besides its fields."""
    return ConfigDict(json_schema_extra={**keywords, "examples": list(examples)})


Precision = Literal["minute", "second"]


class Timing(Body):
    """What every timing has."""

    timezone: ZoneName = "UTC"
    precision: Annotated[
        Precision | None,
        Field(
            description="Extension: `second` starts each run within a second or two of its time, not within its minute"
        ),
    ] = None


class OnceBody(Timing):
    """Once, at a time."""

    type: Literal["once"]
    run_at: Annotated[
        Moment,
        Field(
            description="A time without offset is local to `timezone`; one that its clocks skip is refused. From 60 s "
            "ago, which runs at once, to 2199"
        ),
    ]


class IntervalBody(Timing):
    """Every N seconds of elapsed time, on a grid that never drifts."""

    type: Literal["interval"]
    interval_seconds: Annotated[
        StrictInt,
        Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL, description="A deployment may ask for a longer minimum"),
        Whole,
    ]
    start_at: Annotated[
        Moment | None,
        Field(
            description="The first occurrence, from 1970 to 2199; of one in the past the grid counts. Without it the "
            "first is one interval after creation. A time without offset is local to `timezone`"
        ),
    ] = None


class CronBody(Timing):
    """Cron on the clocks of a zone: five fields, or six with the seconds first where `precision` is `second`."""

    type: Literal["cron"]
    cron_expression: CronExpression


SpecBody = Annotated[OnceBody | IntervalBody | CronBody, Field(discriminator="type")]


class CompactionBody(Body):
    """Compaction of a long context."""

    type: Literal["compaction"]
    compact_threshold: Annotated[StrictInt, Field(ge=1000), Whole]


Compaction = Annotated[list[CompactionBody], Field(max_length=16)]


class CreateScheduleBody(Body):
    """A new schedule."""

    model_config = _examples(
        {"schedule": {"type": "interval", "interval_seconds": 3600}, "input": "Say hello"},
        {
            "schedule": {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"},
            "input": [{"type": "message", "role": "user", "content": "Write the morning summary."}],
            "name": "Morning summary",
            "metadata": {"team": "news"},
        },
        {"schedule": {"type": "once", "run_at": "2099-12-31T23:00:00Z"}, "input": "Say goodbye"},
    )
    schedule: SpecBody
    input: ScheduleInput
    name: Name | None = None
    conversation: Conversation | None = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Metadata | None = None


class PreviewBody(Body):
    """A timing to look at; nothing is stored."""

    model_config = _examples({"schedule": {"type": "cron", "cron_expression": "@daily", "timezone": "Asia/Tokyo"}})
    schedule: SpecBody
    count: Annotated[StrictInt, Field(ge=1, le=MOST_PREVIEWED, description="How many occurrences to show"), Whole] = (
        PREVIEWED
    )


class Changes(Body):
    """The fields to change; the others stay as they are. At least one must be there (contract D24)."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


_KEPT: Any = None  # the default of a field that is left out; `model_fields_set` tells it from a null


class UpdateScheduleBody(Changes):
    """Changes of a schedule: the fields that are there. Null clears a field where it may be null."""

    model_config = _examples(
        {"schedule": {"type": "interval", "interval_seconds": 90, "start_at": "2026-01-01T00:00:00Z"}},
        {"name": "Evening summary", "metadata": {}},
        minProperties=1,
    )
    schedule: Annotated[SpecBody, NotNull] = _KEPT
    input: Annotated[ScheduleInput, NotNull] = _KEPT
    name: Name | None = None
    conversation: Conversation | None = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Annotated[Metadata, NotNull] = _KEPT


class CreateRunBody(Body):
    """A run of its own, at once."""

    model_config = _examples({"input": "Say hello"})
    input: RunInput
    conversation: Conversation | None = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Metadata | None = None
    stream: Annotated[
        StrictBool,
        Field(description="Asks a gateway in background mode to keep token-level events of the response"),
    ] = False


class CreateAgentBody(Body):
    """A new agent."""

    model_config = _examples(
        {"name": "hello", "model": "echo"},
        {
            "name": "Reporter",
            "model": "auto",
            "instructions": "Be brief.",
            "tools": [{"type": "web_search"}],
            "max_tool_calls": 10,
            "reasoning": {"effort": "low"},
            "metadata": {"team": "news"},
        },
    )
    name: Name
    model: Model
    description: Description | None = None
    instructions: Instructions | None = None
    tools: Tools = []
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: StrictBool = True
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: FallbackModels = []
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: Metadata = {}


class UpdateAgentBody(Changes):
    """Changes of an agent: the fields that are there. Null clears a field where it may be null."""

    model_config = _examples({"instructions": "Be very brief."}, {"tools": [], "max_tool_calls": 5}, minProperties=1)
    name: Annotated[Name, NotNull] = _KEPT
    model: Annotated[Model, NotNull] = _KEPT
    description: Description | None = None
    instructions: Instructions | None = None
    tools: Annotated[Tools, NotNull] = _KEPT
    tool_choice: Annotated[ToolChoice, NotNull] = _KEPT
    parallel_tool_calls: Annotated[StrictBool, NotNull] = _KEPT
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: Annotated[FallbackModels, NotNull] = _KEPT
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: Annotated[Metadata, NotNull] = _KEPT
