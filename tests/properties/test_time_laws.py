"""Laws of time, for any spec, zone and instant: `next_after` against the independent `matches`, and settlements."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from agent_schedules.domain.settlement import decide
from agent_schedules.timing.spec import Cron, Interval, Spec
from agent_schedules.timing.zones import zone
from hypothesis import strategies as st

from tests.support.schedules import schedule_of
from tests.support.times import DAY, changes, changing_zones, crons, instants, law, moments, second_crons, specs

GRACE = 3600


@law(moments(), examples=120)
def test_the_next_occurrence_matches_and_comes_later(drawn: tuple[Spec, int]) -> None:
    spec, instant = drawn
    found = spec.next_after(instant)
    if found is not None:
        assert found > instant
        assert spec.matches(found)
        following = spec.next_after(found)
        assert following is None or following > found


@law(moments(), st.integers(1, 10**7), examples=120)
def test_instants_before_the_next_occurrence_share_it(drawn: tuple[Spec, int], jump: int) -> None:
    spec, instant = drawn
    found = spec.next_after(instant)
    if found is not None:
        assert spec.next_after(instant + jump % (found - instant)) == found


@law(moments(crons()), examples=100)
def test_nothing_matches_before_the_next_occurrence(drawn: tuple[Cron, int]) -> None:
    spec, instant = drawn
    found = spec.next_after(instant)
    end = instant + DAY if found is None else min(found, instant + DAY)
    assert not any(spec.matches(minute) for minute in range(instant // 60 * 60 + 60, end, 60))


@law(moments(second_crons()), examples=30)
def test_nothing_between_an_instant_and_its_next_second_matches(drawn: tuple[Cron, int]) -> None:
    spec, instant = drawn
    found = spec.next_after(instant)
    end = instant + 7200 if found is None else min(found, instant + 7200)
    assert not any(spec.matches(second) for second in range(instant + 1, end))


@law(moments(), st.integers(0, 3 * DAY), examples=150)
def test_what_lies_in_a_gap_is_what_next_after_walks_through(drawn: tuple[Spec, int], gap: int) -> None:
    spec, instant = drawn
    walked = itertools.takewhile(lambda found: found <= instant + gap, occurrences(spec, instant))
    found = list(itertools.islice(walked, 5_000))
    until = found[-1] if len(found) == 5_000 else instant + gap
    assert spec.count_in(instant, until) == len(found)
    assert spec.last_in(instant, until) == (found[-1] if found else None)


@law(moments(), st.integers(0, 40 * 365 * DAY), st.integers(0, 40 * 365 * DAY), examples=60)
def test_the_counts_of_two_gaps_are_the_count_of_both(drawn: tuple[Spec, int], first: int, second: int) -> None:
    spec, start = drawn
    middle, end = start + first, start + first + second
    assert spec.count_in(start, end) == spec.count_in(start, middle) + spec.count_in(middle, end)
    last, following = spec.last_in(start, end), spec.next_after(start)
    assert (last is None) == (following is None or following > end) == (spec.count_in(start, end) == 0)
    if last is not None:
        assert spec.matches(last)
        later = spec.next_after(last)
        assert later is None or later > end


@law(st.deferred(lambda: st.sampled_from(changing_zones())), crons(), st.integers(0, 2), examples=60)
def test_missing_times_are_skipped_and_repeated_ones_run_once(name: str, drawn: Cron, which: int) -> None:
    spec, tz = replace(drawn, timezone=name), zone(name)
    change = changes(name)[which % len(changes(name))]
    first, last = change - 3 * 3600, change + 3 * 3600
    shown: set[datetime] = set()
    expected: list[int] = []
    for instant in range(first // 60 * 60 + 60, last + 1, 60):
        local = datetime.fromtimestamp(instant, tz).replace(tzinfo=None, fold=0)
        if spec.fields.matches(local) and (local not in shown or spec.fields.every_hour):
            expected.append(instant)
        shown.add(local)
    found = list(itertools.takewhile(lambda instant: instant <= last, occurrences(spec, first)))
    assert found == expected


@law(crons(), instants, examples=60)
def test_five_fields_are_six_fields_at_second_0(spec: Cron, instant: int) -> None:
    assert spec.fields.seconds == (0,)
    found = spec.next_after(instant)
    assert found is None or datetime.fromtimestamp(found, zone(spec.timezone)).second == 0
    assert replace(spec, second_exact=True).next_after(instant) == found


@law(st.integers(1, 10**6), instants, st.integers(0, 10**8), examples=60)
def test_an_interval_keeps_its_grid_whatever_clocks_do(seconds: int, first: int, passed: int) -> None:
    for spec in (Interval(seconds, first), Interval(seconds, first, second_exact=True, timezone="Europe/Riga")):
        found = spec.next_after(first + passed)
        assert found is not None
        assert (found - first) % seconds == 0
        assert first + passed < found <= first + passed + seconds


@law(specs, instants, st.lists(st.integers(0, 20_000), min_size=1, max_size=12), examples=100)
def test_every_occurrence_gets_exactly_one_outcome(spec: Spec, begun: int, gaps: list[int]) -> None:
    settled_until = now = begun
    covered: list[int] = []
    counted = 0
    for gap in gaps:
        now += gap
        while (settlement := decide(schedule_of(spec, settled_until), now=now, grace=GRACE)) is not None:
            assert settlement.settled_until > settled_until
            assert settlement.next_run_at == spec.next_after(settlement.settled_until)
            assert all(settled_until < nominal <= now for nominal in settlement.runs)
            covered += settlement.runs
            counted += len(settlement.runs) + sum(record.count for record in settlement.records)
            settled_until = settlement.settled_until
    assert counted == sum(1 for _ in itertools.takewhile(lambda found: found <= now, occurrences(spec, begun)))
    assert covered == sorted(set(covered))


def occurrences(spec: Spec, instant: int) -> Iterator[int]:
    """Every occurrence after `instant`."""
    while (found := spec.next_after(instant)) is not None:
        yield found
        instant = found


def test_a_spec_near_the_end_of_the_calendar_ends() -> None:
    last = int(datetime(2199, 12, 31, 23, 59, tzinfo=UTC).timestamp())
    spec = Cron("* * * * *", "UTC")
    assert spec.next_after(last - 60) == last
    assert spec.next_after(last) is None
