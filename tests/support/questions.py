"""Counts the questions that a timing is asked for its next time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from agent_schedules.timing.spec import Cron, Interval


@contextmanager
def asked() -> Iterator[Counter[str]]:
    """How often `next_after` is asked from here on."""
    count: Counter[str] = Counter()
    with ExitStack() as stack:
        for kind in (Interval, Cron):
            real = kind.next_after

            def counting(self: Any, instant: int, real: Any = real) -> Any:
                count["next_after"] += 1
                return real(self, instant)

            stack.enter_context(patch.object(kind, "next_after", counting))
        yield count
