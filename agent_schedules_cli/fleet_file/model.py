"""The file's model: the API's own bodies, with the keys that name agents and schedules.

`docs/reference/schedules.schema.json` is this model's JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from agent_schedules.schemas.body import Body
from agent_schedules.schemas.requests import AgentFields, ScheduleFields
from agent_schedules.schemas.stable_keys import StableKey
from pydantic import Field

MOST_AGENTS, MOST_SCHEDULES = 10_000, 10_000


class ScheduleEntry(ScheduleFields):
    """A schedule: all that its creation takes, with the key that it has among the agent's schedules."""

    key: StableKey


class AgentEntry(AgentFields):
    """An agent: all that its creation takes, with its key, and its schedules."""

    key: StableKey
    schedules: Annotated[list[ScheduleEntry], Field(max_length=MOST_SCHEDULES)] = Field(default=[])


class FleetFile(Body):
    """Agents with their schedules, as `agent-schedules export` writes them and `plan` and `apply` read them."""

    version: Annotated[Literal[1], Field(description="The version of this format")]
    agents: Annotated[list[AgentEntry], Field(max_length=MOST_AGENTS)]
