"""docs/cli.md, what the command line says of itself, written down by Typer. `--check` compares only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "cli.md"
TITLE = "The command line"


def generated() -> str:
    """The document as text."""
    typer = Path(sys.executable).parent / "typer"
    command = [str(typer), "cli.app", "utils", "docs", "--name", "agent-schedules", "--title", TITLE]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SCHEDULES_")}
    text = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return f"{text.strip()}\n"


def main() -> int:
    """Write the file, or say that it is stale."""
    text = generated()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
        return 0
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not what the commands say: run `make fix`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
