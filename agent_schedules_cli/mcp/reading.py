"""The tools that change nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from pydantic import Field

from agent_schedules_cli.api_client import ApiClient, agents_path, schedule_path
from agent_schedules_cli.mcp.calls import given, told
from agent_schedules_cli.mcp.fields import READS, AgentId, Answer, Count, Limit, Policies, ScheduleId, Soonest, Timing
from agent_schedules_cli.outcomes import in_words

Status = Literal["active", "paused", "completed"]
RunStatus = Literal["queued", "submitting", "completed", "failed", "incomplete", "cancelled"]
Since = Annotated[str | None, Field(description="From this time on, with an offset; 24 hours ago if it is left out")]
ScheduledFor = Annotated[
    str, Field(description="The occurrence's nominal time with an offset, such as 2026-05-01T09:00:00Z")
]


def add_reading_tools(server: MCPServer[Any], api: ApiClient) -> None:
    """Add the tools to a server."""

    @server.tool(annotations=READS)
    def list_agents(limit: Limit = 20) -> Answer:
        """List the saved agents, newest first. A schedule belongs to one of them."""
        with told():
            return _listed(api, agents_path(), limit)

    @server.tool(annotations=READS)
    def list_schedules(agent_id: AgentId | None = None, status: Status | None = None, limit: Limit = 20) -> Answer:
        """List schedules, of one agent or of all, with their timings, policies, status and next run."""
        query = given(agent_id=agent_id, status=status)
        with told():
            if agent_id is not None and status is None:
                # This list is consistent: it shows what the model created a moment ago.
                return _listed(api, agents_path(agent_id, "schedules"), limit)
            return _listed(api, "/api/v1/schedules", limit, **query)

    @server.tool(annotations=READS)
    def list_upcoming(agent_id: AgentId | None = None, limit: Soonest = 20) -> Answer:
        """List the occurrences of the next 24 hours, of one agent's schedules or of all, in order of time."""
        with told():
            return _listed(api, "/api/v1/upcoming", limit, **given(agent_id=agent_id))

    @server.tool(annotations=READS)
    def list_problems(since: Since = None, limit: Limit = 20) -> Answer:
        """List what went wrong, newest first: failed and incomplete runs, missed and skipped occurrences."""
        with told():
            return _listed(api, "/api/v1/problems", limit, **given(**{"from": since}))

    @server.tool(annotations=READS)
    def get_schedule(agent_id: AgentId, schedule_id: ScheduleId) -> Answer:
        """Return one schedule."""
        with told():
            return api.get(schedule_path(agent_id, schedule_id))

    @server.tool(annotations=READS)
    def list_runs(
        agent_id: AgentId | None = None,
        schedule_id: ScheduleId | None = None,
        status: RunStatus | None = None,
        limit: Limit = 10,
    ) -> Answer:
        """List runs, newest first, with their outcome or error.

        Of an agent, or of one of its schedules. Of all agents only those that are failed, incomplete or cancelled.
        """
        with told():
            if agent_id is None or status is not None:
                query = given(agent_id=agent_id, schedule_id=schedule_id, status=status)
                found = _listed(api, "/api/v1/runs", limit, **query)
            elif schedule_id is None:
                found = _listed(api, agents_path(agent_id, "runs"), limit)
            else:
                found = _listed(api, schedule_path(agent_id, schedule_id, "runs"), limit)
        for run in found["data"]:
            run.pop("gateway_response", None)
        return found

    @server.tool(annotations=READS)
    def preview_timing(schedule: Timing, policies: Policies | None = None, count: Count = 5) -> Answer:
        """Show when a timing would occur, in words, in UTC and in local time, before a schedule is created."""
        with told():
            return api.post("/api/v1/schedules/preview", given(schedule=schedule, count=count, policies=policies))

    @server.tool(annotations=READS)
    def preview_schedule(agent_id: AgentId, schedule_id: ScheduleId, count: Count = 5) -> Answer:
        """Show the next occurrences of a schedule, with those that will be skipped."""
        with told():
            return api.get(schedule_path(agent_id, schedule_id, "preview"), count=count)

    @server.tool(annotations=READS)
    def explain_occurrence(agent_id: AgentId, schedule_id: ScheduleId, scheduled_for: ScheduledFor) -> Answer:
        """Say why a time of a schedule did or did not run."""
        with told():
            found = api.get(schedule_path(agent_id, schedule_id, "occurrences", scheduled_for))
        return {"explanation": in_words(found), "occurrence": found}


def _listed(api: ApiClient, path: str, limit: int, **query: str) -> Answer:
    page = api.list_items(path, limit, **query)
    return {"data": page.items, "has_more": page.has_more}
