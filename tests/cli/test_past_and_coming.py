"""`schedules skip`, `unskip`, `backfill` and `stop-backfill`."""

from __future__ import annotations

import pytest

from tests.support.cli import Cli

EVERY_HOUR = {"type": "cron", "cron_expression": "0 * * * *", "timezone": "Europe/Berlin"}
MORNING = ("--from", "2026-03-02T07:00:00", "--to", "2026-03-02T09:00:00")


@pytest.fixture
def at(cli: Cli) -> tuple[str, str]:
    """The ids of a schedule and its agent."""
    return cli.api.agent, cli.api.create(EVERY_HOUR)["id"]


def test_an_occurrence_is_skipped_and_unskipped(cli: Cli, at: tuple[str, str]) -> None:
    local, instant = "2026-03-02T12:00:00", "2026-03-02T11:00:00.000Z"
    assert cli.json("schedules", "skip", *at, local)["skips"] == [instant]
    assert "skips" in cli.run("schedules", "skip", *at, instant).stdout
    assert cli.json("schedules", "unskip", *at, instant)["skips"] == []
    assert "is not an occurrence" in cli.fails(4, "schedules", "skip", *at, "2026-03-02T12:30:00")


def test_seconds_may_be_left_out_of_a_time(cli: Cli, at: tuple[str, str]) -> None:
    assert cli.json("schedules", "skip", *at, "2026-03-02T12:00")["skips"] == ["2026-03-02T11:00:00.000Z"]
    found = cli.json("schedules", "backfill", *at, "--from", "2026-03-02T07:00", "--to", "2026-03-02T08:00Z")
    assert found["count"] == 2


def test_a_skip_shows_the_schedule_as_get_does(cli: Cli, at: tuple[str, str]) -> None:
    said = cli.run("schedules", "skip", *at, "2026-03-02T12:00").stdout
    assert said == cli.run("schedules", "get", *at).stdout


def test_why_says_that_a_caller_skipped_it(cli: Cli, at: tuple[str, str]) -> None:
    time = "2026-03-02T11:00:00Z"
    cli.run("schedules", "skip", *at, time)
    assert "a caller asked to skip it" in cli.run("occurrences", "why", *at, time).stdout


def test_a_backfill_only_lists_the_times_without_run(cli: Cli, at: tuple[str, str]) -> None:
    found = cli.json("schedules", "backfill", *at, *MORNING)
    assert (found["dry_run"], found["count"]) == (True, 2)
    said = cli.run("schedules", "backfill", *at, *MORNING)
    assert "2026-03-02T06:00:00.000Z   the schedule did not exist, or had another timing" in said.stdout
    assert said.stderr == "2 times without a run; --run makes the runs\n"
    cli.api.world.pass_time(10)
    assert cli.listed("runs", "list", cli.api.agent) == []


def test_a_backfill_with_run_makes_the_runs(cli: Cli, at: tuple[str, str]) -> None:
    said = cli.run("schedules", "backfill", *at, *MORNING, "--run")
    assert said.stderr == "2 times will get a run, one after the other\n"
    cli.api.world.pass_time(30)
    runs = cli.listed("runs", "list", cli.api.agent, "--schedule", at[1])
    assert [run["trigger"] for run in runs] == ["backfill"] * 2
    said = cli.run("occurrences", "why", *at, "2026-03-02T06:00:00Z")
    assert "A backfill made it; before: the schedule did not exist" in said.stdout


def test_a_backfill_is_stopped(cli: Cli, at: tuple[str, str]) -> None:
    cli.run("schedules", "backfill", *at, *MORNING, "--run")
    assert cli.json("schedules", "get", *at)["backfill"]["until"] == "2026-03-02T07:00:00.000Z"
    assert cli.json("schedules", "stop-backfill", *at)["backfill"] is None


def test_a_backfill_needs_a_range(cli: Cli, at: tuple[str, str]) -> None:
    assert "--from" in cli.fails(2, "schedules", "backfill", *at)
    assert "must be before `to`" in cli.fails(4, "schedules", "backfill", *at, *MORNING[:2], "--to", MORNING[1])
