"""`mcp`: a server for agents, on standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_schedules_cli.session import service


def mcp(
    ctx: typer.Context,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer only the tools that change nothing")] = False,
) -> None:
    """Serve the tools of the Model Context Protocol on standard input and output.

    A client starts the command. The tools act with the key of AGENT_SCHEDULES_KEY, within its scope.
    """
    from agent_schedules_cli.mcp.server import server_over

    server_over(service(ctx), read_only=read_only).run("stdio")
