"""The next occurrences and their flags on the nights when clocks change."""

from __future__ import annotations

import pytest
from agent_schedules.domain.preview import MOST_SKIPPED
from agent_schedules.timing.spec import LATEST, Cron, Interval, Spec

from tests.support.schedules import upcoming_of
from tests.support.times import crons, instants, law, once_at, seconds_of

RIGA = "Europe/Riga"


def cron(expression: str, zone: str = RIGA) -> Cron:
    return Cron(expression, zone, second_exact=True)


# The next occurrences as local times with their offsets. `x` before one: skipped; `2` after it: shown twice.
NIGHTS = {
    "an ordinary day": (cron("30 9 * * *"), "2026-05-01T00:00", ["2026-05-01T09:30+03:00"]),
    "skipped": (
        cron("30 3 * * *"), "2026-03-27T12:00",
        ["2026-03-28T03:30+02:00", "x2026-03-29T03:30", "2026-03-30T03:30+03:00", "2026-03-31T03:30+03:00"],
    ),
    "skipped before the first": (
        cron("30 3 * * *"), "2026-03-29T00:00", ["x2026-03-29T03:30", "2026-03-30T03:30+03:00"],
    ),
    "some of an hour's": (
        cron("*/30 3,4 29 3 *"), "2026-03-29T00:00",
        ["x2026-03-29T03:00", "x2026-03-29T03:30", "2026-03-29T04:00+03:00", "2026-03-29T04:30+03:00"],
    ),
    "repeated, first pass only": (
        cron("30 3 * * *"), "2026-10-24T12:00", ["2026-10-25T03:30+03:00 2", "2026-10-26T03:30+02:00"],
    ),
    "asked in the second pass": (cron("30 3 * * *"), "2026-10-25T01:10", ["2026-10-26T03:30+02:00"]),
    "open in hour and day, autumn": (
        cron("0 * * * *"), "2026-10-24T23:30",
        ["2026-10-25T03:00+03:00 2", "2026-10-25T03:00+02:00 2", "2026-10-25T04:00+02:00"],
    ),
    "open in hour and day, spring": (
        cron("0 * * * *"), "2026-03-28T23:30", ["2026-03-29T02:00+02:00", "2026-03-29T04:00+03:00"],
    ),
    "elapsed time, autumn": (
        Interval(3600, seconds_of("2026-10-25T00:15:00Z"), timezone=RIGA), "2026-10-25T00:00",
        ["2026-10-25T03:15+03:00 2", "2026-10-25T03:15+02:00 2", "2026-10-25T04:15+02:00"],
    ),
    "elapsed time, spring": (
        Interval(3600, seconds_of("2026-03-29T00:15:00Z"), timezone=RIGA), "2026-03-29T00:00",
        ["2026-03-29T02:15+02:00", "2026-03-29T04:15+03:00"],
    ),
    "once": (
        once_at(seconds_of("2026-10-25T00:30:00Z"), timezone=RIGA), "2026-01-01T00:00",
        ["2026-10-25T03:30+03:00 2"],
    ),
    "always in the gap": (
        cron("30 2 8-14 3 */7", "America/New_York"), "2026-01-01T00:00", [],
    ),
    "years on the way": (
        cron("30 3 29 3 *"), "2026-01-01T00:00",
        ["x2026-03-29T03:30", "2027-03-29T03:30+03:00", "2028-03-29T03:30+03:00"],
    ),
    "a whole day": (
        cron("0 12 * * *", "Pacific/Apia"), "2011-12-29T12:00",
        ["2011-12-29T12:00-10:00", "x2011-12-30T12:00", "2011-12-31T12:00+14:00"],
    ),
    "half an hour": (
        cron("15 2 * * *", "Australia/Lord_Howe"), "2026-10-03T12:00",
        ["x2026-10-04T02:15", "2026-10-05T02:15+11:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "after", "expected"), NIGHTS.values(), ids=NIGHTS.keys())
def test_nights(spec: Spec, after: str, expected: list[str]) -> None:
    count = sum(1 for text in expected if not text.startswith("x"))
    shown: list[str] = []
    for occurrence in upcoming_of(spec, seconds_of(f"{after}:00Z"), count or 1):
        shown += [f"x{moment:%Y-%m-%dT%H:%M}" for moment in occurrence.dst_skipped]
        local = occurrence.local.isoformat(timespec="minutes")
        shown.append(f"{local} 2" if occurrence.dst_repeated else local)
        assert int(occurrence.local.timestamp()) == occurrence.at
    assert shown == expected


def test_as_many_as_there_are() -> None:
    assert len(upcoming_of(cron("* * * * *"), 0, 100)) == 100
    assert len(upcoming_of(once_at(1000), 0, 5)) == 1
    assert upcoming_of(once_at(1000), 1000, 5) == []
    assert upcoming_of(cron("* * * * *"), 0, 0) == []
    assert upcoming_of(cron("* * * * *"), LATEST, 5) == []


def test_a_missing_hour_of_seconds_is_listed_in_part() -> None:
    (found,) = upcoming_of(cron("* * 3 * * *"), seconds_of("2026-03-29T00:59:59Z"), 1)
    assert len(found.dst_skipped) == MOST_SKIPPED
    assert found.dst_skipped[0].isoformat() == "2026-03-29T03:00:00"


@law(crons(), instants, examples=40)
def test_it_is_the_timetable(spec: Cron, after: int) -> None:
    for occurrence in upcoming_of(spec, after, 5):
        assert occurrence.at == spec.next_after(after)
        after = occurrence.at
