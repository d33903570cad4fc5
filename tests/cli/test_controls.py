"""Pauses with an end, and runs at a caller's word, from the command line."""

from __future__ import annotations

import json

from tests.support.cli import Cli


def test_a_schedule_is_triggered_and_its_run_retried(cli: Cli) -> None:
    at = (cli.api.agent, cli.api.create()["id"])
    run = cli.json("schedules", "trigger", *at)
    assert (run["trigger"], run["schedule_id"]) == ("manual", at[1])
    assert "wait for its end" in cli.fails(4, "runs", "retry", cli.api.agent, run["id"])
    cli.api.world.pass_time(5)
    again = cli.json("runs", "retry", cli.api.agent, run["id"])
    assert (again["trigger"], again["retry_of"], again["input"]) == ("retry", run["id"], run["input"])


def test_trigger_sends_what_its_options_say(cli: Cli) -> None:
    at = (cli.api.agent, cli.api.create()["id"])
    run = cli.json("schedules", "trigger", *at, "--input", "Other", "--overlap", "queue_one")
    assert run["input"] == "Other"
    assert json.loads(cli.transport.requests[-1].content) == {"overlap": "queue_one", "input": "Other"}
    assert run["id"] in cli.fails(4, "schedules", "trigger", *at, "--overlap", "skip")
    assert "--overlap" in cli.fails(2, "schedules", "trigger", *at, "--overlap", "sometimes")


def test_a_pause_has_a_reason_and_an_end(cli: Cli) -> None:
    at = (cli.api.agent, cli.api.create()["id"])
    paused = cli.json("schedules", "pause", *at, "--reason", "Holidays", "--until", "2026-03-02T12:00")
    assert (paused["pause"]["reason"], paused["pause"]["until"]) == ("Holidays", "2026-03-02T12:00:00.000Z")
    shown = cli.run("schedules", "get", *at).stdout
    assert "Holidays" in shown
    assert "until 2026-03-02T12:00:00.000Z" in shown
    assert "past" in cli.fails(4, "schedules", "pause", *at, "--until", "2026-03-02T09:00Z")


def test_a_pause_without_options_sends_no_body(cli: Cli) -> None:
    at = (cli.api.agent, cli.api.create()["id"])
    assert cli.json("schedules", "pause", *at)["pause"]["cause"] == "manual"
    assert cli.transport.requests[-1].content == b""
