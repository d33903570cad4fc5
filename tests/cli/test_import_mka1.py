"""`import mka1`: the local stack as the other server, read by the vendor's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules.api.app import create_app

from agent_schedules_cli.fleet_file.checks import check
from agent_schedules_cli.fleet_file.yaml_reader import read_yaml
from agent_schedules_cli.importers.mka1 import from_mka1
from dev.server import serve
from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.world import World

CRON = {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"}


@pytest.fixture
def source() -> Iterator[tuple[Api, str]]:
    """Another server with an agent, and its URL."""
    api = Api(World())
    with serve(create_app(api.world.ports, api.world.authenticator)) as serving:
        yield api, serving.url


@pytest.fixture
def cli() -> Cli:
    """The command line over a service without agents."""
    api = Api(World())
    api.ok("DELETE", api.at)
    return Cli(api)


def made(api: Api, **fields: Any) -> str:
    """The id of a new schedule of the agent."""
    found: str = api.ok("POST", api.schedules, {"schedule": CRON, "input": "Hello"} | fields, status=201)["id"]
    return found


def test_another_servers_agents_and_schedules_are_applied_here(source: tuple[Api, str], cli: Cli) -> None:
    api, url = source
    api.ok("POST", api.at, {"tools": [{"type": "web_search"}], "reasoning": {"effort": "low"}, "metadata": {"a": "1"}})
    made(api, name="Daily", metadata={"team": "news"})
    paused = made(api, input=[{"type": "message", "role": "user", "content": "é"}], conversation={"id": "conv_1"})
    api.ok("POST", f"{api.schedules}/{paused}/pause")
    made(api, schedule={"type": "once", "run_at": "2026-07-01T09:00:00", "timezone": "Asia/Tokyo"})
    grid = {"type": "interval", "interval_seconds": 90, "start_at": "2026-01-01T00:00:00Z"}
    made(api, schedule=grid, context_management=[{"type": "compaction", "compact_threshold": 5000}])

    result = cli.run("import", "mka1", "--from", url)
    assert (result.exit_code, result.stderr) == (0, "mka1: 4 schedules of 1 agent written, 0 left out\n")
    check(*read_yaml(result.stdout.encode()))
    assert cli.run("apply", "-f", "-", stdin=result.stdout).exit_code == 0
    assert "5 as they should be" in cli.run("plan", "-f", "-", "--check", stdin=result.stdout).stdout
    (agent,) = cli.api.get("/api/v1/agents")["data"]
    there = api.get(api.at)
    same = ("name", "model", "tools", "reasoning", "metadata", "parallel_tool_calls")
    assert {name: agent[name] for name in same} == {name: there[name] for name in same}
    here = cli.api.get(f"/api/v1/agents/{agent['id']}/schedules?order=asc")["data"]
    fields = ("schedule", "input", "name", "status", "conversation", "metadata", "context_management", "next_run_at")

    def shown(schedules: list[dict[str, Any]]) -> list[str]:
        return sorted(repr({name: one[name] for name in fields}) for one in schedules)

    assert shown(here) == shown(api.get(api.schedules)["data"])


def test_a_second_import_finds_the_same_keys(source: tuple[Api, str], cli: Cli) -> None:
    api, url = source
    made(api, name="Daily")
    assert cli.run("import", "mka1", "--from", url).stdout == cli.run("import", "mka1", "--from", url).stdout


def test_what_differs_and_what_is_left_out_is_said(source: tuple[Api, str], cli: Cli) -> None:
    api, url = source
    made(api, name="Done", schedule={"type": "once", "run_at": "2026-03-02T10:00:05Z"})
    api.world.pass_time(600)
    made(api, name="Often", schedule={"type": "interval", "interval_seconds": 60})
    result = cli.run("import", "mka1", "--from", url)
    assert result.exit_code == 3
    assert "Done: is completed, so it does not run any more\n" in result.stderr
    assert "Often: is an interval without start_at: here its first run is one interval after `apply`\n" in result.stderr


@pytest.mark.slow
def test_more_than_a_page_of_agents_and_schedules_is_read(source: tuple[Api, str], cli: Cli) -> None:
    api, url = source
    for number in range(101):
        api.ok("POST", "/api/v1/agents", {"name": f"a{number}", "model": "echo"}, status=201)
        made(api, name=f"s{number}")
    result = cli.run("import", "mka1", "--from", url)
    assert result.stderr == "mka1: 101 schedules of 102 agents written, 0 left out\n"


def test_a_server_that_refuses_or_is_not_there_is_named(source: tuple[Api, str], cli: Cli) -> None:
    _, url = source
    assert f"{url} answered 401" in cli.fails(4, "import", "mka1", "--from", url, "--from-key", "wrong")
    assert "MKA1_API_KEY" in cli.fails(2, "import", "mka1", "--from", "https://elsewhere.example")
    assert "Nothing answers at http://127.0.0.1:9" in cli.fails(3, "import", "mka1", "--from", "http://127.0.0.1:9")


class Partial:
    """A server with an agent whose tool is stored, one whose model is missing, and more schedules than are shown."""

    def agents(self) -> tuple[list[dict[str, Any]], bool]:
        """The agents, not all of them."""
        tools = [{"type": "function_reference", "id": "f"}, {"type": "web_search"}]
        good = {"id": "agt_00000001", "name": "Good", "model": "echo", "tools": tools}
        return [good, {"id": "agt_00000002", "name": "Bad", "model": "", "tools": []}], False

    def schedules(self, agent_id: str) -> tuple[list[dict[str, Any]], bool]:
        """One schedule, not all of them."""
        one = {"id": f"sched_{agent_id[-8:]}", "name": None, "status": "active", "schedule": CRON, "input": "x"}
        return [one], False


def test_nothing_that_is_missing_is_dropped_silently() -> None:
    found = from_mka1(Partial(), now=datetime(2026, 5, 1, tzinfo=UTC))
    assert [agent["tools"] for agent in found.agents] == [[{"type": "web_search"}]]
    assert found.report.text(found.agents) == (
        "mka1: 1 schedule of 1 agent written, 2 left out\n\n"
        "Left out:\n"
        "  Bad (agt_00000002): model: must not be empty\n"
        "  Bad (agt_00000002), sched_00000002: its agent is left out\n\n"
        "Written, but without:\n"
        "  all: more agents than the server's lists show\n"
        "  Good (agt_00000001): tools that refer to stored functions; write them as `function` tools\n"
        "  Good (agt_00000001): its other schedules: the SDK shows the oldest and the newest 100\n"
    )
