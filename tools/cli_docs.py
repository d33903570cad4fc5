"""docs/reference/cli.md, the help of the command line, written by Typer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "reference" / "cli.md"
TITLE = "The command line"


def generated() -> str:
    """Return the document."""
    typer = Path(sys.executable).parent / "typer"
    command = [str(typer), "agent_schedules_cli.app", "utils", "docs", "--name", "agent-schedules", "--title", TITLE]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SCHEDULES_")}
    text = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True).stdout
    return f"{text.strip()}\n"


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, generated(), "the commands say"))
