"""The corpora of the importers: files of other schedulers, with the YAML and the report that are expected of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent_schedules.domain.timetable import Timetable
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.timing import timing_of
from typer.testing import CliRunner

from agent_schedules_cli.app import app
from agent_schedules_cli.fleet_file.model import ScheduleEntry
from agent_schedules_cli.session import Environment

CORPORA = Path(__file__).parent.parent / "cli" / "imports"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YEAR = 366 * 86_400
OPTIONS = {
    "anacron-delay": ["--system", "--tz", "Europe/Paris"],
    "certbot": ["--system"],
    "cronie-zones": ["--tz", "Europe/London", "--agent", "Trading desk", "--model", "echo"],
    "debian-system": ["--system", "--tz", "Europe/Berlin"],
    "either-day": ["--tz", "Asia/Kolkata"],
    "laravel": ["--tz", "America/Chicago"],
    "long-and-odd": ["--tz", "Africa/Cairo"],
    "names": ["--tz", "Australia/Sydney"],
    "spring-forward": ["--tz", "Europe/Berlin"],
    "steps": ["--tz", "America/New_York"],
    "words": ["--tz", "Europe/Madrid"],
}


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    yaml: str
    report: str
    code: int


def sources(kind: str) -> list[Path]:
    """Return the files of a corpus."""
    return sorted(path for path in (CORPORA / kind).iterdir() if path.suffix in (".crontab", ".json"))


def imported(source: Path) -> Outcome:
    """Run the importer over a file."""
    kind = source.parent.name
    arguments = ["import", kind, str(source), *(OPTIONS.get(source.stem, []) if kind == "crontab" else [])]
    result = CliRunner().invoke(app, arguments, obj=Environment(now=lambda: NOW), catch_exceptions=False)
    return Outcome(result.stdout, result.stderr, result.exit_code)


def times_of(schedule: dict[str, Any], length: int = YEAR) -> set[int]:
    """Return the nominal times of a schedule that run, from NOW on."""
    entry = ScheduleEntry.model_validate(schedule)
    timing = timing_of(entry.schedule, now=NOW, minimum_interval=1)
    table = Timetable(timing, policies_in(entry.policies, timing.timezone))
    start = int(NOW.timestamp())
    found, at = set[int](), start
    while (following := table.next_after(at)) is not None and following <= start + length:
        at = following
        if not table.hidden(at):
            found.add(at)
    return found
