"""`tools.checks.lengths`: which files are too long."""

from __future__ import annotations

from tools.checks.lengths import MOST, finding


def test_a_file_that_is_too_long_is_named() -> None:
    assert finding("a.py", "x\n" * MOST) is None
    assert finding("a.py", "x\n" * (MOST + 1)) == "a.py: 301 lines: split it by concept, at most 300"
