"""A server whose tools refuse arguments that they do not have.

The SDK drops such an argument, so a misspelled `until` would pause a schedule without an end.
"""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, Tool


class StrictServer(MCPServer[Any]):
    """A server that says in its tools' schemas that there are no other arguments, and holds to it."""

    async def list_tools(self) -> list[Tool]:
        """Return the tools."""
        return [
            tool.model_copy(update={"input_schema": tool.input_schema | {"additionalProperties": False}})
            for tool in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises ToolError."""
        for tool in await self.list_tools():
            known = tool.input_schema["properties"]
            unknown = [argument for argument in arguments if argument not in known]
            if tool.name == name and unknown:
                raise ToolError(
                    f"{name} has no argument {', '.join(unknown)}, so nothing was done; it has {', '.join(known)}"
                )
        return await super().call_tool(name, arguments, context)
