"""docs/tutorials/first-schedule.md, run as it stands: its shell blocks in order, against a local stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.process import PATIENCE, ROOT, Stack

TUTORIAL = ROOT / "docs" / "tutorials" / "first-schedule.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TUTORIAL.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_tutorial_runs_as_it_stands(stack_at: Callable[..., Stack], tmp_path: Path) -> None:
    stack = stack_at(SPEED="10")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout / ".local").symlink_to(stack.directory)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "".join(BLOCKS)],
        cwd=checkout,
        env=os.environ | {"AGENT_SCHEDULES_URL": stack.url, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = iter(done.stdout.splitlines())  # each of these comes after the one before
    for expected in (
        "At 09:30 on weekdays, Europe/Lisbon",
        "next_run_at",
        "Write the morning summary.",
        "ran",
        "a run did not complete",
        '"detail-type": "run.failed"',
    ):
        assert any(expected in line for line in said), expected
