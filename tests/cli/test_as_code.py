"""`export`, `plan` and `apply`: the same text on every stack, and the same end however often it is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from agent_schedules_cli.session import Environment
from dev.echo_gateway.app import create_gateway
from tests.support.api import Api
from tests.support.as_code import empty, exported
from tests.support.cli import Cli, over
from tests.support.world import World

CRON = {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"}
GRID = {"type": "interval", "interval_seconds": 3600, "start_at": "2026-01-01T00:00:00.5Z"}
COMPACTION = {"type": "compaction", "compact_threshold": 5000}
POLICIES = {
    "start_at": "2026-04-01T00:00:00", "end_at": "2027-04-01T00:00:00Z",
    "exclude": ["2026-12-24/2026-12-26", "2026-05-01"], "max_runs": 7, "spread_seconds": 60, "overlap": "queue_one",
    "misfire": "skip", "misfire_grace_seconds": 600, "timeout_seconds": 1200, "run_retention_days": 30,
    "alert_after_seconds": 86_400,
}  # fmt: skip
FILE = """version: 1
agents:
  - key: reporter
    name: Reporter
    model: echo
    schedules:
      - key: daily
        schedule: {type: cron, cron_expression: 0 9 * * *}
        input: Hello
"""


def fill(api: Api) -> None:
    """Make agents and schedules with every kind of field, with keys and without."""
    news = api.ok("PUT", "/api/v1/agents/by-key/news", {
        "name": "On", "model": "echo", "instructions": "Be brief.\n\n  - really\n", "tools": [{"type": "web_search"}],
        "metadata": {"b": "0900", "a": "on"}, "max_tool_calls": 3, "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_object"}}, "tool_choice": "required", "fallback_models": ["echo"],
        "description": "  spaces  ", "parallel_tool_calls": False,
    }, status=201)["id"]  # fmt: skip
    path = f"/api/v1/agents/{news}/schedules"
    bodies: list[dict[str, Any]] = [
        {"key": "all-policies", "schedule": CRON, "input": "x", "policies": POLICIES, "metadata": {"z": "1", "y": "~"}},
        {"key": "interval", "schedule": {"type": "interval", "interval_seconds": 90}, "input": "x"},
        {"key": "grid", "schedule": GRID, "input": [{"type": "message", "role": "user", "content": "línea\nzwei"}],
         "name": "Grid"},
        {"key": "once", "schedule": {"type": "once", "run_at": "2026-07-01T09:00:00", "timezone": "Asia/Tokyo"},
         "input": "x"},
        {"key": "seconds", "schedule": {"type": "cron", "cron_expression": "*/30 * * * * *", "precision": "second"},
         "input": "x", "paused": True, "conversation": {"id": "conv_1"}},
        {"schedule": CRON, "input": "no key", "name": "Weekly — déjà vu"},
        {"schedule": CRON, "input": "neither", "context_management": [COMPACTION]},
    ]  # fmt: skip
    for body in bodies:
        api.ok("POST", path, body, status=201)
    more = {"schedule": CRON, "input": "of the agent without a key", "previous_response_id": "resp_1"}
    api.ok("POST", api.schedules, more, status=201)


def saved(tmp_path: Path, text: str) -> str:
    """A file with that text."""
    (tmp_path / "schedules.yaml").write_text(text, "utf-8")
    return str(tmp_path / "schedules.yaml")


def test_exported_applied_and_exported_is_the_same_text(api: Api, cli: Cli) -> None:
    fill(api)
    text = exported(cli)
    other = empty()
    assert other.run("apply", "-f", "-", stdin=text).exit_code == 0
    assert exported(other) == text
    assert other.run("plan", "-f", "-", "--check", "--prune", stdin=text).stdout == (
        "0 to create, 0 to change, 0 to adopt, 0 to delete; 10 as they should be\n"
    )


def test_the_same_stack_gives_the_same_text_each_time(api: Api, cli: Cli) -> None:
    fill(api)
    assert exported(cli) == exported(cli)


def test_apply_on_the_same_stack_adopts_what_has_no_key(api: Api, cli: Cli) -> None:
    fill(api)
    text = exported(cli)
    planned = cli.run("plan", "-f", "-", stdin=text).stdout
    assert planned.endswith("0 to create, 0 to change, 4 to adopt, 0 to delete; 6 as they should be\n")
    before = api.get(api.schedules)["data"][0]
    assert cli.run("apply", "-f", "-", stdin=text).exit_code == 0
    after = api.get(api.schedules)["data"][0]
    assert (after["id"], before["key"]) == (before["id"], None)
    assert after["key"] is not None
    assert exported(cli) == text
    assert "10 as they should be" in cli.run("plan", "-f", "-", "--check", stdin=text).stdout


def test_a_renamed_schedule_without_a_key_is_adopted_too(api: Api, cli: Cli) -> None:
    schedule = api.ok("POST", api.schedules, {"schedule": CRON, "input": "x", "name": "Old name"}, status=201)["id"]
    text = exported(cli)
    api.ok("POST", f"{api.schedules}/{schedule}", {"name": "New name"})
    planned = cli.run("plan", "-f", "-", stdin=text).stdout
    assert '    name: "New name" -> "Old name"\n' in planned
    assert "0 to create, 0 to change, 2 to adopt" in planned


class Killed(Exception):
    """The process ends."""


KILLED = pytest.mark.parametrize(
    ("after", "every"), [(True, 4), *(pytest.param(after, 1, marks=pytest.mark.slow) for after in (True, False))]
)
"""Every fourth call in the fast suite, after the service has done it; every one before and after in the slow one."""


class Kill(httpx.BaseTransport):
    """Ends the process at the n-th call, before or after the service has done it."""

    def __init__(self, inner: httpx.BaseTransport, number: int, *, after: bool) -> None:
        self._inner, self._number, self._after = inner, number, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._number -= 1
        if self._number == 0 and not self._after:
            raise Killed
        answer = self._inner.handle_request(request)
        if self._number == 0:
            raise Killed
        return answer


@KILLED
def test_apply_killed_at_every_call_ends_the_same(api: Api, cli: Cli, after: bool, every: int) -> None:
    fill(api)
    text = exported(cli)
    whole = empty()
    whole.run("apply", "-f", "-", stdin=text)
    calls = len(whole.transport.requests)
    assert calls > 10
    for number in range(1, calls + 1, every):
        other = empty()
        usual = other.environment
        killing = over(Kill(other.transport, number, after=after))
        other.environment = Environment(transport=killing, now=usual.now, sleep=usual.sleep)
        with pytest.raises(Killed):
            other.run("apply", "-f", "-", stdin=text)
        other.environment = usual
        assert other.run("apply", "-f", "-", stdin=text).exit_code == 0
        assert exported(other) == text
        assert "10 as they should be" in other.run("plan", "-f", "-", "--check", stdin=text).stdout


@KILLED
def test_adoption_killed_at_every_call_ends_the_same(after: bool, every: int) -> None:
    for number in range(1, 30, every):
        api = Api(World())
        fill(api)
        cli = Cli(api)
        text = exported(cli)
        usual = cli.environment
        cli.environment = Environment(
            transport=over(Kill(cli.transport, number, after=after)), now=usual.now, sleep=usual.sleep
        )
        try:
            cli.run("apply", "-f", "-", stdin=text)
        except Killed:
            cli.environment = usual
            assert cli.run("apply", "-f", "-", stdin=text).exit_code == 0
        else:
            assert number > 5
            break
        assert exported(cli) == text
    else:
        pytest.fail("apply made more calls than were tried")


def test_a_plan_says_what_changes(cli: Cli, tmp_path: Path) -> None:
    first = cli.run("plan", "-f", saved(tmp_path, FILE))
    assert first.stdout == (
        "+ agent reporter\n+ schedule reporter/daily\n"
        "2 to create, 0 to change, 0 to adopt, 0 to delete; 0 as they should be\n"
    )
    assert cli.run("plan", "-f", saved(tmp_path, FILE), "--check").exit_code == 1
    assert cli.run("apply", "-f", saved(tmp_path, FILE)).stdout.endswith("2 of 2 done\n")
    changed = FILE.replace("0 9 * * *", "0 10 * * *").replace("Hello", "Hello\n        policies: {overlap: skip}")
    assert cli.run("plan", "-f", saved(tmp_path, changed)).stdout == (
        "~ schedule reporter/daily\n"
        '    schedule.cron_expression: "0 9 * * *" -> "0 10 * * *"\n'
        '    policies: (not set) -> {"overlap": "skip"}\n'
        "0 to create, 1 to change, 0 to adopt, 0 to delete; 1 as they should be\n"
    )


def test_what_is_not_in_the_file_stays_without_prune(api: Api, cli: Cli, tmp_path: Path) -> None:
    cli.run("apply", "-f", saved(tmp_path, FILE))
    api.ok("PUT", "/api/v1/agents/by-key/other", {"name": "Other", "model": "echo"}, status=201)
    less = FILE[: FILE.index("    schedules:")]
    assert (
        "  2 not in the file: schedule reporter/daily, agent other; --prune deletes them"
        in cli.run("apply", "-f", saved(tmp_path, less)).stdout
    )
    refused = cli.run("apply", "-f", saved(tmp_path, less), "--prune", stdin="n\n")
    assert (refused.exit_code, "Not confirmed" in refused.stderr) == (2, True)
    assert cli.run("apply", "-f", saved(tmp_path, less), "--prune", "--yes").stdout.endswith("2 of 2 done\n")
    # The agent without a key is not this file's to delete.
    assert [agent["key"] for agent in api.get("/api/v1/agents")["data"]] == ["reporter", None]
    assert "key: daily" not in exported(cli)


def test_a_pause_is_made_and_never_ended(api: Api, cli: Cli, tmp_path: Path) -> None:
    cli.run("apply", "-f", saved(tmp_path, FILE))
    paused = FILE.replace("- key: daily", "- key: daily\n        paused: true")
    assert "    paused: (not set) -> true\n" in cli.run("apply", "-f", saved(tmp_path, paused)).stdout
    assert "paused: true" in exported(cli)
    again = cli.run("plan", "-f", saved(tmp_path, FILE), "--check")
    assert again.exit_code == 0
    assert "schedule reporter/daily is paused, and stays so" in again.stdout


def test_a_refused_step_does_not_stop_the_rest(cli: Cli, tmp_path: Path) -> None:
    past = "      - key: past\n        schedule: {type: once, run_at: 2020-01-01T00:00:00Z}\n        input: x\n"
    text = FILE.replace("      - key: daily", f"{past}      - key: daily")
    said = "the service would refuse schedule reporter/past: schedule.run_at: 2020-01-01T00:00:00.000Z is in the past"
    assert said in cli.run("plan", "-f", saved(tmp_path, text)).stdout
    result = cli.run("apply", "-f", saved(tmp_path, text))
    assert result.exit_code == 4
    assert "schedule reporter/past: schedule.run_at: 2020-01-01T00:00:00.000Z is in the past" in result.stderr
    assert result.stdout.endswith("2 of 3 done\n")


class Busy(httpx.BaseTransport):
    """Refuses every second change with a 429, and loses the answer of every third."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner, self._changes = inner, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._inner.handle_request(request)
        self._changes += 1
        if self._changes % 2 == 0:
            return httpx.Response(429, json={"error": {"message": "Too many requests"}})
        answer = self._inner.handle_request(request)
        if self._changes % 3 == 0:
            raise httpx.ReadTimeout("lost")
        return answer


