"""The file's model: the API's own bodies, with the keys that name agents and schedules.

`docs/reference/schedules.schema.json` is this model's JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from agent_schedules.schemas.body import Body
from agent_schedules.schemas.requests import CreateAgentBody, CreateScheduleBody
from pydantic import Field, StrictBool, StringConstraints

MOST_AGENTS, MOST_SCHEDULES = 10_000, 10_000

Key = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$"),
    Field(description="A name that stays: lower-case letters, digits, `.`, `_` and `-`, at most 63, no mark first"),
]


class ScheduleEntry(CreateScheduleBody):
    """A schedule: the body of its creation, with the key that it has among the agent's schedules."""

    key: Key
    paused: Annotated[
        StrictBool,
        Field(description="Whether it is paused. False leaves a pause as it is: `apply` never resumes a schedule"),
    ] = False


class AgentEntry(CreateAgentBody):
    """An agent: the body of its creation, with its key, and its schedules."""

    key: Key
    schedules: Annotated[list[ScheduleEntry], Field(max_length=MOST_SCHEDULES)] = Field(default=[])


class FleetFile(Body):
    """Agents with their schedules, as `agent-schedules export` writes them and `plan` and `apply` read them."""

    version: Annotated[Literal[1], Field(description="The version of this format")]
    agents: Annotated[list[AgentEntry], Field(max_length=MOST_AGENTS)]
