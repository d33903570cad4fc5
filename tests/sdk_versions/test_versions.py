"""The vendor's SDK as published, in seven versions, against the local stack: `make test-contract`.

Each version has a locked environment of its own, and `suite` runs in it as a program; here its report is judged.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import JSONResponse

from dev.clock import StackClock
from dev.gateway import Ledger, create_gateway
from dev.serving import serve
from dev.stack import KEYS, LocalStack, Options
from tests.sdk_versions.suite import declared, everything
from tests.sdk_versions.suite.runs import LOST

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ROOT = Path(__file__).parent.parent.parent
SPEED = 20  # stack seconds per second, so that nobody waits for polls and times to come
KEY, OTHER_KEY = KEYS
PATIENCE = 300.0  # real seconds that one version may take


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
        """After the worker's first look, which links the run, and until it is done, or somebody would poll for ever."""
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


@dataclass(frozen=True)
class Served:
    """Where the stack is, and an agent that was deleted too long ago to be restored."""

    url: str
    expired_agent: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The local stack. One for all: the handlers of the functions are wired once in a process."""
    stack = LocalStack(Options(port=0, speed=SPEED, directory=tmp_path_factory.mktemp("stack")))
    leaping = Leaping()
    stack.clock = StackClock(None, SPEED, monotonic=leaping)
    gateway = create_gateway(stack.clock.now)
    with serve(Losing(gateway, gateway.state.ledger, stack.clock)) as serving:
        stack.options = replace(stack.options, gateway_url=serving.url)
        with stack:
            expired_agent = _deleted_agent(stack.url)
            leaping.leapt = timedelta(days=31).total_seconds() / SPEED
            yield Served(stack.url, expired_agent)


def _deleted_agent(url: str) -> str:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        agent_id: str = client.post("/api/v1/agents", json={"name": "old", "model": "echo"}).json()["id"]
        assert client.delete(f"/api/v1/agents/{agent_id}").status_code == 200
    return agent_id


@dataclass(frozen=True)
class Report:
    """What the suite said about one version."""

    version: str
    lines: list[dict[str, Any]]

    def about(self, kind: str, mode: str) -> dict[str, dict[str, Any]]:
        """The lines on checks or operations of a mode, by name."""
        return {line[kind]: line for line in self.lines if kind in line and line["mode"] == mode}


@pytest.fixture(scope="module", params=declared.VERSIONS)
def report(request: pytest.FixtureRequest, served: Served) -> Report:
    """The suite, run in the environment of a version."""
    version: str = request.param
    python = ROOT / ".tools" / "sdk" / version / "bin" / "python"
    answer = subprocess.run(
        [
            *(python, "-m", "tests.sdk_versions.suite", "--version", version),
            *("--url", served.url, "--key", KEY, "--other-key", OTHER_KEY),
            *("--expired-agent", served.expired_agent),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return Report(version, [json.loads(line) for line in answer.stdout.splitlines()])


def test_every_version_has_a_locked_environment() -> None:
    locks = sorted((ROOT / "tools" / "sdk").glob("*/uv.lock"))
    assert {lock.parent.name for lock in locks} == set(declared.VERSIONS)
    for lock in locks:
        assert f'specifier = "=={lock.parent.name}"' in lock.read_text(encoding="utf-8")


def test_what_is_declared_of_the_sdk_is_what_it_has(report: Report) -> None:
    (found,) = [line["differences"] for line in report.lines if "differences" in line]
    assert found == []


@pytest.mark.parametrize("mode", declared.MODES)
def test_every_check_ran_and_holds(report: Report, mode: str) -> None:
    ran = report.about("check", mode)
    assert ran.keys() == everything.checks(report.version).keys()
    problems = [f"{name}: {line['problem']}" for name, line in ran.items() if line["problem"]]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("mode", declared.MODES)
def test_every_operation_was_exercised_with_each_parameter_and_refusal(report: Report, mode: str) -> None:
    exercised = report.about("operation", mode)
    expected = declared.operations(report.version)
    assert exercised.keys() == expected.keys() | declared.out_of_scope(report.version).keys()
    for name, operation in expected.items():
        line = exercised[name]
        assert line["succeeded"] > 0, name
        assert set(line["parameters"]) == declared.parameters(report.version, operation).keys(), name
        assert set(line["envelopes"]) == declared.provoked(report.version, name), name