def test_busy_services_and_lost_answers_are_tried_again(api: Api, cli: Cli) -> None:
    fill(api)
    text = exported(cli)
    other = empty()
    usual = other.environment
    other.environment = Environment(transport=over(Busy(other.transport)), now=usual.now, sleep=usual.sleep)
    assert other.run("apply", "-f", "-", stdin=text).exit_code == 0
    assert exported(other) == text


def test_a_bad_file_is_refused_with_all_its_problems(cli: Cli, tmp_path: Path) -> None:
    path = saved(tmp_path, FILE.replace("echo", "''").replace("0 9 * * *", "0 9 * *"))
    assert cli.fails(2, "apply", "-f", path).splitlines()[0] == (
        f"agent-schedules: {path}: agents[0].model (line 5): must not be empty"
    )
    assert cli.transport.requests == []


def test_the_example_of_the_guide_runs_on_the_local_stack(api: Api) -> None:
    guide = Path("docs/how-to/as-code.md").read_text("utf-8")
    example = guide.split("```yaml\n")[1].split("```")[0]
    cli = empty()
    assert cli.run("apply", "-f", "-", stdin=example).stdout.endswith("2 of 2 done\n")
    assert "2 as they should be" in cli.run("plan", "-f", "-", "--check", stdin=example).stdout
    (agent,) = cli.api.get("/api/v1/agents")["data"]
    gateway = TestClient(create_gateway(lambda: api.world.clock.moment))
    assert gateway.post("/responses", json={"model": agent["model"], "input": "x"}).status_code == 200
