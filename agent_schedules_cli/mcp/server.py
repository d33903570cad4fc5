"""The server and what it says of itself."""

from __future__ import annotations

from importlib.metadata import version

from agent_schedules_cli.api_client import ApiClient
from agent_schedules_cli.mcp.changing import add_changing_tools
from agent_schedules_cli.mcp.reading import add_reading_tools
from agent_schedules_cli.mcp.strict import StrictServer

INSTRUCTIONS = (
    "Schedules of saved LLM agents. An agent has schedules; each occurrence of a schedule makes one run of the agent "
    "with the schedule's input. Preview a timing before you create a schedule. To find out why a time did or did not "
    "run, use explain_occurrence. A deletion cannot be undone; a pause can."
)


def server_over(api: ApiClient, *, read_only: bool) -> StrictServer:
    """Return the server over a service. `read_only`: without the tools that change something."""
    server = StrictServer(
        "agent-schedules", instructions=INSTRUCTIONS, version=version("agent-schedules"), log_level="WARNING"
    )
    add_reading_tools(server, api)
    if not read_only:
        add_changing_tools(server, api)
    return server
