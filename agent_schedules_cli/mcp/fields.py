"""The types of the tools' arguments, with what a model needs to know of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from agent_schedules.schemas.policies import PoliciesBody
from agent_schedules.schemas.requests import CronBody, IntervalBody, OnceBody
from mcp.types import ToolAnnotations
from pydantic import Field, WithJsonSchema

_ID = "^[A-Za-z0-9_-]{1,128}$"
_TIMINGS = {
    "description": "When: once, an interval or a cron expression in a time zone",
    "anyOf": [kind.model_json_schema() for kind in (OnceBody, IntervalBody, CronBody)],
}

Answer = dict[str, Any]
Timing = Annotated[dict[str, Any], WithJsonSchema(_TIMINGS)]
Policies = Annotated[dict[str, Any], WithJsonSchema(PoliciesBody.model_json_schema())]
AgentId = Annotated[str, Field(description="Id of the agent, such as agt_01KB…", pattern=_ID)]
ScheduleId = Annotated[str, Field(description="Id of the schedule, such as sched_01KB…", pattern=_ID)]
Limit = Annotated[int, Field(ge=1, le=100, description="The most items, newest first")]
Soonest = Annotated[int, Field(ge=1, le=100, description="The most occurrences, the soonest first")]
Count = Annotated[int, Field(ge=1, le=100, description="How many occurrences")]
Input = Annotated[str, Field(min_length=1, description="What the agent gets as its input at each run")]
Name = Annotated[str | None, Field(description="A name for people")]
Overlap = Literal["allow", "skip", "queue_one", "queue_all", "cancel_previous"]

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
SETS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
REPLACES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
"""What a client may ask its user to confirm. `RUNS` starts a model, which acts on the world."""
