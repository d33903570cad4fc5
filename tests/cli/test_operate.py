"""docs/how-to/operate.md: each of its commands works as it is written, in that order."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

from tests.support.cli import Cli

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "operate.md"
COMMANDS = re.findall(r"^(?:\| [^|]+\| `)?agent-schedules ([^`\n]+)", PAGE.read_text("utf-8"), re.MULTILINE)
MADE = re.compile(r"run_[0-9A-Z]{26}")


def test_every_command_of_the_page_works(cli: Cli) -> None:
    api = cli.api
    api.world.clock.moment = datetime(2026, 10, 20, 10, tzinfo=UTC)
    agent = api.agent
    cli.json("agents", "update", agent, "--name", "a")
    cli.json("agents", "update", agent, "--name", "b")
    schedule = api.create(metadata={"team": "news"})["id"]
    api.world.clock.moment = datetime(2026, 12, 1, 10, tzinfo=UTC)
    run = "run_..."
    assert len(COMMANDS) > 15
    for command in COMMANDS:
        written = command.replace("agt_...", agent).replace("sched_...", schedule).replace("run_...", run)
        done = cli.run(*shlex.split(written), stdin="y\n")
        assert done.exit_code == 0, (command, done.output)
        run = (MADE.findall(done.stdout) or [run])[0]
