"""Says how many random examples the laws of time were held against, and insists on `TIME_LEAST` of them if asked."""

from __future__ import annotations

import os

import pytest

from tests.support.times import counted

LEAST = int(os.environ.get("TIME_LEAST", "0"))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """With pytest-xdist the controller adds up the examples of its workers."""
    counted["examples"] += getattr(node, "workeroutput", {}).get("examples", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"laws of time: {counted['examples']} examples, at least {LEAST} wanted")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output: dict[str, int] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["examples"] = counted["examples"]
    elif exitstatus == 0 and counted["examples"] < LEAST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
