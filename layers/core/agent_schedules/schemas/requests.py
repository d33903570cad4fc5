"""Request bodies, exactly as in contract sections 2 to 4. Unknown fields are refused (contract D39)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import (
    KEPT,
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
    TextOptions,
    ToolChoice,
    Tools,
    Whole,
    ZoneName,
)
from agent_schedules.schemas.policies import PoliciesBody
from agent_schedules.schemas.run_input import RunInput, ScheduleInput
from agent_schedules.schemas.stable_keys import StableKey
from agent_schedules.timing.spec import LONGEST_INTERVAL, SHORTEST_INTERVAL

PREVIEWED, MOST_PREVIEWED = 10, 100


Precision = Literal["minute", "second"]


class Timing(Body):
    """The fields of every timing."""

    timezone: ZoneName = "UTC"
    precision: Annotated[
        Precision | None,
        Field(
            description="Extension: with `second`, each run starts within about two seconds of its time, instead of "
            "within its minute"
        ),
    ] = None


class OnceBody(Timing):
    """One occurrence at a given time."""

    type: Literal["once"]
    run_at: Annotated[
        Moment,
        Field(
            description="A time without an offset is local to `timezone`. A local time that a clock change skips is "
            "refused. At most 60 s in the past, which runs immediately, and not after 2199"
        ),
    ]


class IntervalBody(Timing):
    """One occurrence every N seconds of elapsed time, on a fixed grid that does not drift."""

    type: Literal["interval"]
    interval_seconds: Annotated[
        StrictInt,
        Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL, description="A deployment may require a longer minimum"),
        Whole,
    ]
    start_at: Annotated[
        Moment | None,
        Field(
            description="The first occurrence, from 1970 to 2199. A time in the past fixes the grid only. If omitted, "
            "the first occurrence is one interval after creation. A time without an offset is local to `timezone`"
        ),
    ] = None


class CronBody(Timing):
    """A cron expression in a time zone: five fields, or six with seconds first if `precision` is `second`."""

    type: Literal["cron"]
    cron_expression: CronExpression


SpecBody = Annotated[OnceBody | IntervalBody | CronBody, Field(discriminator="type")]


class CompactionBody(Body):
    """Settings for the compaction of a long context."""

    type: Literal["compaction"]
    compact_threshold: Annotated[StrictInt, Field(ge=1000), Whole]


SentPolicies = Annotated[
    PoliciesBody | None,
    Field(
        description="Extension: what the schedule does when things overlap, come late or must stop. The object is "
        "replaced whole, and null means the defaults"
    ),
]
Compaction = Annotated[list[CompactionBody], Field(max_length=16)]


class ScheduleFields(Body):
    """The whole of a schedule, without its stable key."""

    model_config = examples_of(
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
    policies: SentPolicies = None
    paused: Annotated[
        StrictBool,
        Field(
            description="Extension: whether the schedule is to be paused. False leaves a pause as it is; only a resume "
            "ends it",
            json_schema_extra=lambda schema: schema.pop("default"),  # generated clients require a field with a default
        ),
    ] = False


class CreateScheduleBody(ScheduleFields):
    """A new schedule."""

    key: Annotated[
        StableKey | None,
        Field(
            description="Extension: your own name for it, unique among the agent's schedules that are not deleted. It "
            "cannot be changed later",
            examples=["morning-summary"],
        ),
    ] = None


class PreviewBody(Body):
    """A timing to preview, with its policies. Nothing is stored."""

    model_config = examples_of(
        {"schedule": {"type": "cron", "cron_expression": "@daily", "timezone": "Asia/Tokyo"}},
        {"schedule": {"type": "cron", "cron_expression": "0 18 LW * *", "timezone": "Europe/Lisbon"}, "count": 3},
    )
    schedule: SpecBody
    policies: SentPolicies = None
    count: Annotated[StrictInt, Field(ge=1, le=MOST_PREVIEWED, description="Number of occurrences to show"), Whole] = (
        PREVIEWED
    )


class Changes(Body):
    """The fields to change. The others keep their values. At least one is required (contract D24)."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have at least one field to change")
        return self


class ScheduleChanges(Changes):
    """Changes that several schedules can take. Omitted fields keep their values. Null clears a field that may be
    null."""

    model_config = examples_of(
        {"schedule": {"type": "interval", "interval_seconds": 90, "start_at": "2026-01-01T00:00:00Z"}},
        {"name": "Evening summary", "metadata": {}},
        minProperties=1,
    )
    schedule: Annotated[SpecBody, NotNull] = KEPT
    input: Annotated[ScheduleInput, NotNull] = KEPT
    name: Name | None = None
    conversation: Conversation | None = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Annotated[Metadata, NotNull] = KEPT
    policies: SentPolicies = None


class UpdateScheduleBody(ScheduleChanges):
    """Changes to a schedule. Omitted fields keep their values. Null clears a field that may be null."""

    key: Annotated[
        StableKey,
        NotNull,
        Field(
            description="Extension: your own name for a schedule that has none. A key cannot be changed",
            examples=["morning-summary"],
        ),
    ] = KEPT


class CreateRunBody(Body):
    """A run that starts immediately, without a schedule."""

    model_config = examples_of({"input": "Say hello"})
    input: RunInput
    conversation: Conversation | None = None
    previous_response_id: ResponseId | None = None
    context_management: Compaction | None = None
    metadata: Metadata | None = None
    stream: Annotated[
        StrictBool,
        Field(description="Whether a gateway in background mode keeps the token-level events of the response"),
    ] = False


class AgentFields(Body):
    """The whole of an agent, without its stable key."""

    model_config = examples_of(
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
    tools: Tools = Field(default=[])
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: StrictBool = True
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: FallbackModels = Field(default=[])
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: Metadata = Field(default={})


class CreateAgentBody(AgentFields):
    """A new agent."""

    key: Annotated[
        StableKey | None,
        Field(
            description="Extension: your own name for it, unique among the live agents. It cannot be changed later",
            examples=["reporter"],
        ),
    ] = None


class UpdateAgentBody(Changes):
    """Changes to an agent. Omitted fields keep their values. Null clears a field that may be null."""

    model_config = examples_of({"instructions": "Be very brief."}, {"tools": [], "max_tool_calls": 5}, minProperties=1)
    name: Annotated[Name, NotNull] = KEPT
    model: Annotated[Model, NotNull] = KEPT
    description: Description | None = None
    instructions: Instructions | None = None
    tools: Annotated[Tools, NotNull] = KEPT
    tool_choice: Annotated[ToolChoice, NotNull] = KEPT
    parallel_tool_calls: Annotated[StrictBool, NotNull] = KEPT
    max_tool_calls: MaxToolCalls | None = None
    fallback_models: Annotated[FallbackModels, NotNull] = KEPT
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: Annotated[Metadata, NotNull] = KEPT
    key: Annotated[
        StableKey,
        NotNull,
        Field(
            description="Extension: your own name for an agent that has none. A key cannot be changed",
            examples=["reporter"],
        ),
    ] = KEPT
