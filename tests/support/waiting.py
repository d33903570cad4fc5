"""Wait for real processes and threads, which do not notify when they end. Always with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    look: Callable[[], T | None], seconds: float, *, every: float = 0.05, said: Callable[[], str] = lambda: ""
) -> T:
    """Look again and again until there is something to see, and return it; `said` tells what a failure shows."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} s\n{said()}"
        time.sleep(every)
