"""Files that `make fix` writes and `make check` compares, with `--check`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def write_or_check(target: Path, text: str, source: str) -> int:
    """Write the file, or with `--check` print whether it is stale, and return the exit status."""
    if "--check" not in sys.argv:
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, "utf-8")
        return 0
    if target.exists() and target.read_text("utf-8") == text:
        return 0
    print(f"{target.relative_to(ROOT)} is not what {source}: run `make fix`", file=sys.stderr)
    return 1
