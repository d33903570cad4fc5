"""`runs watch`, in a world that goes on while the command sleeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_schedules_cli.commands import watch
from tests.support.cli import Cli


def statuses(printed: str) -> list[tuple[str, str]]:
    """The runs and their statuses, as they were printed."""
    return [(run["id"], run["status"]) for run in map(json.loads, printed.splitlines())]


def test_one_run_is_followed_to_its_end(cli: Cli) -> None:
    run = cli.api.start()
    result = cli.run("runs", "watch", cli.api.agent, run["id"], "--json")
    assert result.exit_code == 0
    found = statuses(result.stdout)
    assert (found[0], found[-1]) == ((run["id"], "queued"), (run["id"], "completed"))
    assert len(found) == len(set(found))
    assert cli.run("runs", "watch", cli.api.agent, run["id"]).stdout.split()[2] == "completed"


def test_watch_exits_1_when_a_run_fails(cli: Cli) -> None:
    run = cli.api.start()
    cli.api.post(f"{cli.api.runs}/{run['id']}/cancel")
    assert cli.run("runs", "watch", cli.api.agent, run["id"]).exit_code == 1


def test_watch_shows_open_and_new_runs(cli: Cli) -> None:
    before = cli.api.start()
    cli.api.world.pass_time(60)
    assert cli.api.get(f"{cli.api.runs}/{before['id']}")["status"] == "completed"
    under_way = cli.api.start()
    cli.api.create({"type": "interval", "interval_seconds": 30})
    result = cli.run("runs", "watch", cli.api.agent, "--count", "3", "--json")
    found = statuses(result.stdout)
    assert before["id"] not in dict(found)
    assert found[0] == (under_way["id"], "queued")
    assert len([one for one in found if one[1] == "completed"]) == 3
    assert len(found) == len(set(found))
    times = [json.loads(line)["scheduled_for"] for line in result.stdout.splitlines()]
    assert {time for time in times if time} == {"2026-03-02T10:01:30.000Z", "2026-03-02T10:02:00.000Z"}


def test_watch_follows_only_the_runs_of_a_schedule(cli: Cli) -> None:
    other = cli.api.create({"type": "interval", "interval_seconds": 7})
    wanted = cli.api.create({"type": "interval", "interval_seconds": 20})
    watch = ["runs", "watch", cli.api.agent, "--schedule", wanted["id"], "--count", "2", "--json"]
    runs = [json.loads(line) for line in cli.run(*watch).stdout.splitlines()]
    assert {run["schedule_id"] for run in runs} == {wanted["id"]}
    assert cli.api.get(f"{cli.api.schedules}/{other['id']}")["run_count"] > 2


def test_watch_shows_more_new_runs_than_a_page(cli: Cli) -> None:
    old = {cli.api.start()["id"] for _ in range(3)}
    cli.api.world.pass_time(60)
    burst: list[str] = []

    def sleep(seconds: float) -> None:
        if not burst:
            burst.extend(cli.api.start()["id"] for _ in range(45))
        cli.api.world.pass_time(int(seconds))

    object.__setattr__(cli.environment, "sleep", sleep)
    found = statuses(cli.run("runs", "watch", cli.api.agent, "--count", "45", "--json").stdout)
    assert {run for run, status in found if status == "completed"} == set(burst)
    assert not old & set(dict(found))


def test_watch_remembers_no_more_runs_than_it_needs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[int] = []
    poll = watch._poll

    def counted(api: Any, agent_id: str, run_id: Any, schedule_id: Any, seen: dict[str, str]) -> Any:
        known.append(len(seen))
        return poll(api, agent_id, run_id, schedule_id, seen)

    monkeypatch.setattr(watch, "_poll", counted)
    monkeypatch.setattr(watch, "REMEMBERED", 25)
    cli.api.create({"type": "interval", "interval_seconds": 1})
    found = statuses(cli.run("runs", "watch", cli.api.agent, "--count", "90", "--json").stdout)
    assert len(found) == len(set(found))
    assert len({run for run, status in found if status == "completed"}) == 90
    assert max(known) == 2 * watch.REMEMBERED
