"""`listen` as a process over the local stack: it prints what happens, and leaves no webhook however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.support.process import PATIENCE, ROOT, Stack


def listening(stack: Stack, *options: str) -> subprocess.Popen[str]:
    """A `listen` that has its webhook."""
    command = [sys.executable, "-m", "agent_schedules_cli", "--url", stack.url, "listen", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "Listening" in process.stderr.readline()
    assert len(webhooks(stack)) == 1
    return process


def webhooks(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get("/api/v1/webhooks")["data"]
    return found


def test_listen_prints_events_and_cleans_up(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at()
    process = listening(stack, "--events", "run.failed", "--count", "1")
    run = stack.post(f"/api/v1/agents/{stack.agent('fail')}/runs", {"input": "hello"})["id"]
    printed, _ = process.communicate(timeout=PATIENCE)
    assert [part for part in printed.split() if part in {"run.failed", run}] == ["run.failed", run]
    assert (process.returncode, webhooks(stack)) == (0, [])

    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = listening(stack)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        assert (process.returncode, webhooks(stack)) == (code, [])

    process = listening(stack)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert webhooks(stack) == []
    assert process.stderr is not None
    process.stderr.close()
