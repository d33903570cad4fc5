"""Agents, schedules, occurrences and runs from the command line, against the real app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.api import UNKNOWN_AGENT
from tests.support.cli import Cli


def test_agent_is_created_listed_shown_and_deleted(cli: Cli) -> None:
    made = cli.json("agents", "create", "--name", "Reporter", "--model", "echo", "--instructions", "Be brief.")
    assert (made["name"], made["instructions"]) == ("Reporter", "Be brief.")
    assert cli.json("agents", "get", made["id"]) == made
    assert [one["name"] for one in cli.listed("agents", "list")] == ["Reporter", "a"]
    assert [one["name"] for one in cli.listed("agents", "list", "--limit", "1")] == ["Reporter"]
    assert cli.json("agents", "delete", made["id"])["deleted"] is True
    assert [one["name"] for one in cli.listed("agents", "list")] == ["a"]


@pytest.mark.parametrize(
    ("arguments", "spec"),
    [
        (["--every", "90"], {"type": "interval", "interval_seconds": 90, "timezone": "UTC"}),
        (
            ["--cron", "30 9 * * 1-5", "--tz", "Europe/Lisbon"],
            {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"},
        ),
        (
            ["--at", "2099-01-01T00:00:00", "--tz", "Asia/Tokyo", "--precision", "second"],
            {"type": "once", "run_at": "2098-12-31T15:00:00.000Z", "timezone": "Asia/Tokyo", "precision": "second"},
        ),
    ],
)
def test_create_sends_the_schedule_of_the_options(cli: Cli, arguments: list[str], spec: dict[str, object]) -> None:
    made = cli.json("schedules", "create", cli.api.agent, *arguments, "--input", "Hello", "--name", "Mine")
    assert (made["schedule"], made["input"], made["name"]) == (spec, "Hello", "Mine")
    assert cli.api.get(f"{cli.api.schedules}/{made['id']}") == made


def test_a_schedule_is_paused_resumed_and_deleted(cli: Cli) -> None:
    at = (cli.api.agent, cli.api.create()["id"])
    assert cli.json("schedules", "pause", *at)["status"] == "paused"
    assert cli.json("schedules", "get", *at)["status"] == "paused"
    assert cli.json("schedules", "resume", *at)["status"] == "active"
    assert cli.json("schedules", "delete", *at)["deleted"] is True
    assert cli.listed("schedules", "list", cli.api.agent) == []


def test_input_is_read_from_a_file_or_stdin(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("Écris.\n", encoding="utf-8")
    create = ["schedules", "create", cli.api.agent, "--every", "60", "--input-file"]
    assert cli.json(*create, str(file))["input"] == "Écris.\n"
    assert cli.json(*create, "-", stdin="from a pipe")["input"] == "from a pipe"
    assert "missing.txt: No such file" in cli.fails(2, *create, str(tmp_path / "missing.txt"))
    file.write_bytes(b"\xff")
    assert "not UTF-8" in cli.fails(2, *create, str(file))


def test_a_list_goes_on_over_its_pages(cli: Cli) -> None:
    for _ in range(105):
        cli.api.create()
    cli.transport.requests.clear()
    assert len({one["id"] for one in cli.listed("schedules", "list", cli.api.agent, "--limit", "103")}) == 103
    assert len(cli.transport.requests) == 2
    assert len(cli.listed("schedules", "list", cli.api.agent)) == 20


def test_table_replaces_control_characters(cli: Cli) -> None:
    made = cli.api.create(name="[red]A\x1b]0;owned\x07", metadata={})
    table = cli.run("schedules", "list", cli.api.agent).stdout
    assert table.splitlines()[0].split() == ["id", "name", "status", "timing", "next", "run", "runs"]
    row = table.splitlines()[1]
    assert made["id"] in row
    assert "[red]A\N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER}" in row
    assert "every 3600 s" in row
    assert "\x1b" not in table + cli.run("schedules", "get", cli.api.agent, made["id"]).stdout
    assert "\\u001b" in cli.run("schedules", "get", cli.api.agent, made["id"], "--json").stdout


def test_runs_are_started_shown_and_cancelled(cli: Cli) -> None:
    made = cli.json("runs", "start", cli.api.agent, "--input", "Hello")
    assert made["status"] == "queued"
    assert cli.json("runs", "cancel", cli.api.agent, made["id"])["status"] == "cancelled"
    created = cli.api.create()
    cli.api.world.clock.advance(3600)
    cli.api.fire(created)
    assert len(cli.listed("runs", "list", cli.api.agent)) == 2
    (of_schedule,) = cli.listed("runs", "list", cli.api.agent, "--schedule", created["id"])
    assert cli.json("runs", "get", cli.api.agent, of_schedule["id"])["schedule_id"] == created["id"]


def test_why_names_the_reason_of_an_outcome(cli: Cli) -> None:
    created = cli.api.create({"type": "cron", "cron_expression": "0 * * * *"})
    at = (cli.api.agent, created["id"])
    cli.api.post(f"{cli.api.schedules}/{created['id']}/pause")
    cli.api.world.clock.advance(7_200)
    cli.api.post(f"{cli.api.schedules}/{created['id']}/resume")
    cli.api.world.clock.advance(3_600)
    cli.api.fire(created)
    assert [one["outcome"] for one in cli.listed("occurrences", "list", *at)] == ["ran", "skipped"]
    skipped = cli.run("occurrences", "why", *at, "2026-03-02T11:00:00Z").stdout
    assert skipped.startswith(
        "2026-03-02T11:00:00.000Z was skipped, with 1 more until 2026-03-02T12:00:00.000Z: the sch"
    )
    assert "ran: run_" in cli.run("occurrences", "why", *at, "2026-03-02T13:00:00Z").stdout
    assert "still to come" in cli.run("occurrences", "why", *at, "2026-03-02T14:00:00Z").stdout
    assert cli.json("occurrences", "why", *at, "2026-03-02T14:00:00Z")["outcome"] == "pending"
    assert "404" not in cli.fails(4, "occurrences", "why", *at, "2026-03-02T14:00:01Z")


def test_a_user_acts_with_their_own_rows(cli: Cli) -> None:
    as_user = ["--on-behalf-of", "user@example.com"]
    made = cli.json(*as_user, "agents", "create", "--name", "Theirs", "--model", "echo")
    assert [one["id"] for one in cli.listed(*as_user, "agents", "list")] == [made["id"]]
    assert made["id"] not in cli.run("agents", "list").stdout


def test_a_refusal_is_one_line_and_a_4(cli: Cli) -> None:
    said = cli.fails(4, "schedules", "list", UNKNOWN_AGENT)
    assert said.startswith("agent-schedules: ")
    assert len(said.splitlines()) == 1
    said = cli.fails(4, "schedules", "create", cli.api.agent, "--every", "0", "--input", "x")
    assert "schedule.interval_seconds: must be at least 1" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["schedules", "create", "agt_1", "--input", "x"], "--every or --at"),
        (["schedules", "create", "agt_1", "--every", "5", "--cron", "* * * * *", "--input", "x"], "--every or --at"),
        (["schedules", "create", "agt_1", "--every", "5"], "--input"),
        (["schedules", "create", "agt_1", "--every", "5", "--input", "x", "--input-file", "-"], "--input"),
        (["schedules", "create", "agt_1", "--every", "soon", "--input", "x"], "--every"),
        (["runs", "watch", "agt_1", "run_1", "--count", "1"], "--count"),
        (["agents", "list", "--limit", "0"], "'--limit': must be at least 1"),
        (["agents", "list", "--limit", "abc"], "'--limit': must be a whole number"),
        (["agents", "list", "--limit", "9" * 5000], "'--limit': has too many digits"),
        (["preview", "--every", "60", "--precision", "ms"], "'--precision': 'ms' is not one of 'minute', 'second'"),
        (["runs", "start", "agt_1", "--input-file", ""], "--input-file: is empty; name a file"),
        (["--url", "ftp://x", "agents", "list"], "--url"),
        (["--url", "https://example.com", "agents", "list"], "AGENT_SCHEDULES_KEY"),
        (["--key", "a\nb", "agents", "list"], "--key"),
        (["agents", "lst"], "lst"),
    ],
)
def test_wrong_use_exits_2_without_a_request(cli: Cli, arguments: list[str], named: str) -> None:
    cli.transport.requests.clear()
    assert named in cli.fails(2, *arguments)
    assert cli.transport.requests == []


def test_key_from_variable_or_prompt_is_not_shown(cli: Cli) -> None:
    cli.environ["AGENT_SCHEDULES_KEY"] = "secret-of-no-tenant"
    refused = cli.run("agents", "list")
    assert (refused.exit_code, "secret-of-no-tenant" in refused.output) == (4, False)
    assert "secret-of-no-tenant" not in cli.run("--help").output
    asked = cli.run("--key", "-", "agents", "list", "--json", stdin="local\n")
    assert asked.exit_code == 0
    assert len(json.loads(asked.stdout[asked.stdout.index("{") :])["data"]) == 1
    assert cli.transport.requests[-1].headers["authorization"] == "Bearer local"


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_a_prompt_without_a_key_says_so(cli: Cli, stdin: str) -> None:
    result = cli.run("--key", "-", "limits", stdin=stdin)
    assert result.exit_code == 2
    assert "No key came on standard input" in result.stderr
    assert "Not confirmed" not in result.stderr
    assert cli.transport.requests == []


def test_an_id_stays_whole_in_a_narrow_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    run = cli.api.start()
    monkeypatch.setattr("agent_schedules_cli.output.PIPE_COLUMNS", 60)
    assert run["id"] in cli.run("runs", "list", cli.api.agent).stdout
