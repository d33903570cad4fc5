"""A cron that EventBridge cannot say exactly: its entry fires on more days, and only the selected ones run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.domain.schedules import Schedule

from dev.scheduler.expressions import parse
from tests.support.world import World

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def quarter(world: World, schedule: Schedule) -> list[str]:
    """Deliver what the entry fires from March to May; the outcome of each hint."""
    entry = world.scheduler.entries[schedule.key.schedule_id]
    aws, outcomes = parse(entry.expression, timezone=entry.timezone), list[str]()
    while (fire := aws.next_fire(datetime.fromtimestamp(world.now, UTC))) is not None and fire < JUNE:
        world.clock.advance(fire.timestamp() - world.now)
        outcomes.append(world.hint(schedule, world.now))
        world.work()
    return outcomes


@pytest.mark.parametrize(
    ("days", "expected", "extra"),
    [
        ("L * *", "03-31 04-30 05-31", 0),
        ("* * 5L", "03-27 04-24 05-29", 0),
        ("15W * *", "03-16 04-15 05-15", 0),
        ("L-3 * *", "03-28 04-27 05-28", 9),
        ("LW * *", "03-31 04-30 05-29", 14),
        ("1W * *", "04-01 05-01", 5),
        ("31W * *", "03-31 05-29", 6),
        ("1,15,L 4,5 *", "04-01 04-15 04-30 05-01 05-15 05-31", 1),
        ("* * MON#1,MON#3", "03-16 04-06 04-20 05-04 05-18", 7),
        ("15 * MON#5", "03-15 03-30 04-15 05-15", 7),
    ],
)
def test_extra_fires_start_no_run(days: str, expected: str, extra: int) -> None:
    world = World("2026-03-02T10:00:00Z")
    schedule = world.create({"type": "cron", "cron_expression": f"0 9 {days}", "timezone": "Europe/Riga"})
    outcomes = quarter(world, schedule)
    assert sorted(_day(run.scheduled_for) for run in world.runs(schedule)) == expected.split()
    assert outcomes.count("settled") == len(expected.split())
    assert len(outcomes) - outcomes.count("settled") == extra
    assert world.records(schedule) == []


def _day(instant: int | None) -> str:
    assert instant is not None
    return f"{datetime.fromtimestamp(instant, UTC):%m-%d}"
