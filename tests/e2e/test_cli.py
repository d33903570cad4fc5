"""The command line as it is installed, against the local stack, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import PATIENCE, Stack

SCRIPT = Path(sys.executable).parent / "agent-schedules"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, SPEED="60").start()
    yield stack
    stack.stop()


def called(stack: Stack, *arguments: str, key: str | None = None) -> Any:
    """What a command prints, having succeeded."""
    environ = {**os.environ, "AGENT_SCHEDULES_URL": str(stack.client.base_url).rstrip("/")}
    environ.pop("AGENT_SCHEDULES_KEY", None)
    environ |= {"AGENT_SCHEDULES_KEY": key} if key is not None else {}
    answer = subprocess.run(
        [SCRIPT, *arguments, "--json"], env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    try:
        return json.loads(answer.stdout)
    except ValueError:
        return [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_schedule_is_made_followed_paused_and_explained(stack: Stack) -> None:
    agent = called(stack, "agents", "create", "--name", "hello", "--model", "echo")["id"]
    made = called(stack, "schedules", "create", agent, "--cron", "* * * * *", "--tz", "Asia/Tokyo", "--input", "Hello")[
        "id"
    ]
    seen = called(stack, "runs", "watch", agent, "--schedule", made, "--count", "2")
    assert sum(run["status"] == "completed" for run in seen) == 2
    assert called(stack, "schedules", "pause", agent, made)["status"] == "paused"
    due = seen[-1]["scheduled_for"]
    assert called(stack, "occurrences", "why", agent, made, due)["outcome"] == "ran"


def test_a_key_that_is_made_opens_its_tenant(stack: Stack) -> None:
    made = called(stack, "keys", "create", "--tenant", "acme")
    called(stack, "agents", "create", "--name", "of acme", "--model", "echo", key=made["key"])
    assert [one["name"] for one in called(stack, "agents", "list", key=made["key"])["data"]] == ["of acme"]
    assert called(stack, "agents", "list")["data"] == []
    assert called(stack, "keys", "revoke", made["id"], "--tenant", "acme")["revoked_at"] is not None


def test_the_doctor_fires_a_schedule_and_leaves_nothing(stack: Stack) -> None:
    answer = called(stack, "doctor", "--fire", "--model", "echo")
    *api, fire, run = answer["checks"]
    assert (answer["ok"], fire["name"], run["name"], run["status"]) == (True, "fire", "run", "ok")
    assert api, "the API is checked before a schedule is made"
    assert "claimed" in fire["said"]  # how late depends on this machine: its seconds are the stack's minutes
    assert called(stack, "agents", "list")["data"] == []
