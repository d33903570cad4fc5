"""Says how many random examples the laws of time were held against, and insists on `TIME_LEAST` of them if asked."""

from __future__ import annotations

import os

import pytest

from tests.support.times import counted

LEAST = int(os.environ.get("TIME_LEAST", "0"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"laws of time: {counted['examples']} examples, at least {LEAST} wanted")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == 0 and counted["examples"] < LEAST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
