"""The command as a process: pipes that close, encodings, descriptors that are missing, and defects."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.api import Api

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "agent_schedules_cli"]
PREVIEW = ["preview", "--every", "60", "--count", "100"]


def called(*arguments: str | bytes, shell: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run it; `shell` is what follows the command in a shell's line."""
    line = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash"] if shell else []
    return subprocess.run(
        [*line, *COMMAND, *arguments], cwd=ROOT, env={**os.environ, **environ}, capture_output=True, check=False
    )


@pytest.mark.parametrize("arguments", [["--help"], ["agents", "--help"], PREVIEW, [*PREVIEW, "--json"]])
@pytest.mark.parametrize("reader", ["| head -2", "| true"])
def test_closed_pipe_is_not_an_error(arguments: list[str], reader: str) -> None:
    answer = called(*arguments, shell=reader)
    assert (answer.returncode, answer.stderr) == (0, b"")


@contextmanager
def served(api: Api) -> Iterator[str]:
    """The world over HTTP; five seconds pass in it with each request. Its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.world.pass_time(5)
            answer = api.client.get(self.path)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_watching_runs_ends_with_its_reader(more: list[str]) -> None:
    api = Api()
    api.create({"type": "interval", "interval_seconds": 5})
    with served(api) as url:
        answer = called(
            "runs", "watch", api.agent, *more, shell="| head -2",
            AGENT_SCHEDULES_URL=url, AGENT_SCHEDULES_KEY="local",
        )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert len(answer.stdout.splitlines()) == 2


def test_bytes_that_are_not_utf8_are_wrong_use() -> None:
    answer = called("agents", "create", "--name", b"caf\xe9", "--model", "echo")
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert b"Argument 4 is not UTF-8" in answer.stderr
    assert b"Traceback" not in answer.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_character_missing_in_an_encoding_is_not_an_error(encoding: str) -> None:
    answer = called("preview", "0 9 * * *", "--tz", "Europe/Lisbon", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (answer.returncode, answer.stderr) == (0, b"")
    answer = called("preview", "€ * * * *", PYTHONIOENCODING=encoding)
    assert answer.returncode == 2
    assert b"Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("shell", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">&- 2>&- <&-", 0), (">/dev/full", 70)]
)
def test_missing_or_full_descriptors(shell: str, code: int) -> None:
    answer = called(*PREVIEW, shell=shell)
    assert (answer.returncode, b"Traceback" in answer.stderr) == (code, False)


def test_a_closed_standard_input_is_wrong_use() -> None:
    for arguments in (["runs", "start", "agt_1", "--input-file", "-"], ["--key", "-", "agents", "list"]):
        answer = called(*arguments, shell="<&-")
        assert (answer.returncode, b"Traceback" in answer.stderr) == (2, False)
        answer = called(*arguments[:2], *arguments[2:], shell="</dev/null", AGENT_SCHEDULES_URL="http://127.0.0.1:9")
        assert answer.returncode in {2, 3}


def test_defect_exits_70() -> None:
    code = (
        "from agent_schedules_cli import app\nfrom agent_schedules_cli.commands import preview\n"
        "def broken(*_): raise ZeroDivisionError\n"
        "preview.previewed = broken\n"
        "app.main()\n"
    )
    words = [sys.executable, "-c", code, *PREVIEW]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, "ZeroDivisionError" in answer.stderr) == (70, True)
    assert "This is a defect" in answer.stderr.splitlines()[-1]
