"""How many random examples a law is held against: a quarter of its number in the fast suite, all in the slow one."""

from __future__ import annotations

import os

from hypothesis import settings

SCALE = float(os.environ.get("EXAMPLES_SCALE") or 0.25)
"""How many times its number each law gets. `make test-slow` and `make test-time` set it."""
DEFAULT = 100
"""The number of a law that names none."""


def scaled(number: int) -> int:
    """Return how many examples a law of that number gets."""
    return max(round(number * SCALE), 1)


def examples(number: int) -> settings:
    """Hold a law against that many examples in the slow suite."""
    return settings(max_examples=scaled(number))
