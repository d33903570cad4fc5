"""The API's answers and refusals as those of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError

from agent_schedules_cli.errors import Failure


@contextmanager
def told() -> Iterator[None]:
    """Raise a refusal, or that there is no answer, as the error of a tool, in the API's own words."""
    try:
        yield
    except Failure as failure:
        raise ToolError(str(failure)) from failure
