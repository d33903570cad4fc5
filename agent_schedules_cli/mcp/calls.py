"""Calls of the API on behalf of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from agent_schedules_cli.errors import Failure


@contextmanager
def told() -> Iterator[None]:
    """Raise a refusal, or that there is no answer, as the error of a tool, in the API's own words."""
    try:
        yield
    except Failure as failure:
        raise ToolError(str(failure)) from failure


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that a caller has given."""
    return {name: value for name, value in fields.items() if value is not None}
