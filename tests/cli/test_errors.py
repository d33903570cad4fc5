"""Errors when the service does not answer, or is another service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from agent_schedules_cli.transport import over_network
from tests.support.cli import Cli, over

LATER = httpx.Response(503, json={"error": {"message": "Later."}}, headers={"x-request-id": "r1"})
ROOT = Path(__file__).parent.parent.parent


def answering(cli: Cli, handler: Callable[[httpx.Request], httpx.Response]) -> None:
    """Put another server in the app's place."""
    cli.environment = replace(cli.environment, transport=over(httpx.MockTransport(handler)))


def too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


def test_refused_connection_says_what_to_do(cli: Cli) -> None:
    cli.environment = replace(cli.environment, transport=over_network)
    said = cli.fails(3, "--url", "http://127.0.0.1:9", "agents", "list")
    assert "Nothing answers at http://127.0.0.1:9" in said
    assert "make run" in said


def test_silence_exits_3_and_warns_about_changes(cli: Cli) -> None:
    answering(cli, too_slow)
    assert "repeat" not in cli.fails(3, "agents", "list")
    assert "look before you repeat it" in cli.fails(3, "runs", "start", "agt_1", "--input", "x")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (LATER, "Later. (status 503, request r1)"),
        (httpx.Response(502, text="<html>bad gateway</html>"), "answered 502, not as this service does"),
        (httpx.Response(404, json={"message": "Not Found"}), "answered 404, not as this service does"),
        (httpx.Response(301, headers={"location": "https://elsewhere.example"}), "answered 301"),
        (httpx.Response(200, text="<html>hello</html>"), "does not answer as this service does"),
        (httpx.Response(200, json=[1]), "does not answer as this service does"),
        (httpx.Response(200, json={"hello": "world"}), "does not answer as this service does"),
    ],
)  # fmt: skip
def test_answer_of_another_service_exits_3(cli: Cli, answer: httpx.Response, said: str) -> None:
    answering(cli, lambda _: answer)
    assert said in cli.fails(3, "agents", "list")


def test_message_of_many_lines_is_printed_on_one(cli: Cli) -> None:
    answering(cli, lambda _: httpx.Response(400, json={"error": {"message": "one\ntwo\x1b[31m"}}))
    assert cli.fails(4, "agents", "list") == "agent-schedules: one two\N{REPLACEMENT CHARACTER}[31m\n"


@pytest.mark.slow
def test_console_script_is_installed_and_completes() -> None:
    script = Path(sys.executable).parent / "agent-schedules"
    named = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # there may be no shell above a test
    command = [str(script), "--show-completion", "bash"]
    shown = subprocess.run(command, env=named, capture_output=True, text=True, check=False)
    assert "_AGENT_SCHEDULES_COMPLETE=complete_bash" in shown.stdout + shown.stderr
    by_module = [sys.executable, "-m", "agent_schedules_cli", "preview", "--every", "60", "--count", "1"]
    answer = subprocess.run(by_module, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "Every minute, to the minute")
