"""Laws of time, for any spec, zone and instant: `next_after` against the independent `matches`, and AWS's view of
both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from agent_schedules.arming import aws_cron, entry_for
from agent_schedules.cron import CronFields
from agent_schedules.errors import InvalidRequest
from agent_schedules.schedules import decide
from agent_schedules.timetable import Cron, Interval, Once, Spec, matches, next_after
from agent_schedules.zones import zone, zone_names
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dev import aws_expressions

YEAR = 366 * 86_400
instants = st.integers(
    int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())
)
zones = st.sampled_from(sorted(zone_names()))


def field(low: int, high: int) -> st.SearchStrategy[str]:
    """A cron field: stars, steps, values, ranges and lists."""
    number = st.integers(low, high)
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.integers(2, 9)
    stepped = st.tuples(ranges, steps).map(lambda pair: f"{pair[0]}/{pair[1]}")
    items = st.lists(st.one_of(number.map(str), ranges, stepped), min_size=1, max_size=3)
    return st.one_of(st.just("*"), steps.map(lambda step: f"*/{step}"), items.map(",".join))


@st.composite
def crons(draw: st.DrawFn) -> Cron:
    """Any cron expression that can occur, in any zone."""
    parts = [field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)]
    text = " ".join(draw(part) for part in parts)
    try:
        return Cron(CronFields.parse(text), draw(zones))
    except InvalidRequest:
        assume(False)
        raise


specs: st.SearchStrategy[Spec] = st.one_of(
    crons(),
    st.builds(Interval, st.integers(1, 10**6), instants),
    st.builds(Once, instants),
)


@given(specs, instants)
def test_the_next_occurrence_matches_and_comes_later(spec: Spec, instant: int) -> None:
    found = next_after(spec, instant)
    if found is not None:
        assert found > instant
        assert matches(spec, found)
        following = next_after(spec, found)
        assert following is None or following > found


@given(specs, instants, st.integers(1, 10**7))
def test_every_instant_before_the_next_occurrence_has_the_same_next(spec: Spec, instant: int, jump: int) -> None:
    found = next_after(spec, instant)
    if found is not None:
        assert next_after(spec, instant + jump % (found - instant)) == found


@settings(max_examples=40)
@given(crons(), instants)
def test_nothing_between_an_instant_and_its_next_occurrence_matches(spec: Cron, instant: int) -> None:
    found = next_after(spec, instant)
    end = instant + 86_400 if found is None else min(found, instant + 86_400)
    assert not any(matches(spec, minute) for minute in range(instant // 60 * 60 + 60, end, 60))


@settings(max_examples=60)
@given(zones, st.integers(2015, 2036))
def test_a_local_time_that_is_missing_is_skipped_and_one_that_repeats_runs_once(name: str, year: int) -> None:
    spec = Cron(CronFields.parse("*/30 * * * *"), name)
    tz = zone(name)
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(365 * 24)]
    changes = [h for h in hours if h.astimezone(tz).utcoffset() != (h + timedelta(hours=1)).astimezone(tz).utcoffset()]
    for change in changes[:2]:
        instant, last = int(change.timestamp()) - 7200, int(change.timestamp()) + 7200
        local: list[datetime] = []
        while (found := next_after(spec, instant)) is not None and found <= last:
            local.append(datetime.fromtimestamp(found, tz).replace(tzinfo=None, fold=0))
            instant = found
        assert len(local) == len(set(local))
        assert local == sorted(local)
        assert all(moment.minute in {0, 30} for moment in local)


@settings(max_examples=150)
@given(crons(), instants)
def test_awss_view_of_a_cron_filtered_by_matches_is_the_timetable(spec: Cron, instant: int) -> None:
    text = aws_cron(spec.fields)
    assert len(text) <= 256
    aws = aws_expressions.parse(text, timezone=spec.timezone)
    moment = datetime.fromtimestamp(instant, UTC)
    expected = instant
    for _ in range(300):
        fire = aws.next_fire(moment)
        if fire is None:
            assert next_after(spec, expected) is None
            return
        moment, fired = fire, int(fire.timestamp())
        if matches(spec, fired):
            assert next_after(spec, expected) == fired
            expected = fired
    following = next_after(spec, expected)
    assert following is None or following > int(moment.timestamp())


@given(st.integers(1, 10**5), instants, st.integers(0, 10**6))
def test_awss_view_of_a_whole_minute_interval_is_its_grid(minutes: int, first: int, passed: int) -> None:
    spec = Interval(minutes * 60, first)
    now = first + passed
    nominal = next_after(spec, now)
    assert nominal is not None
    entry = entry_for(spec, schedule_id="sched_x", key={}, nominal=nominal, now=now)
    assert entry is not None
    assert entry.start is not None
    start = datetime.fromtimestamp(now, UTC)
    aws = aws_expressions.parse(entry.expression, timezone=entry.timezone, start=entry.start, created=start)
    for _ in range(5):
        fire = aws.next_fire(start)
        assert fire is not None
        assert int(fire.timestamp()) == nominal
        start, nominal = fire, next_after(spec, nominal)


@given(st.integers(1, 10**7).filter(lambda seconds: seconds % 60 != 0), instants, st.integers(0, 10**7))
def test_any_other_interval_is_armed_early_enough_and_never_in_the_past(seconds: int, first: int, passed: int) -> None:
    spec = Interval(seconds, first)
    now = first + passed
    nominal = next_after(spec, now)
    assert nominal is not None
    entry = entry_for(spec, schedule_id="sched_x", key={}, nominal=nominal, now=now)
    assert (entry is None) == (nominal - now <= 900)
    if entry is not None:
        fire = aws_expressions.parse(entry.expression, timezone="UTC").next_fire(datetime.fromtimestamp(now, UTC))
        assert fire is not None
        assert int(fire.timestamp()) == nominal - 120
        assert entry.name == f"sched_x-{nominal}"


@given(specs, instants, st.lists(st.integers(0, 20_000), min_size=1, max_size=12))
def test_whenever_it_is_settled_every_occurrence_gets_exactly_one_outcome(
    spec: Spec, begun: int, gaps: list[int]
) -> None:
    if isinstance(spec, Interval):
        assume(spec.seconds >= 20)
    settled_until = now = begun
    covered: list[int] = []
    counted = 0
    for gap in gaps:
        now += gap
        while (settlement := decide(spec, settled_until=settled_until, now=now, grace=3600)) is not None:
            assert settlement.settled_until > settled_until
            assert settlement.next_run_at == next_after(spec, settlement.settled_until)
            assert all(settled_until < nominal <= now + 1 for nominal in settlement.runs)
            covered += settlement.runs
            counted += len(settlement.runs) + sum(record.count for record in settlement.records)
            settled_until = settlement.settled_until
    expected, instant = 0, begun
    while (found := next_after(spec, instant)) is not None and found <= now + 1:
        expected, instant = expected + 1, found
    assert counted == expected
    assert covered == sorted(set(covered))


@pytest.mark.parametrize("name", ["UTC", "Europe/Lisbon", "US/Pacific", "Etc/GMT+5"])
def test_zones_come_from_the_pinned_database(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize("name", ["Mars/Olympus", "+02:00", "UTC+2", "europe/lisbon", "", "../etc/passwd", "Factory\0"])
def test_anything_else_is_no_zone(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"schedule\.timezone: .*IANA"):
        zone(name)
