"""Times at which the parts of a schedule run more or less often here than in Temporal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.timetable import Timetable
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.timing import timing_of
from agent_schedules.timing.spec import Cron

from agent_schedules_cli.fleet_file.model import ScheduleEntry
from agent_schedules_cli.importers.clock_changes import YEAR, changes_of

LOOKED_AT = 20_000  # times of the rarer part


def shared_time(one: dict[str, Any], other: dict[str, Any], now: datetime) -> str | None:
    """Return a time of the coming year that both schedules have, or None."""
    start = int(now.timestamp())
    rare, frequent = sorted(
        (_timetable(each, now) for each in (one, other)), key=lambda each: each.count_in(start, start + YEAR)
    )
    at = start
    for _ in range(LOOKED_AT):
        found = rare.next_after(at)
        if found is None or found > start + YEAR:
            return None
        if frequent.matches(found) and not rare.hidden(found) and not frequent.hidden(found):
            return f"{datetime.fromtimestamp(found, UTC):%Y-%m-%dT%H:%M:%SZ}"
        at = found
    return None


def repeated_time(one: dict[str, Any], now: datetime) -> str | None:
    """Return a local time of the coming year that the clocks show twice and the schedule has once, or None."""
    timing = _timetable(one, now).timing
    if not isinstance(timing, Cron) or timing.fields.every_hour:
        return None
    repeated = changes_of(timing, now).repeated
    return None if repeated is None else f"{repeated:%Y-%m-%d %H:%M}"


def _timetable(schedule: dict[str, Any], now: datetime) -> Timetable:
    entry = ScheduleEntry.model_validate(schedule)
    timing = timing_of(entry.schedule, now=now, minimum_interval=1)
    return Timetable(timing, policies_in(entry.policies, timing.timezone))
