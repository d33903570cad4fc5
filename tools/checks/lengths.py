"""No Python file of the project is longer than 300 lines: a longer one holds more than one concept."""

# ruff: noqa: S607 - it runs git.

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

MOST = 300


def finding(name: str, text: str) -> str | None:
    """Return what is wrong with a file's length, if anything is."""
    lines = len(text.splitlines())
    return None if lines <= MOST else f"{name}: {lines} lines: split it by concept, at most {MOST}"


def main() -> int:
    """Print the files that are too long. Return the exit status."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]
    found = [one for file in files if (one := finding(str(file.relative_to(ROOT)), file.read_text("utf-8")))]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
