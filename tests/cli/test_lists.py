"""Lists say when there is more, and runs are listed with their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from typer.main import get_command

from agent_schedules_cli.app import app
from tests.support.cli import Cli, over

PAGED = {
    ("agents", "list"),
    ("agents", "versions"),
    ("schedules", "list"),
    ("runs", "list"),
    ("occurrences", "list"),
    ("jobs", "list"),
    ("webhooks", "list"),
    ("webhooks", "deliveries"),
    ("problems",),
    ("upcoming",),
}


def test_cut_list_says_how_to_see_more(cli: Cli) -> None:
    for _ in range(30):
        cli.api.create()
    schedules = ["schedules", "list", cli.api.agent]
    cut = cli.run(*schedules)
    assert len(cut.stdout.splitlines()) == 21
    assert cut.stderr == "20 shown, there are more: use --limit 40 or --all\n"
    for whole in (["--all"], ["--limit", "30"], ["--limit", "40"]):
        shown = cli.run(*schedules, *whole)
        assert (len(shown.stdout.splitlines()), shown.stderr) == (31, "")


def test_json_says_whether_there_is_more(cli: Cli) -> None:
    for _ in range(105):
        cli.api.create()
    schedules = ["schedules", "list", cli.api.agent]
    for arguments, count, more in (
        ([], 20, True), (["--limit", "100"], 100, True), (["--limit", "104"], 104, True),
        (["--limit", "105"], 105, False), (["--all"], 105, False),
    ):  # fmt: skip
        found = cli.json(*schedules, *arguments)
        assert (found["object"], len(found["data"]), found["has_more"]) == ("list", count, more)
    assert "--all" in cli.fails(2, *schedules, "--all", "--limit", "3")


def test_all_shows_every_page_of_every_list() -> None:
    assert set(paged(get_command(app))) == PAGED


def paged(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """The names of all commands below one that have `--limit` and `--all`."""
    if {"--limit", "--all"} <= {option for parameter in command.params for option in parameter.opts}:
        yield names
    for name, one in getattr(command, "commands", {}).items():
        yield from paged(one, *names, name)


def thirty_to_come(cli: Cli) -> None:
    for _ in range(6):
        cli.api.create({"type": "interval", "interval_seconds": 14_400})  # five each before the day is over


def thirty_failed(cli: Cli) -> None:
    agent = cli.api.post("/api/v1/agents", {"name": "b", "model": "fail"}, status=201)["id"]
    for _ in range(30):
        cli.api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    cli.api.world.pass_time(5)


@pytest.mark.parametrize(("command", "fill"), [("upcoming", thirty_to_come), ("problems", thirty_failed)])
def test_a_list_of_all_agents_says_that_there_is_more(cli: Cli, command: str, fill: Callable[[Cli], None]) -> None:
    fill(cli)
    for arguments, count in (([], 20), (["--limit", "7"], 7), (["--limit", "29"], 29)):
        shown = cli.run(command, *arguments)
        assert len(shown.stdout.splitlines()) == 1 + count
        assert shown.stderr == f"{count} shown, there are more: use --limit {2 * count} or --all\n"
        found = cli.json(command, *arguments)
        assert (found["object"], len(found["data"]), found["has_more"]) == ("list", count, True)
    for arguments in (["--limit", "30"], ["--all"]):
        shown = cli.run(command, *arguments)
        assert (len(shown.stdout.splitlines()), shown.stderr) == (31, "")
        found = cli.json(command, *arguments)
        assert (len(found["data"]), found["has_more"]) == (30, False)
    assert "--all" in cli.fails(2, command, "--all", "--limit", "3")


def test_list_of_runs_shows_answers_and_errors(cli: Cli) -> None:
    times = {"scheduled_for": None, "created_at": "2026-03-02T10:00:00.000Z", "completed_at": None, "schedule_id": None}
    output = [{"type": "message", "content": [{"type": "output_text", "text": "word\n" * 30}]}]
    runs = [
        {"id": "run_1", "status": "completed", "error": None, "gateway_response": {"output": output}, **times},
        {"id": "run_2", "status": "failed", "error": {"code": "timeout", "message": "Too late."}, **times},
        {"id": "run_3", "status": "queued", "error": None, "gateway_response": None, **times, "schedule_id": "sched_1"},
    ]
    page = httpx.Response(200, json={"object": "list", "data": runs, "has_more": False})
    cli.environment = replace(cli.environment, transport=over(httpx.MockTransport(lambda _: page)))
    completed, failed, queued = cli.run("runs", "list", "agt_1").stdout.splitlines()[1:]
    assert " ".join(["word"] * 11) + " word…" in completed
    assert "timeout: Too late." in failed
    assert "sched_1" in queued
    assert "2026-03-02T10:00:00.000Z" in queued
    assert cli.listed("runs", "list", "agt_1") == runs
