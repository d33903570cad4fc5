"""`python -m tests.sdk_versions.run_suite VERSION DIRECTORY REPORT`: the suite of one version against a local stack.

It leaves the suite's report in that file. It is a program, one per version, because the handlers of the functions are
wired once in a process, and because moto slows down with all that it holds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from starlette.responses import JSONResponse

from dev.clock import StackClock
from dev.echo_gateway.app import create_gateway
from dev.echo_gateway.ledger import Ledger
from dev.server import serve
from dev.stack import KEYS, LocalStack, Options
from tests.sdk_versions.suite.runs import LOST

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SPEED = 10  # stack seconds per second, so that the suite does not wait for polls and future times
ROOT = Path(__file__).parent.parent.parent


class Losing:
    """The gateway, but what agents with the instructions `LOST` ask for it starts and then answers 503 for."""

    def __init__(self, gateway: ASGIApp, ledger: Ledger, clock: StackClock) -> None:
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock
        self._asked: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        lost = scope["type"] == "http" and any(self._lost(part) for part in scope["path"].split("/"))
        # The hint makes the api give up at once instead of trying again.
        later = JSONResponse({"error": {"message": "not now"}}, 503, headers={"Retry-After": "5"})
        await (later if lost else self._gateway)(scope, receive, send)

    def _lost(self, response_id: str) -> bool:
        """After the worker's first look, which links the run, and until it is done, or it would be polled for ever."""
        entry = self._ledger.by_id.get(response_id)
        if entry is None or entry.body.get("instructions") != LOST:
            return False
        first = response_id not in self._asked
        self._asked.add(response_id)
        return not first and entry.status(self._clock.now()) == "in_progress"


class Leaping:
    """A time source for the stack's clock that can leap ahead."""

    leapt = 0.0

    def __call__(self) -> float:
        """Seconds, as of `time.monotonic`."""
        return time.monotonic() + self.leapt


def main(version: str, directory: Path, report: Path) -> int:
    """The suite's exit code."""
    stack = LocalStack(Options(port=0, speed=SPEED, directory=directory))
    leaping = Leaping()
    stack.clock = StackClock(None, SPEED, monotonic=leaping)
    gateway = create_gateway(stack.clock.now)
    with serve(Losing(gateway, gateway.state.ledger, stack.clock)) as serving:
        stack.options = replace(stack.options, gateway_url=serving.url)
        with stack, report.open("w", encoding="utf-8") as lines:
            agent_id = _deleted_agent(stack.url)
            leaping.leapt = timedelta(days=31).total_seconds() / SPEED
            key, other_key = KEYS
            python = ROOT / ".tools" / "sdk" / version / "bin" / "python"
            command = [
                *(str(python), "-m", "tests.sdk_versions.suite"),
                *("--version", version, "--url", stack.url, "--key", key, "--other-key", other_key),
                *("--expired-agent", agent_id),
            ]
            return subprocess.run(command, cwd=ROOT, stdout=lines, check=False).returncode


def _deleted_agent(url: str) -> str:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {next(iter(KEYS))}"}) as client:
        agent_id: str = client.post("/api/v1/agents", json={"name": "old", "model": "echo"}).json()["id"]
        assert client.delete(f"/api/v1/agents/{agent_id}").status_code == 200
    return agent_id


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
