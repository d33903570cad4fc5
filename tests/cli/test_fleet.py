"""Commands about the schedules of all agents: find them, what is to come, and a summary."""

from __future__ import annotations

import pytest
from agent_schedules.storage import fleet

from tests.support.api import HOURLY
from tests.support.cli import Cli


def other_agents(cli: Cli, **body: object) -> str:
    """The id of a new schedule of another agent."""
    agent = cli.api.post("/api/v1/agents", {"name": "b", "model": "echo"}, status=201)["id"]
    path = f"/api/v1/agents/{agent}/schedules"
    return str(cli.api.post(path, {"schedule": HOURLY, "input": "x", **body}, status=201)["id"])


def test_without_an_agent_all_are_listed(cli: Cli) -> None:
    first, second = cli.api.create()["id"], other_agents(cli)
    assert [one["id"] for one in cli.listed("schedules", "list")] == [second, first]
    assert [one["id"] for one in cli.listed("schedules", "list", cli.api.agent)] == [first]
    head, *rows = cli.run("schedules", "list").stdout.splitlines()
    assert "agent" in head
    assert "last run" in head
    assert second in rows[0]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--status", "paused"], 0),
        (["--name", "daily"], 1),
        (["--metadata", "team=a", "--metadata", "env=x=y"], 1),
        (["--metadata", "team=b"], 0),
        (["--next-run-before", "2026-03-02T11:30Z"], 2),
        (["--last-run-status", "failed"], 0),
        (["--status", "active", "--name", "daily", "--all"], 1),
    ],
)
def test_options_are_conditions(cli: Cli, options: list[str], count: int) -> None:
    cli.api.create()
    other_agents(cli, name="daily report", metadata={"team": "a", "env": "x=y"})
    assert len(cli.listed("schedules", "list", *options)) == count
    assert cli.listed("schedules", "list", cli.api.agent, "--name", "daily") == []


def test_conditions_that_are_none_are_refused(cli: Cli) -> None:
    assert "must be <key>=<value>" in cli.fails(2, "schedules", "list", "--metadata", "team")


@pytest.mark.parametrize("command", [("list",), ("bulk", "pause", "--yes")])
def test_a_repeated_metadata_key_is_wrong_usage(cli: Cli, command: tuple[str, ...]) -> None:
    wanted = ("--metadata", "team=a", "--metadata", "env=x", "--metadata", "team=b")
    assert "--metadata team=…: is given twice" in cli.fails(2, "schedules", *command, *wanted)
    assert cli.transport.requests == []
    for arguments in (["--deleted"], [cli.api.agent, "--deleted", "--name", "n"]):
        assert "--deleted: name an agent" in cli.fails(2, "schedules", "list", *arguments)


def test_upcoming_is_in_the_order_of_time(cli: Cli) -> None:
    created = cli.api.create(name="n")
    other_agents(cli)
    found = cli.listed("upcoming", "--to", "2026-03-02T13:00Z", "--limit", "100")
    assert [one["scheduled_for"][11:13] for one in found] == ["11", "11", "12", "12"]
    shown = cli.run("upcoming", "--agent", cli.api.agent, "--limit", "1")
    assert created["next_run_at"] in shown.stdout
    assert "there are more" in shown.stderr


def test_the_summary_adds_up_its_pages(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "MOST_STATES", 2)
    for _ in range(5):
        created = cli.api.create()
    cli.api.post(f"{cli.api.schedules}/{created['id']}/pause")
    found = cli.json("summary")
    assert found["schedules"] == {"active": 4, "paused": 1, "completed": 0}
    assert (found["due_next_hour"], found["has_more"]) == (4, False)
    shown = {line.rsplit(None, 1)[0].strip(): line.split()[-1] for line in cli.run("summary").stdout.splitlines()}
    assert shown == {
        "active": "4", "paused": "1", "completed": "0", "due in the next hour": "4", "failed in the last 24 h": "0",
        "incomplete in the last 24 h": "0", "missed in the last 24 h": "0", "skipped in the last 24 h": "0",
    }  # fmt: skip
