"""What EventBridge is asked for, read by the independent evaluator of its expressions: nothing is ever missed.

A cron may be rendered as a superset. Kept where `matches` holds, its fires are exactly the timetable's, over 400 days,
in every zone that changes its clocks in them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile

import pytest
from agent_schedules.domain.aws_cron import aws_cron
from agent_schedules.domain.entries import LEAD, LONGEST_DELAY, entry_for, recurs_on_aws
from agent_schedules.timing.cron import SHAPES, CronFields
from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from dev.scheduler.expressions import AwsExpression, parse
from tests.support.examples import SCALE
from tests.support.times import DAY, WINDOW, changes, changing_zones, counted, expressions, instants, law, specs

MOST_FIRES = 2000
"""A cron that fires more often in 400 days is compared round the clock changes and on the first day only."""


def occurrences(spec: Spec, first: int, last: int) -> list[int]:
    """The occurrences after `first`, up to `last`."""
    found = [first]
    while (following := spec.next_after(found[-1])) is not None and following <= last:
        found.append(following)
    return found[1:]


def fires(expression: AwsExpression, first: int, last: int) -> Iterator[int]:
    """When AWS fires after `first`, up to `last`."""

    def all_of_them() -> Iterator[int]:
        moment = datetime.fromtimestamp(first, UTC)
        while (fire := expression.next_fire(moment)) is not None:
            yield int(fire.timestamp())
            moment = fire

    return takewhile(lambda fire: fire <= last, all_of_them())


def frequency(fields: CronFields) -> float:
    """About how many times in the window AWS fires for the expression."""
    days = 400 * sum(len(fields.days_of(shape)) for shape in SHAPES) / sum(length for _, length in SHAPES)
    if not fields.by_month:
        days = 400 if fields.either_day else 400 * min(len(fields.days) / 31, len(fields.weekdays) / 7)
    return len(fields.minutes) * len(fields.hours) * days * len(fields.months) / 12


def check(expression: str, name: str, windows: list[tuple[int, int]]) -> None:
    """AWS's fires for a cron expression, rendered at the window's start, are the timetable's wherever they match."""
    spec = Cron(expression, name)
    text, timezone = aws_cron(spec, WINDOW[0])
    assert len(text) <= 256
    aws = parse(text, timezone=timezone)
    for first, last in windows:
        kept = [fire for fire in fires(aws, first, last) if spec.matches(fire)]
        assert kept == occurrences(spec, first, last), (expression, name, text, timezone)


@pytest.mark.slow
@pytest.mark.parametrize("name", changing_zones())
def test_awss_fires_match_in_every_zone_with_clock_changes(name: str) -> None:
    # A seed of its own for each zone, or all would be given the same expressions. The first is always `* * * * *`.
    @seed(zlib.crc32(name.encode()))
    @settings(max_examples=round(SCALE) + 2, derandomize=False)
    @given(expressions())
    def holds(expression: str) -> None:
        windows = [WINDOW]
        if frequency(CronFields.parse(expression)) > MOST_FIRES:
            windows = [(WINDOW[0], WINDOW[0] + DAY // 4)] + [
                (change - 3 * 3600, change + 3 * 3600) for change in changes(name)
            ]
        check(expression, name, windows)
        counted["examples"] += 1

    holds()


@pytest.mark.parametrize(
    "expression", ["*/15 * * * *", "0 * * * *", "*/7 * * * *", "10,40 * * * *", "*/15 0-3 * * *", "*/20 * * * 0"]
)
def test_frequent_expressions_over_all_of_the_400_days(expression: str) -> None:
    names = ["Europe/Riga", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Beirut"]
    for name in names if SCALE > 1 else names[:2]:
        near = [(change - 5 * DAY, change + 5 * DAY) for change in changes(name)]
        check(expression, name, [WINDOW] if SCALE > 1 else near)


@law(expressions(), st.sampled_from(["UTC", "Asia/Kathmandu", "Asia/Kolkata", "Etc/GMT+5"]), instants, examples=40)
def test_awss_fires_are_the_timetable_where_clocks_never_change(expression: str, name: str, instant: int) -> None:
    check(expression, name, [(instant, instant + DAY)])


@law(st.integers(1, 10**5), instants, st.integers(0, 10**6), examples=60)
def test_awss_view_of_a_whole_minute_interval_is_its_grid(minutes: int, first: int, passed: int) -> None:
    spec = Interval(minutes * 60, first)
    now = first + passed
    nominal = spec.next_after(now)
    assert nominal is not None
    entry = entry_for(spec, schedule_id="sched_x", input={}, nominal=nominal, now=now)
    assert entry is not None
    assert entry.start is not None
    aws = parse(entry.expression, timezone=entry.timezone, start=entry.start, created=datetime.fromtimestamp(now, UTC))
    last = nominal + 4 * spec.seconds
    assert list(fires(aws, now, last)) == occurrences(spec, now, last) == list(range(nominal, last + 1, spec.seconds))


@law(specs, instants, st.integers(0, 10**7), examples=150)
def test_look_ahead_entries_are_early_and_never_past(spec: Spec, start: int, passed: int) -> None:
    now = start + passed
    nominal = spec.next_after(now)
    if nominal is None:
        return
    entry = entry_for(spec, schedule_id="sched_x", input={}, nominal=nominal, now=now)
    if recurs_on_aws(spec):
        assert entry is not None
        assert entry.name == "sched_x"
        assert entry.delete_after == isinstance(spec, Once)
        assert entry.start is None or int(entry.start.timestamp()) == nominal > now
        return
    assert (entry is None) == (nominal - now <= LONGEST_DELAY)
    if entry is not None:
        aws = parse(entry.expression, timezone=entry.timezone)
        (fire,) = fires(aws, now, nominal)
        assert fire == nominal - LEAD > now
        assert nominal - fire <= LONGEST_DELAY
        assert (entry.name, entry.delete_after) == (f"sched_x-{nominal}", True)
