"""Request bodies, exactly as contract sections 2 to 4 have them. Unknown fields are refused (contract D39)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

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
    model_validator,
)

from agent_schedules.timetable import LONGEST_INTERVAL, SHORTEST_INTERVAL

LONGEST_INPUT = 20_000
MOST_ITEMS = 1_000
PREVIEWED, MOST_PREVIEWED = 10, 100


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid")


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 date-time string, for example 2026-05-01T09:00:00Z")
    return value


def _input_check(longest: int | None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        """Contract 2.2 and D44: a text, or up to 1,000 objects."""
        if isinstance(value, str):
            if not value or (longest is not None and len(value) > longest):
                limit = f"1 to {longest} characters" if longest is not None else "at least 1 character"
                raise ValueError(f"must have {limit}, this has {len(value)}")
            return value
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ValueError("must be a text or an array of objects")
        if len(value) > MOST_ITEMS:
            raise ValueError(f"must have at most {MOST_ITEMS} items, this has {len(value)}")
        if any("type" in item and not isinstance(item["type"], str) for item in value):
            raise ValueError("an item's `type` must be a text")
        return value

    return check


def _input_schema(**text: int) -> WithJsonSchema:
    items = {"type": "object", "properties": {"type": {"type": "string"}}}
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, **text},
                {"type": "array", "maxItems": MOST_ITEMS, "items": items},
            ]
        }
    )


def _tools(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for number, tool in enumerate(value):
        if not isinstance(tool.get("type"), str):
            raise ValueError(f"tool {number} needs a `type`, for example `function`")
        if tool["type"] == "function_reference":
            raise ValueError(f"tool {number}: function tools are not stored here; inline it as a `function` tool")
    return value


Moment = Annotated[datetime, BeforeValidator(_text_only)]
ScheduleInput = Annotated[Any, BeforeValidator(_input_check(LONGEST_INPUT)), _input_schema(maxLength=LONGEST_INPUT)]
RunInput = Annotated[Any, BeforeValidator(_input_check(None)), _input_schema()]
Tools = Annotated[list[dict[str, Any]], Field(max_length=128), AfterValidator(_tools)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=50)]


Precision = Literal["minute", "second"]


class Timing(Body):
    """What every timing has."""

    timezone: ZoneName = "UTC"
    precision: Precision | None = None
    """Extension: `second` starts each run within a second or two of its time, not within its minute."""


class OnceBody(Timing):
    """Once, at a time."""

    type: Literal["once"]
    run_at: Moment
    """A time without offset is local to `timezone`."""


class IntervalBody(Timing):
    """Every N seconds of elapsed time, on a grid that never drifts."""

    type: Literal["interval"]
    interval_seconds: Annotated[StrictInt, Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL)]
    start_at: Moment | None = None
    """First occurrence; without it the first is one interval after creation."""


class CronBody(Timing):
    """Cron on the clocks of a zone: five fields, or six with the seconds first where `precision` is `second`."""

    type: Literal["cron"]
    cron_expression: Annotated[str, StringConstraints(min_length=1, max_length=256)]


SpecBody = Annotated[OnceBody | IntervalBody | CronBody, Field(discriminator="type")]


class CompactionBody(Body):
    """Compaction of a long context."""

    type: Literal["compaction"]
    compact_threshold: Annotated[StrictInt, Field(ge=1000)]


ResponseId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Compaction = Annotated[list[CompactionBody], Field(max_length=16)]


class CreateScheduleBody(Body):
    """A new schedule."""

    schedule: SpecBody
    input: ScheduleInput
    name: Name | None = None
    conversation: Any = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Metadata | None = None


class PreviewBody(Body):
    """A timing to look at; nothing is stored."""

    schedule: SpecBody
    count: Annotated[StrictInt, Field(ge=1, le=MOST_PREVIEWED)] = PREVIEWED
    """How many occurrences to show."""


class Changes(Body):
    """The fields to change; the others stay as they are. At least one must be there (contract D24)."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("cannot be null; leave it out to keep it as it is")
    return value


NotNull = BeforeValidator(_not_null)
_KEPT: Any = None  # the default of a field that is left out; `model_fields_set` tells it from a null


class UpdateScheduleBody(Changes):
    """Changes of a schedule (contract 2.3). Null clears a field where it may be null."""

    schedule: Annotated[SpecBody, NotNull] = _KEPT
    input: Annotated[ScheduleInput, NotNull] = _KEPT
    name: Name | None = None
    conversation: Any = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Annotated[Metadata, NotNull] = _KEPT


class CreateRunBody(Body):
    """A run of its own, at once (contract 4.2)."""

    input: RunInput
    conversation: Any = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Metadata | None = None
    stream: StrictBool = False
    """Asks a gateway in background mode to keep token-level events of the response."""


Model = Annotated[str, StringConstraints(min_length=1, max_length=256)]
MaxToolCalls = Annotated[StrictInt, Field(ge=1, le=300)]
FallbackModels = Annotated[list[Model], Field(max_length=5)]
Description = Annotated[str, StringConstraints(max_length=2000)]
Instructions = Annotated[str, StringConstraints(max_length=20_000)]


class CreateAgentBody(Body):
    """A new agent."""

    name: Name
    model: Model
    description: Description | None = None
    instructions: Instructions | None = None
    tools: Tools = []
    tool_choice: Any = None
    parallel_tool_calls: StrictBool = True
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: FallbackModels = []
    text: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    metadata: Metadata = {}


class UpdateAgentBody(Changes):
    """Changes of an agent (contract 3.2). Null clears a field where it may be null."""

    name: Annotated[Name, NotNull] = _KEPT
    model: Annotated[Model, NotNull] = _KEPT
    description: Description | None = None
    instructions: Instructions | None = None
    tools: Annotated[Tools, NotNull] = _KEPT
    tool_choice: Annotated[Any, NotNull] = _KEPT
    parallel_tool_calls: Annotated[StrictBool, NotNull] = _KEPT
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: Annotated[FallbackModels, NotNull] = _KEPT
    text: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    metadata: Annotated[Metadata, NotNull] = _KEPT
