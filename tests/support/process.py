"""The local stack as a process of its own, for tests that start, stop and kill it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.waiting import until

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 45.0  # real seconds that anything may take


class Stack:
    """`make run` in a process of its own."""

    def __init__(self, directory: Path, **environ: str) -> None:
        self.directory = directory
        self._command = [sys.executable, "-m", "dev"]
        self._environ = {
            **os.environ,
            "PORT": environ.pop("PORT", "0") or "0",
            "LOCAL_DIR": str(directory),
            "PYTHONFAULTHANDLER": "1",
            **environ,
        }
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.said = ""
        """What the process that was stopped last has said since it served."""
        self.client = httpx.Client()

    def start(self) -> Stack:
        """Start it and wait until it says where it serves."""
        self.spawn()
        assert self.process is not None
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"URL\s+(http://127\.0\.0\.1:\d+)", line):
                self.url = found[1]
                self.client = httpx.Client(
                    base_url=self.url, headers={"Authorization": "Bearer local"}, timeout=PATIENCE
                )
                return self
        raise AssertionError("".join(said))

    def spawn(self) -> None:
        """Start it, and wait for nothing."""
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def stop(self, number: int = signal.SIGINT) -> float:
        """Send a signal and return how long the exit took, in seconds."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        try:
            self.said, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # on which it says what its threads are at
            raise AssertionError(self.process.communicate()[0]) from None
        took = time.monotonic() - started
        self.close()
        return took

    def close(self) -> None:
        """Give back the connections and the pipe."""
        self.client.close()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def agent(self, model: str = "echo") -> str:
        """A new agent's id."""
        return str(self.post("/api/v1/agents", {"name": "e2e", "model": model})["id"])

    def schedule(self, agent_id: str, spec: dict[str, Any], text: str = "hello", **fields: Any) -> dict[str, Any]:
        """A new schedule."""
        return self.post(f"/api/v1/agents/{agent_id}/schedules", {"schedule": spec, "input": text, **fields})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST and expect 201."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def get(self, path: str) -> dict[str, Any]:
        """GET and expect 200."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def runs(self, agent_id: str) -> list[dict[str, Any]]:
        """An agent's runs, oldest first."""
        runs: list[dict[str, Any]] = self.get(f"/api/v1/agents/{agent_id}/runs?limit=100&order=asc")["data"]
        return runs

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Poll until the condition holds."""
        return until(condition, PATIENCE)

    def ended(self, agent_id: str, count: int) -> list[dict[str, Any]]:
        """Wait for so many ended runs and return all there are, oldest first."""

        def enough() -> list[dict[str, Any]] | None:
            runs = self.runs(agent_id)
            return runs if sum(run["completed_at"] is not None for run in runs) >= count else None

        found: list[dict[str, Any]] = self.wait(enough)
        return found

    def all_ended(self, agent_id: str, schedule_id: str) -> list[dict[str, Any]]:
        """Wait until no run of a schedule is open and return them all, oldest first."""

        def none_open() -> list[dict[str, Any]] | None:
            runs = [run for run in self.runs(agent_id) if run["schedule_id"] == schedule_id]
            return runs if all(run["completed_at"] for run in runs) else None

        found: list[dict[str, Any]] = self.wait(none_open)
        return found


def seconds(text: str) -> float:
    """An RFC 3339 text as UTC seconds."""
    return datetime.fromisoformat(text).timestamp()
