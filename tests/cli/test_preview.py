"""A local preview gives the service's answer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.cli import Cli

CASES: list[tuple[list[str], dict[str, Any]]] = [
    (
        ["30 1 * * *", "--tz", "Europe/Lisbon"],
        {"type": "cron", "cron_expression": "30 1 * * *", "timezone": "Europe/Lisbon"},
    ),
    (["--every", "90"], {"type": "interval", "interval_seconds": 90, "timezone": "UTC"}),
    (
        ["--every", "7200", "--precision", "second"],
        {"type": "interval", "interval_seconds": 7200, "precision": "second"},
    ),
    (["--at", "2099-01-01T00:00:00Z"], {"type": "once", "run_at": "2099-01-01T00:00:00Z"}),
]


@pytest.mark.parametrize(("arguments", "spec"), CASES)
def test_it_answers_as_the_service_does(cli: Cli, arguments: list[str], spec: dict[str, Any]) -> None:
    cli.transport.requests.clear()
    shown = cli.json("preview", *arguments, "--count", "30")
    assert cli.transport.requests == []
    assert shown == cli.api.post("/api/v1/schedules/preview", {"schedule": spec, "count": 30})


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "cron", "cron_expression": "30 9 * * 1-8"},
        {"type": "cron", "cron_expression": "0 0 30 2 *"},
        {"type": "cron", "cron_expression": "* *"},
        {"type": "cron", "cron_expression": "0 0 * * L"},
        {"type": "cron", "cron_expression": "0 0 * * *", "timezone": "Europe/Lisboa"},
        {"type": "interval", "interval_seconds": 0},
        {"type": "once", "run_at": "yesterday"},
        {"type": "once", "run_at": "2001-01-01T00:00:00Z"},
    ],
)
def test_it_refuses_in_the_service_s_words(cli: Cli, spec: dict[str, Any]) -> None:
    options = {"interval_seconds": "--every", "run_at": "--at", "timezone": "--tz"}
    arguments = [text for name, option in options.items() if name in spec for text in (option, str(spec[name]))]
    arguments += [spec["cron_expression"]] if "cron_expression" in spec else []
    words = cli.api.refused("POST", "/api/v1/schedules/preview", {"schedule": spec}, status=400)
    assert cli.fails(2, "preview", *arguments) == f"agent-schedules: {words}\n"


def test_a_person_sees_what_the_clocks_do(cli: Cli) -> None:
    printed = cli.run("preview", "30 1 * * *", "--tz", "Europe/Lisbon", "--count", "30").stdout
    assert printed.startswith(
        "At 01:30 every day, Europe/Lisbon, to the minute\nEventBridge: cron(30 1 * * ? *) in Europe/Lisbon\n"
    )
    (line,) = [line for line in printed.splitlines() if "skipped before" in line]
    assert line.split()[0] == "2026-03-30T01:30:00+01:00"
    assert line.strip().endswith("skipped before it: 2026-03-29T01:30:00")
    printed = cli.run("preview", "--at", "2026-10-25T01:30:00", "--tz", "Europe/Lisbon").stdout
    assert "occurs twice, runs once" in printed


@pytest.mark.parametrize(
    ("timing", "notes"),
    [
        (["*/30 * * * *"], ["the first of two such times"] * 2 + ["the second of two such times"] * 2),
        (["--every", "1800"], ["the first of two such times"] * 2 + ["the second of two such times"] * 2),
        (["*/30 * * * 0"], ["occurs twice, runs once"] * 2),
    ],
)
def test_runs_once_is_said_only_where_it_is_true(cli: Cli, timing: list[str], notes: list[str]) -> None:
    printed = cli.run(
        "preview", *timing, "--tz", "Europe/Lisbon", "--start-at", "2026-10-25T00:30:00", "--end-at",
        "2026-10-25T03:00:00",
    ).stdout  # fmt: skip
    found = [note for line in printed.splitlines() for note in set(notes) if line.rstrip().endswith(note)]
    assert found == notes


def test_a_person_sees_the_last_friday_in_both_numberings(cli: Cli) -> None:
    printed = cli.run("preview", "0 18 * * 5L", "--tz", "Europe/Lisbon", "--count", "2").stdout
    assert printed.startswith(
        "At 18:00 on the last Friday of the month, Europe/Lisbon, to the minute\n"
        "EventBridge: cron(0 18 ? * 6L *) in Europe/Lisbon\n"
    )
    assert "2026-03-27T18:00:00+00:00" in printed
    assert "2026-04-24T18:00:00+01:00" in printed


@pytest.mark.parametrize("at", ["2026-12-01T09:00", "2026-12-01T09:00Z", "2026-12-01T09:00+00:00"])
def test_a_time_needs_no_seconds(cli: Cli, at: str) -> None:
    (occurrence,) = cli.json("preview", "--at", at)["occurrences"]
    assert occurrence["at"] == "2026-12-01T09:00:00.000Z"


@pytest.mark.parametrize("command", [["preview"], ["schedules", "create"], ["schedules", "update"]], ids=" ".join)
def test_help_shows_times_with_and_without_an_offset(cli: Cli, command: list[str]) -> None:
    said = " ".join(cli.run(*command, "--help").stdout.partition("\n  --at ")[2].partition("\n  --")[0].split())
    times = re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z?", said)
    assert sorted(time.endswith("Z") for time in times) == [False, True]
    for time in times:
        (occurrence,) = cli.json("preview", "--at", time, "--tz", "Europe/Lisbon")["occurrences"]
        assert occurrence["local"].startswith(time) != time.endswith("Z")


def test_an_invalid_cron_is_refused_in_our_words(cli: Cli) -> None:
    words = "fields, must be 5: minute hour day-of-month month day-of-week"
    create = ["schedules", "create", cli.api.agent, "--input", "x", "--cron"]
    change = ["schedules", "update", cli.api.agent, cli.api.create()["id"], "--cron"]
    for command in (create, change):
        for text in ("bad", "", "* * * *", "* * * * * * *"):
            printed = cli.fails(4, *command, text)
            assert words in printed
            assert "character" not in printed


def test_invalid_cron_names_its_fields(cli: Cli) -> None:
    for words in ("bad", ""):
        assert "fields, must be 5: minute hour day-of-month month day-of-week" in cli.fails(2, "preview", words)
