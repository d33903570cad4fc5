"""The tools that change nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from pydantic import Field

from agent_schedules_cli.api_client import ApiClient, agents_path, schedule_path
from agent_schedules_cli.mcp.calls import told
from agent_schedules_cli.mcp.fields import READS, AgentId, Answer, Count, Limit, Policies, ScheduleId, Timing
from agent_schedules_cli.outcomes import in_words

Status = Literal["active", "paused", "completed"]
Since = Annotated[str | None, Field(description="From this time on, with an offset; 24 hours ago if it is left out")]
Time = Annotated[str, Field(description="Time of the occurrence with an offset, such as 2026-05-01T09:00:00Z")]


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
        wanted = {"agent_id": agent_id, "status": status}
        query = {name: value for name, value in wanted.items() if value is not None}
        with told():
            if agent_id is not None and status is None:
                # This list is consistent: it shows what the model created a moment ago.
                return _listed(api, agents_path(agent_id, "schedules"), limit)
            return _listed(api, "/api/v1/schedules", limit, **query)

    @server.tool(annotations=READS)
    def list_upcoming(agent_id: AgentId | None = None, limit: Limit = 20) -> Answer:
        """List the occurrences of the next 24 hours, of one agent's schedules or of all, in order of time."""
        with told():
            return _listed(api, "/api/v1/upcoming", limit, **({} if agent_id is None else {"agent_id": agent_id}))

    @server.tool(annotations=READS)
    def list_problems(since: Since = None, limit: Limit = 20) -> Answer:
        """List what went wrong, newest first: failed and incomplete runs, missed and skipped occurrences."""
        with told():
            return _listed(api, "/api/v1/problems", limit, **({} if since is None else {"from": since}))

    @server.tool(annotations=READS)
    def get_schedule(agent_id: AgentId, schedule_id: ScheduleId) -> Answer:
        """Return one schedule."""
        with told():
            return api.get(schedule_path(agent_id, schedule_id))

    @server.tool(annotations=READS)
    def list_runs(agent_id: AgentId, schedule_id: ScheduleId | None = None, limit: Limit = 10) -> Answer:
        """List the runs of an agent, or of one of its schedules, newest first, with their outcome or error."""
        path = agents_path(agent_id, "runs") if schedule_id is None else schedule_path(agent_id, schedule_id, "runs")
        with told():
            found = _listed(api, path, limit)
        for run in found["data"]:
            run.pop("gateway_response", None)
        return found

    @server.tool(annotations=READS)
    def preview_timing(schedule: Timing, policies: Policies | None = None, count: Count = 5) -> Answer:
        """Show when a timing would occur, in words, in UTC and in local time, before a schedule is created."""
        body: dict[str, Any] = {"schedule": schedule, "count": count}
        with told():
            return api.post("/api/v1/schedules/preview", body | ({"policies": policies} if policies else {}))

    @server.tool(annotations=READS)
    def preview_schedule(agent_id: AgentId, schedule_id: ScheduleId, count: Count = 5) -> Answer:
        """Show the next occurrences of a schedule, with those that will be skipped."""
        with told():
            return api.get(schedule_path(agent_id, schedule_id, "preview"), count=count)

    @server.tool(annotations=READS)
    def explain_occurrence(agent_id: AgentId, schedule_id: ScheduleId, time: Time) -> Answer:
        """Say why a time of a schedule did or did not run."""
        with told():
            found = api.get(schedule_path(agent_id, schedule_id, "occurrences", time))
        return {"explanation": in_words(found), "occurrence": found}


def _listed(api: ApiClient, path: str, limit: int, **query: str) -> Answer:
    page = api.list_items(path, limit, **query)
    return {"data": page.items, "has_more": page.has_more}
