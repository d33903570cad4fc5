"""Says at the end what was tried."""

from __future__ import annotations

import pytest

from tests.fuzz.tally import TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The tally of the run."""
    if TALLY.phases():
        terminalreporter.section("cases")
        for line in TALLY.lines():
            terminalreporter.write_line(line)
