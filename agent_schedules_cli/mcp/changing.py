"""The tools that change something."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from pydantic import Field

from agent_schedules_cli.api_client import ApiClient, agents_path, schedule_path
from agent_schedules_cli.mcp.calls import given, told
from agent_schedules_cli.mcp.fields import (
    ADDS,
    REPLACES,
    RUNS,
    SETS,
    AgentId,
    Answer,
    Input,
    Name,
    Overlap,
    Policies,
    ScheduleId,
    Timing,
)

Key = Annotated[
    str | None,
    Field(description="A stable name of your own. A repeated call with it is refused instead of adding a second one"),
]
Reason = Annotated[str | None, Field(description="Shown while it is paused")]
Until = Annotated[str | None, Field(description="The schedule resumes by itself at this time")]


def add_changing_tools(server: MCPServer[Any], api: ApiClient) -> None:
    """Add the tools to a server."""

    @server.tool(annotations=ADDS)
    def create_schedule(
        agent_id: AgentId,
        schedule: Timing,
        input: Input,
        name: Name = None,
        policies: Policies | None = None,
        key: Key = None,
    ) -> Answer:
        """Create a schedule: the agent runs with the input at each occurrence of the timing. It changes no other."""
        body = given(schedule=schedule, input=input, name=name, policies=policies, key=key)
        with told():
            return api.post(agents_path(agent_id, "schedules"), body)

    @server.tool(annotations=REPLACES)
    def update_schedule(
        agent_id: AgentId,
        schedule_id: ScheduleId,
        schedule: Timing | None = None,
        input: Input | None = None,
        name: Name = None,
        policies: Policies | None = None,
    ) -> Answer:
        """Change a schedule. What is left out stays; a timing and policies are replaced whole."""
        body = given(schedule=schedule, input=input, name=name, policies=policies)
        with told():
            return api.post(schedule_path(agent_id, schedule_id), body)

    @server.tool(annotations=SETS)
    def pause_schedule(
        agent_id: AgentId, schedule_id: ScheduleId, reason: Reason = None, until: Until = None
    ) -> Answer:
        """Pause a schedule. Its occurrences are skipped until it is resumed."""
        with told():
            return api.post(schedule_path(agent_id, schedule_id, "pause"), given(reason=reason, until=until))

    @server.tool(annotations=SETS)
    def resume_schedule(agent_id: AgentId, schedule_id: ScheduleId) -> Answer:
        """Resume a paused schedule."""
        with told():
            return api.post(schedule_path(agent_id, schedule_id, "resume"))

    @server.tool(annotations=RUNS)
    def trigger_schedule(
        agent_id: AgentId,
        schedule_id: ScheduleId,
        input: Input | None = None,
        overlap: Overlap | None = None,
    ) -> Answer:
        """Run a schedule once, now. Its coming occurrences stay as they are."""
        with told():
            return api.post(schedule_path(agent_id, schedule_id, "trigger"), given(input=input, overlap=overlap))

    @server.tool(annotations=REPLACES)
    def delete_schedule(agent_id: AgentId, schedule_id: ScheduleId) -> Answer:
        """Delete a schedule for good. Pause it instead if it may be wanted again."""
        with told():
            return api.delete(schedule_path(agent_id, schedule_id))
