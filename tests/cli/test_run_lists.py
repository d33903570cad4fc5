"""Runs over all agents and problems, from the command line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import Cli


def failed(cli: Cli) -> dict[str, Any]:
    """A run of another agent that failed."""
    agent = cli.api.post("/api/v1/agents", {"name": "b", "model": "fail"}, status=201)["id"]
    run = cli.api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    cli.api.world.pass_time(5)
    return run


def test_runs_of_all_agents_are_listed_by_a_status(cli: Cli) -> None:
    run = failed(cli)
    cli.api.start()
    cli.api.world.pass_time(5)
    assert [one["id"] for one in cli.listed("runs", "list", "--status", "failed")] == [run["id"]]
    assert cli.listed("runs", "list", "--status", "failed", "--from", "2026-03-02T10:01Z") == []
    assert len(cli.listed("runs", "list", "--status", "failed", "--to", "2026-03-02T10:01Z")) == 1
    assert cli.listed("runs", "list", "--status", "cancelled") == []


def test_runs_of_all_agents_are_shown_with_their_agent(cli: Cli) -> None:
    run = failed(cli)
    titles, row = cli.run("runs", "list", "--status", "failed").stdout.splitlines()
    assert titles.split()[:2] == ["id", "agent"]
    assert row.split()[:2] == [run["id"], run["agent_id"]]
    assert "agent" not in cli.run("runs", "list", run["agent_id"]).stdout.splitlines()[0].split()


@pytest.mark.parametrize("more", [[], ["--status", "completed"], ["--status", "failed", "--schedule", "sched_1"]])
def test_runs_without_an_agent_need_a_listed_status(cli: Cli, more: list[str]) -> None:
    assert "name an agent" in " ".join(cli.fails(2, "runs", "list", *more).replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--status", "completed"], 1),
        (["--status", "queued"], 0),
        (["--trigger", "api"], 1),
        (["--trigger", "schedule"], 0),
        (["--error-code", "timeout"], 0),
        (["--summary"], 1),
        (["--summary", "--status", "completed"], 1),
    ],
)
def test_each_filter_is_sent_for_an_agent(cli: Cli, arguments: list[str], count: int) -> None:
    cli.api.start()
    cli.api.world.pass_time(5)
    runs = cli.listed("runs", "list", cli.api.agent, *arguments)
    assert len(runs) == count
    assert all(("answer" in run) == ("--summary" in arguments) for run in runs)


def test_a_summary_shows_the_answer(cli: Cli) -> None:
    gateway = cli.api.world.gateway

    def speak(_: str) -> None:
        for response in gateway.responses.values():
            response["output"] = [{"type": "message", "content": [{"type": "output_text", "text": "so\nbe it"}]}]

    gateway.after = speak
    cli.api.start()
    cli.api.world.pass_time(5)
    assert "so be it" in cli.run("runs", "list", cli.api.agent, "--summary").stdout
    assert cli.run("runs", "list", cli.api.agent).stdout == cli.run("runs", "list", cli.api.agent, "--summary").stdout


def test_problems_say_what_went_wrong_and_why(cli: Cli) -> None:
    made = cli.api.create(policies={"misfire": "skip"})
    cli.api.world.clock.advance(3 * 3600 + 5)
    cli.api.fire(made)
    run = failed(cli)
    shown = cli.run("problems").stdout.splitlines()
    assert len(shown) == 3
    assert run["id"] in shown[1]
    assert "run failed" in shown[1]
    assert "server_error: it failed" in shown[1]
    assert "occurrence missed" in shown[2]
    assert made["id"] in shown[2]
    assert [one["type"] for one in cli.listed("problems")] == ["run_failed", "occurrence_missed"]
    assert len(cli.listed("problems", "--limit", "1")) == 1
    assert cli.listed("problems", "--to", "2026-03-02T11:00Z") == []
    assert "must be a time" in cli.fails(2, "problems", "--from", "yesterday")
