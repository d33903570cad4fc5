"""What the tests of the local stack share."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.process import Stack


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let processes that a test starts hear SIGINT: a shell's background job, as in `.ci/run`, ignores it for all."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def stack_at(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Starts stacks over one directory; kills what a test leaves running."""
    started: list[Stack] = []

    def start(**environ: str) -> Stack:
        started.append(Stack(tmp_path, **environ).start())
        return started[-1]

    yield start
    for stack in started:
        if stack.process is not None and stack.process.poll() is None:
            stack.stop(signal.SIGKILL)
