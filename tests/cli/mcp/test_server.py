"""The MCP server, driven by the official client: an agent schedules itself, looks, and cancels."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from agent_schedules.api.app import create_app

from agent_schedules_cli.api_client import ApiClient
from dev.server import serve
from tests.support.api import Api
from tests.support.cli import AppTransport, over
from tests.support.world import World

if TYPE_CHECKING:  # importing it takes longer than most files of tests
    from mcp import Client
    from mcp.types import CallToolResult, Tool

READING = {
    "explain_occurrence", "get_schedule", "list_agents", "list_problems", "list_runs", "list_schedules",
    "list_upcoming", "preview_schedule", "preview_timing",
}  # fmt: skip
CHANGING = {
    "create_schedule", "delete_schedule", "pause_schedule", "resume_schedule", "trigger_schedule", "update_schedule",
}  # fmt: skip
CRON = {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"}


class Session:
    """A client's calls of tools."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tools(self) -> dict[str, Tool]:
        """The tools by name."""
        return {tool.name: tool for tool in (await self._client.list_tools()).tools}

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool, which must not be an error."""
        result = await self._client.call_tool(tool, arguments)
        assert not result.is_error, said(result)
        found: dict[str, Any] = json.loads(said(result))
        return found

    async def refused(self, tool: str, /, **arguments: Any) -> str:
        """The error of a tool."""
        result = await self._client.call_tool(tool, arguments)
        assert result.is_error
        return said(result)


def said(result: CallToolResult) -> str:
    """The text of a result."""
    from mcp.types import TextContent

    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def with_client(
    api: Api, play: Callable[[Session], Awaitable[None]], *, key: str = "local", read_only: bool = False
) -> None:
    """Let a client play against the server over a service, in this process."""

    from mcp import Client

    from agent_schedules_cli.mcp.server import server_over

    async def run() -> None:
        server = server_over(ApiClient("http://service", key, transport=over(AppTransport(api))), read_only=read_only)
        async with Client(server) as client:
            await play(Session(client))

    asyncio.run(run())


def test_an_agent_schedules_itself_looks_and_cancels(api: Api) -> None:
    async def play(session: Session) -> None:
        (me,) = (await session.call("list_agents"))["data"]
        shown = await session.call("preview_timing", schedule=CRON, policies={"exclude": ["2026-03-03"]}, count=2)
        assert [one["skipped"] for one in shown["occurrences"]] == ["excluded", None]

        made = await session.call(
            "create_schedule", agent_id=me["id"], schedule={"type": "interval", "interval_seconds": 60},
            input="Look at the inbox", name="Inbox", key="inbox",
        )  # fmt: skip
        mine = {"agent_id": me["id"], "schedule_id": made["id"]}
        api.world.pass_time(90)

        (run,) = (await session.call("list_runs", agent_id=me["id"]))["data"]
        assert (run["status"], "gateway_response" in run) == ("completed", False)
        why = await session.call("explain_occurrence", **mine, scheduled_for=run["scheduled_for"])
        assert why["explanation"] == f"{run['scheduled_for']} ran: {run['id']} is completed."
        assert (await session.call("trigger_schedule", **mine, input="Once more"))["trigger"] == "manual"
        changed = await session.call("update_schedule", **mine, policies={"overlap": "skip"})
        assert changed["policies"]["overlap"] == "skip"
        assert (await session.call("pause_schedule", **mine, reason="Enough"))["pause"]["reason"] == "Enough"
        assert (await session.call("resume_schedule", **mine))["status"] == "active"
        assert len((await session.call("preview_schedule", **mine))["occurrences"]) == 5
        assert (await session.call("get_schedule", **mine))["name"] == "Inbox"

        await session.call("delete_schedule", **mine)
        assert (await session.call("list_schedules", agent_id=me["id"]))["data"] == []

    with_client(api, play)


def test_create_never_changes_a_schedule_that_exists(api: Api) -> None:
    async def play(session: Session) -> None:
        made = await session.call("create_schedule", agent_id=api.agent, schedule=CRON, input="first", key="inbox")
        message = await session.refused(
            "create_schedule", agent_id=api.agent, schedule=CRON, input="second", key="inbox"
        )
        assert "key: " in message
        assert made["id"] in message
        (kept,) = (await session.call("list_schedules", agent_id=api.agent))["data"]
        assert (kept["key"], kept["input"], kept["generation"]) == ("inbox", "first", made["generation"])

    with_client(api, play)


def test_an_agent_looks_over_all_agents(api: Api) -> None:
    made = api.ok("POST", api.schedules, {"schedule": CRON, "input": "x"}, status=201)["id"]
    api.ok("POST", f"{api.schedules}/{made}/pause")
    other = api.ok("POST", api.schedules, {"schedule": CRON, "input": "y"}, status=201)["id"]

    async def play(session: Session) -> None:
        assert [one["id"] for one in (await session.call("list_schedules"))["data"]] == [other, made]
        assert [one["id"] for one in (await session.call("list_schedules", status="paused"))["data"]] == [made]
        assert [one["schedule_id"] for one in (await session.call("list_upcoming"))["data"]] == [other]
        api.ok("POST", f"{api.schedules}/{made}/resume")
        assert (await session.call("list_problems", since="2026-03-02T00:00:00Z"))["data"] == []

    with_client(api, play)


def test_list_runs_has_all_agents_and_statuses(api: Api) -> None:
    fails = api.post("/api/v1/agents", {"name": "b", "model": "fail"}, status=201)["id"]
    for agent in (api.agent, fails):
        api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    api.world.pass_time(90)

    async def play(session: Session) -> None:
        (failed,) = (await session.call("list_runs", status="failed"))["data"]
        assert (failed["agent_id"], "gateway_response" in failed) == (fails, False)
        assert (await session.call("list_runs", agent_id=fails, status="completed"))["data"] == []
        assert len((await session.call("list_runs", agent_id=api.agent, status="completed"))["data"]) == 1
        assert "name an agent" in await session.refused("list_runs", status="completed")
        assert "name an agent" in await session.refused("list_runs")

    with_client(api, play)


def test_tools_say_whether_they_read_change_or_destroy(api: Api) -> None:
    async def play(session: Session) -> None:
        tools = await session.tools()
        assert tools.keys() == READING | CHANGING
        hints = {name: tool.annotations for name, tool in tools.items() if tool.annotations is not None}
        assert {name for name, hint in hints.items() if hint.read_only_hint} == READING
        destroying = {name for name, hint in hints.items() if hint.destructive_hint}
        assert destroying == {"delete_schedule", "update_schedule"}
        assert {name for name, hint in hints.items() if hint.open_world_hint} == {"trigger_schedule"}
        timing = tools["create_schedule"].input_schema["properties"]["schedule"]
        assert [kind["properties"]["type"]["const"] for kind in timing["anyOf"]] == ["once", "interval", "cron"]

    with_client(api, play)


def test_read_only_offers_no_tool_that_changes(api: Api) -> None:
    async def play(session: Session) -> None:
        assert (await session.tools()).keys() == READING

    with_client(api, play, read_only=True)


def test_a_refusal_is_an_error_in_the_words_of_the_api(api: Api) -> None:
    async def play(session: Session) -> None:
        message = await session.refused(
            "create_schedule", agent_id=api.agent, schedule=CRON | {"cron_expression": "0 9 * *"}, input="x"
        )
        assert "schedule.cron_expression: 4 fields, must be 5" in message
        assert "pattern" in await session.refused("get_schedule", agent_id="../x", schedule_id="y")
        assert "schedule_id: no schedule 'sched_1'" in (
            await session.refused("get_schedule", agent_id=api.agent, schedule_id="sched_1")
        )

    with_client(api, play)


def test_an_argument_that_a_tool_has_not_is_refused(api: Api) -> None:
    made = api.ok("POST", api.schedules, {"schedule": CRON, "input": "x"}, status=201)["id"]

    async def play(session: Session) -> None:
        tools = await session.tools()
        assert {tool.input_schema["additionalProperties"] for tool in tools.values()} == {False}
        message = await session.refused(
            "pause_schedule", agent_id=api.agent, schedule_id=made, untill="2026-05-04T08:00:00Z"
        )
        assert message == (
            "pause_schedule has no argument untill, so nothing was done; it has agent_id, schedule_id, reason, until"
        )
        assert (await session.call("get_schedule", agent_id=api.agent, schedule_id=made))["status"] == "active"
        for name in tools:
            assert f"{name} has no argument surprise" in await session.refused(name, surprise=1)

    with_client(api, play)


def test_the_tools_act_within_the_scope_of_the_key(api: Api) -> None:
    _, reader = api.world.keyring.create("local", "read")

    async def play(session: Session) -> None:
        assert (await session.call("list_agents"))["has_more"] is False
        refused = await session.refused("create_schedule", agent_id=api.agent, schedule=CRON, input="x")
        assert "scope" in refused

    with_client(api, play, key=reader)


@pytest.mark.slow
def test_the_command_serves_on_standard_input_and_output() -> None:
    from mcp import Client, StdioServerParameters

    world = World()

    async def play(url: str) -> None:
        command = StdioServerParameters(
            command=sys.executable,
            args=["-m", "agent_schedules_cli", "--url", url, "mcp"],
            env={"AGENT_SCHEDULES_KEY": "local", "PATH": os.environ["PATH"]},
        )
        async with Client(command) as client:
            session = Session(client)
            assert (await session.tools()).keys() == READING | CHANGING
            assert (await session.call("list_agents"))["data"] == []

    with serve(create_app(world.ports, world.authenticator)) as serving:
        asyncio.run(play(serving.url))
