"""Changes of agents, versions and schedules from the command line, and the limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import Cli

CRON = {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"}


def test_an_agent_is_changed_and_rolled_back(cli: Cli) -> None:
    made = cli.json("agents", "create", "--name", "First", "--model", "echo", "--instructions", "Be brief.")
    changed = cli.json("agents", "update", made["id"], "--name", "Second")
    assert (changed["name"], changed["instructions"], changed["version"]) == ("Second", "Be brief.", 2)
    assert [one["version"] for one in cli.listed("agents", "versions", made["id"])] == [2, 1]
    back = cli.json("agents", "rollback", made["id"], "1")
    assert (back["name"], back["version"]) == ("First", 3)
    assert "First" in cli.run("agents", "versions", made["id"]).stdout


def test_an_own_key_and_a_pause_are_given_at_the_create(cli: Cli) -> None:
    agent = cli.json("agents", "create", "--name", "a", "--model", "echo", "--key", "reporter")
    made = ("schedules", "create", agent["id"], "--every", "3600", "--input", "x", "--key", "daily")
    schedule = cli.json(*made, "--paused")
    assert (agent["key"], schedule["key"], schedule["status"]) == ("reporter", "daily", "paused")
    assert "daily" in cli.fails(4, *made)


def test_a_deleted_agent_is_found_and_restored(cli: Cli) -> None:
    cli.json("agents", "delete", cli.api.agent)
    assert [one["id"] for one in cli.listed("agents", "list", "--deleted")] == [cli.api.agent]
    assert cli.json("agents", "restore", cli.api.agent)["id"] == cli.api.agent
    assert cli.listed("agents", "list", "--deleted") == []


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        (CRON, ["--cron", "0 8 * * *"], CRON | {"cron_expression": "0 8 * * *"}),
        (CRON, ["--tz", "Asia/Tokyo"], CRON | {"timezone": "Asia/Tokyo"}),
        (CRON, ["--precision", "second"], CRON | {"precision": "second"}),
        (CRON | {"precision": "second"}, ["--precision", "minute"], CRON),
        (CRON | {"precision": "second"}, ["--cron", "@daily"], CRON | {"precision": "second", "cron_expression": "@d"}),
        (CRON, ["--every", "90"], {"type": "interval", "interval_seconds": 90, "timezone": "Europe/Lisbon"}),
        (CRON, ["--input", "Other"], CRON),
        (CRON, ["--name", "Other"], CRON),
    ],
)
def test_update_keeps_omitted_fields(
    cli: Cli, before: dict[str, Any], arguments: list[str], after: dict[str, Any]
) -> None:
    made = cli.api.create(before)
    changed = cli.json("schedules", "update", cli.api.agent, made["id"], *arguments)
    expression = changed["schedule"].get("cron_expression")
    if expression and expression.startswith("@"):
        changed["schedule"]["cron_expression"] = expression[:2]
    assert {name: value for name, value in changed["schedule"].items() if value != "minute"} == after
    assert changed["input"] == ("Other" if "--input" in arguments else made["input"])
    assert changed["name"] == ("Other" if "--name" in arguments else made["name"])


def test_limits_are_shown_with_their_use(cli: Cli) -> None:
    cli.api.create()
    found = cli.json("limits", "--agent", cli.api.agent)
    assert (found["object"], found["schedules_per_agent"]["used"]) == ("limits", 1)
    shown = cli.run("limits").stdout
    assert "minimum_interval_seconds" in shown
    assert "{" not in shown


@pytest.mark.parametrize("arguments", [["agents", "update", "agt_1"], ["schedules", "update", "agt_1", "sched_1"]])
def test_a_change_of_nothing_is_wrong_use(cli: Cli, arguments: list[str]) -> None:
    cli.transport.requests.clear()
    assert "--name" in cli.fails(2, *arguments)
    assert cli.transport.requests == []
