"""`listen`, in a world whose events come while the command sleeps."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from agent_schedules.domain.events import KINDS
from standardwebhooks.webhooks import Webhook

from agent_schedules_cli.commands import listen
from tests.support.listening import LOCAL, Listening


@pytest.fixture
def cli() -> Listening:
    return Listening()


def printed(text: str) -> list[dict[str, Any]]:
    """The events that were printed."""
    return [json.loads(line) for line in text.splitlines()]


def test_events_are_printed_once_as_they_come(cli: Listening) -> None:
    cli.happens = [cli.api.start, lambda: None, cli.api.start]
    result = cli.run("listen", "--count", "2", "--json")
    assert result.exit_code == 0
    events = printed(result.stdout)
    assert [event["type"] for event in events] == ["run.completed", "run.completed"]
    assert len({event["id"] for event in events}) == 2
    assert set(events[0]["data"]) == set(KINDS["run.completed"].__dataclass_fields__)
    assert result.stderr == "agent-schedules: Listening. Ctrl-C stops it\n"
    assert cli.left() == []


def test_a_readable_line_says_what_happened_to_what(cli: Listening) -> None:
    cli.happens = [cli.api.start]
    line = cli.run("listen", "--count", "1").stdout
    (run,) = cli.api.get(cli.api.runs)["data"]
    at, *rest = line.split()
    assert at == run["completed_at"]
    assert rest == ["run.completed", cli.api.agent, run["id"]]


def test_only_the_wanted_types_and_agent_are_printed(cli: Listening) -> None:
    other = cli.api.world.agent().id
    cli.happens = [
        cli.api.create,
        lambda: cli.api.post(f"/api/v1/agents/{other}/runs", {"input": "x"}, status=201),
        cli.api.start,
    ]
    wanted = ["--events", "run.started, run.completed", "--agent", cli.api.agent]
    events = printed(cli.run("listen", *wanted, "--count", "2", "--json").stdout)
    assert [event["type"] for event in events] == ["run.started", "run.completed"]
    assert {event["data"]["agent_id"] for event in events} == {cli.api.agent}


def test_unknown_types_are_refused_with_the_list(cli: Listening) -> None:
    message = cli.fails(4, "listen", "--events", "run.lost")
    assert "run.failed" in message
    assert "must be types with commas" in cli.fails(2, "listen", "--events", "run.failed,,")
    assert cli.left() == []


def test_polls_become_rarer_while_nothing_happens(cli: Listening) -> None:
    cli.happens = [*[lambda: None] * 8, cli.api.start]
    cli.run("listen", "--count", "1")
    assert cli.slept[0] == 1.5
    assert cli.slept == sorted(cli.slept)
    assert cli.slept[5:9] == [5.0] * 4


def test_more_events_than_a_page_all_come(cli: Listening) -> None:
    cli.happens = [lambda: [cli.api.create() for _ in range(130)]]
    events = printed(cli.run("listen", "--count", "130", "--json").stdout)
    assert len({event["data"]["schedule_id"] for event in events}) == 130


def test_forwarded_event_is_signed_with_the_secret(cli: Listening) -> None:
    answers = iter([httpx.Response(204), httpx.Response(500)])
    cli.receiving.answer = lambda: next(answers)
    cli.api.world.clock.moment = datetime.now(UTC)  # the package compares with it
    cli.happens = [cli.api.start, cli.api.start]
    result = cli.run("listen", "--forward-to", LOCAL, "--count", "2")
    assert [line.partition("-> ")[2] for line in result.stdout.splitlines()] == ["204", "500"]
    secret = result.stderr.partition("Secret: ")[2].split()[0]
    for request in cli.receiving.received:
        assert str(request.url) == LOCAL
        assert "authorization" not in request.headers
        assert Webhook(secret).verify(request.content, dict(request.headers))["type"] == "run.completed"


def test_receiver_that_does_not_answer_ends_nothing(cli: Listening) -> None:
    def refuse() -> httpx.Response:
        raise httpx.ConnectError("refused")

    cli.receiving.answer = refuse
    cli.happens = [cli.api.start, cli.api.start]
    result = cli.run("listen", "--forward-to", LOCAL, "--count", "2", "--json")
    assert result.exit_code == 0
    events = printed(result.stdout)
    for event in events:
        assert f"{event['id']} -> no answer (refused)" in result.stderr


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "http://10.0.0.1/", "ftp://localhost/", "https://", "https://a:b@example.com/",
     "https://example.com/#x", "http://127.0.0.1:99999/", "https://exämple.com/", "http://localhost.example.com/"],
)  # fmt: skip
def test_forwarding_goes_to_https_or_this_machine(cli: Listening, url: str) -> None:
    assert "must be" in cli.fails(2, "listen", "--forward-to", url)
    assert cli.left() == []


def test_webhooks_that_are_off_are_explained(cli: Listening) -> None:
    object.__setattr__(cli.api.world.ports, "webhooks", None)
    message = cli.fails(4, "listen")
    assert "Webhooks=on" in message
    assert "`agent-schedules runs watch` follows runs" in message


def test_an_outage_is_said_once_and_waited_for(cli: Listening) -> None:
    left = [4]

    def out(request: httpx.Request) -> None:
        if request.method == "GET" and left[0]:
            left[0] -= 1
            raise httpx.ReadTimeout("no answer")

    cli.receiving.before = out
    cli.happens = [cli.api.start]
    result = cli.run("listen", "--count", "1")
    assert result.exit_code == 0
    assert result.stderr.count("Trying again") == 1
    assert cli.slept[:4] == [2.0, 4.0, 8.0, 16.0]


def test_webhook_deleted_by_another_ends_the_command(cli: Listening) -> None:
    cli.happens = [lambda: cli.run("webhooks", "delete", cli.left()[0].removeprefix("W#"))]
    result = cli.run("listen")
    assert result.exit_code == 4
    assert "no webhook" in result.stderr


def test_webhook_is_renewed_before_its_day_is_over(cli: Listening) -> None:
    began: list[str] = []

    def day() -> None:
        began.extend(cli.left())
        cli.api.start()
        cli.api.world.clock.advance(23 * 3600)

    cli.happens = [day, cli.api.start]
    events = printed(cli.run("listen", "--count", "2", "--json").stdout)
    assert len({event["id"] for event in events}) == 2
    assert len(began) == 1
    assert cli.left() == []


def test_sigterm_deletes_the_webhook(cli: Listening) -> None:
    cli.happens = [lambda: os.kill(os.getpid(), signal.SIGTERM)]
    assert cli.run("listen").exit_code == 143
    assert cli.left() == []


def test_ctrl_c_deletes_the_webhook(cli: Listening) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt  # not the signal: a shell's background job ignores it

    cli.happens = [interrupt]
    assert cli.run("listen").exit_code == 130
    assert cli.left() == []


def test_closed_pipe_ends_it_although_nothing_happens(cli: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        gone = listen._reader_gone

        def asked() -> bool:
            with monkeypatch.context() as patched:
                patched.setattr("sys.stdout", pipe)
                return gone()

        monkeypatch.setattr(listen, "_reader_gone", asked)
        cli.happens = [lambda: None, lambda: os.close(reader)]
        assert cli.run("listen").exit_code == 0
    assert len(cli.slept) == 2
    assert cli.left() == []


def test_webhook_that_cannot_be_deleted_is_named(cli: Listening) -> None:
    def refuse(request: httpx.Request) -> None:
        if request.method == "DELETE":
            raise httpx.ReadTimeout("no answer")

    cli.receiving.before = refuse
    cli.happens = [cli.api.start]
    result = cli.run("listen", "--count", "1")
    (left,) = cli.left()
    assert f"The webhook {left.removeprefix('W#')} is not deleted" in result.stderr
    assert result.exit_code == 0
