"""An export is applied elsewhere as it is: what is in it, what is left out, and what it says of that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.as_code import empty, exported
from tests.support.cli import Cli

CRON = {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"}


def interval(api: Api, **fields: Any) -> str:
    """The id of an interval of 90 seconds without a start, of the agent without a key."""
    body = {"schedule": {"type": "interval", "interval_seconds": 90}, "input": "x", **fields}
    return str(api.ok("POST", api.schedules, body, status=201)["id"])


@pytest.mark.parametrize("paused", [False, True])
def test_an_interval_keeps_its_grid_on_another_stack(api: Api, cli: Cli, paused: bool) -> None:
    api.world.pass_time(7)
    one = f"{api.schedules}/{interval(api, paused=paused)}"
    text = exported(cli)
    assert 'start_at: "2026-03-02T10:01:37.000Z"' in text
    api.world.pass_time(1000)
    assert exported(cli) == text
    assert "0 to change" in cli.run("plan", "-f", "-", stdin=text).stdout

    other = empty()
    other.api.world.pass_time(1040)
    assert other.run("apply", "-f", "-", stdin=text).exit_code == 0
    assert exported(other) == text
    (agent,) = other.api.get("/api/v1/agents")["data"]
    (moved,) = other.api.get(f"/api/v1/agents/{agent['id']}/schedules")["data"]
    api.world.pass_time(33)
    if paused:
        api.ok("POST", f"{one}/resume")
        moved = other.api.ok("POST", f"/api/v1/agents/{agent['id']}/schedules/{moved['id']}/resume")
    assert moved["next_run_at"] == api.get(one)["next_run_at"]


def test_a_change_beside_the_grid_leaves_the_grid(api: Api, cli: Cli) -> None:
    one = f"{api.schedules}/{interval(api, name='Old')}"
    text = exported(cli)
    api.world.pass_time(100)
    before = api.get(one)
    assert cli.run("apply", "-f", "-", stdin=text.replace("name: Old", "name: New")).exit_code == 0
    after = api.get(one)
    assert (after["name"], after["schedule"]) == ("New", before["schedule"])
    assert after["next_run_at"] == before["next_run_at"]
    shifted = text.replace("10:01:30", "10:01:31")
    assert shifted != text
    assert "    schedule.start_at: (not set) -> " in cli.run("plan", "-f", "-", stdin=shifted).stdout


@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": {"type": "once", "run_at": "2026-03-02T10:30:00Z"}},
        {"schedule": CRON, "policies": {"end_at": "2026-03-03T10:00:00Z"}},
    ],
)
def test_a_pause_that_outlived_its_times_is_left_out(api: Api, cli: Cli, fields: dict[str, Any]) -> None:
    agent = api.ok("PUT", "/api/v1/agents/by-key/a", {"name": "A", "model": "echo"}, status=201)["id"]
    body = {"input": "x", "key": "over", "paused": True, **fields}
    api.ok("POST", f"/api/v1/agents/{agent}/schedules", body, status=201)
    api.world.pass_time(3 * 86_400)
    result = cli.run("export")
    assert "a/over has no time left, so it is left out" in result.stderr
    assert empty().run("apply", "-f", "-", stdin=result.stdout).exit_code == 0
    assert "0 to delete" in cli.run("plan", "-f", "-", "--prune", stdin=result.stdout).stdout


def test_an_export_says_how_many_a_job_has_paused(api: Api, cli: Cli) -> None:
    interval(api)
    interval(api)
    assert "paused by a job" not in cli.run("export").stderr
    assert cli.run("schedules", "pause-all", "--yes").exit_code == 0
    result = cli.run("export")
    assert "2 paused by a job such as pause-all, and written as paused" in result.stderr
    assert result.stdout.count("paused: true") == 2


def test_completed_schedules_are_left_out_and_not_pruned(api: Api, cli: Cli) -> None:
    agent = api.ok("PUT", "/api/v1/agents/by-key/a", {"name": "A", "model": "echo"}, status=201)["id"]
    once = {"schedule": {"type": "once", "run_at": "2026-03-02T10:00:05Z"}, "input": "x", "key": "once"}
    api.ok("POST", f"/api/v1/agents/{agent}/schedules", once, status=201)
    text = exported(cli)
    api.world.pass_time(600)
    result = cli.run("export")
    assert "a/once is completed, so it is left out" in result.stderr
    assert "key: once" not in result.stdout
    assert (
        "0 to create, 0 to change, 1 to adopt, 0 to delete" in cli.run("plan", "-f", "-", "--prune", stdin=text).stdout
    )
    assert "0 to delete" in cli.run("plan", "-f", "-", "--prune", stdin=result.stdout).stdout
