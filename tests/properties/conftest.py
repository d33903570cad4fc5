"""Says how many random examples the laws of time were held against."""

from __future__ import annotations

import pytest

from tests.support.times import counted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"laws of time: {counted['examples']} examples")
