"""Finds a Python 3.13 that runs: `sam build` and the tests of the build need the runtime of the functions.

    PATH="$(python -m tools.build.python313):$PATH" sam build

A `python3.13` on PATH is not enough: it may be a version manager's shim that refuses to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "python3.13"
MISSING = """\
Python 3.13 is needed and was not found. The functions run on Lambda's python3.13: SAM installs their compiled
dependencies for exactly that version, and the built functions only import in it. Install it, for example with
`uv python install 3.13` or `pyenv install 3.13`, or put a `python3.13` that runs on PATH."""


def _candidates() -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(NAME, path=folder) if folder else None
        if found:
            yield Path(found)
    homes = [Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"]
    for home, pattern in zip(homes, ("3.13*", "cpython-3.13*"), strict=True):
        for version in sorted(home.glob(pattern), reverse=True):
            yield version / "bin" / NAME


def _runs(candidate: Path) -> bool:
    """Return whether it starts, is 3.13, and has the pip that SAM's builder calls."""
    try:
        answer = subprocess.run(
            [str(candidate), "-c", "import sys, pip; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.split() == ["3", "13"]


def find_python() -> Path | None:
    """Return the first Python 3.13 that runs, or None."""
    return next((candidate for candidate in _candidates() if _runs(candidate)), None)


if __name__ == "__main__":
    python = find_python()
    if python is None:
        sys.exit(MISSING)
    print(python.parent)
