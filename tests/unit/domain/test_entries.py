"""What a spec is armed with: the entry's text and zone, on the edges of every limit of EventBridge and SQS."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.domain.entries import SOONEST_ENTRY, entry_for, occurrence_entry, recurs_on_aws
from agent_schedules.storage.definitions import timing_of
from agent_schedules.timing.spec import LATEST, LONGEST_INTERVAL, Cron, Interval, Once, Spec

from dev.scheduler import expressions
from tests.support.times import once_at, seconds_of

NOW = seconds_of("2026-03-01T00:00:00Z")
RIGA = "Europe/Riga"


def cron(expression: str, zone: str = RIGA, *, exact: bool = False) -> Cron:
    return Cron(expression, zone, exact)


INTERVALS = [
    (60, "rate(1 minute)"),
    (120, "rate(2 minutes)"),
    (3600, "rate(60 minutes)"),
    (86_400, "rate(1440 minutes)"),
    (LONGEST_INTERVAL, "rate(5256000 minutes)"),
]


@pytest.mark.parametrize(("seconds", "text"), INTERVALS)
@pytest.mark.parametrize("ahead", [1, 900, LONGEST_INTERVAL])
def test_whole_minutes_are_a_rate_from_the_next_occurrence(seconds: int, text: str, ahead: int) -> None:
    nominal = NOW + ahead
    entry = entry_for(Interval(seconds, nominal), schedule_id="s", input={}, nominal=nominal, now=NOW)
    assert entry is not None
    assert (entry.name, entry.expression, entry.timezone, entry.delete_after) == ("s", text, "UTC", False)
    assert entry.start == datetime.fromtimestamp(nominal, UTC)
    assert expressions.parse(text, timezone="UTC", start=entry.start).next_fire(
        datetime.fromtimestamp(NOW, UTC)
    ) == datetime.fromtimestamp(nominal, UTC)


def test_a_once_is_an_at_to_the_second_and_never_in_the_past() -> None:
    for ahead, at in [(100_007, 100_007), (61, 61), (60, 60), (1, SOONEST_ENTRY), (-60, SOONEST_ENTRY)]:
        entry = entry_for(once_at(NOW + ahead), schedule_id="s", input={}, nominal=NOW + ahead, now=NOW)
        assert entry is not None
        assert entry.expression == f"at({datetime.fromtimestamp(NOW + at, UTC):%Y-%m-%dT%H:%M:%S})"
        assert (entry.name, entry.timezone, entry.start, entry.delete_after) == ("s", "UTC", None, True)
    entry = entry_for(once_at(LATEST), schedule_id="s", input={}, nominal=LATEST, now=NOW)
    assert entry is not None
    assert entry.expression == "at(2199-12-31T23:59:59)"


EXACT: dict[str, Spec] = {
    "once": once_at(NOW + 5000, second_exact=True),
    "whole minutes": Interval(60, NOW, second_exact=True),
    "odd seconds": Interval(90, NOW),
    "odd seconds, said twice": Interval(90, NOW, second_exact=True),
    "cron": cron("30 9 * * *", exact=True),
    "cron with seconds": cron("15 30 9 * * *", exact=True),
    "cron open in all but seconds": cron("*/20 * * * * *", exact=True),
}


@pytest.mark.parametrize("spec", EXACT.values(), ids=EXACT.keys())
def test_what_must_be_exact_to_the_second_goes_by_look_ahead(spec: Spec) -> None:
    assert not recurs_on_aws(spec)
    for ahead in (1, 120, 899, 900):  # what one message can be held back
        assert entry_for(spec, schedule_id="s", input={}, nominal=NOW + ahead, now=NOW) is None
    for ahead in (901, 5000, LONGEST_INTERVAL):
        nominal = NOW + ahead
        entry = entry_for(spec, schedule_id="s", input={"v": 1}, nominal=nominal, now=NOW)
        assert entry is not None
        assert entry.name == occurrence_entry("s", nominal) == f"s-{nominal}"
        fire = expressions.parse(entry.expression, timezone="UTC").next_fire(datetime.fromtimestamp(NOW, UTC))
        # Early enough for a fire that comes a minute late, near enough for the rest to fit one message's delay.
        assert fire == datetime.fromtimestamp(nominal - 120, UTC)
        assert (entry.start, entry.delete_after, entry.input) == (None, True, {"v": 1})


@pytest.mark.parametrize("spec", [once_at(NOW + 7), Interval(60, NOW + 7), Interval(120, NOW), cron("* * * * *")])
def test_the_rest_is_said_in_one_entry(spec: Spec) -> None:
    assert recurs_on_aws(spec)


def test_look_ahead_names_fit_awss_64_characters() -> None:
    assert len(occurrence_entry("sched_" + "0" * 26, LATEST)) <= 64


def test_the_stored_precision_makes_a_spec_second_exact() -> None:
    once = {"type": "once", "run_at": "2026-05-01T07:00:00.250Z", "timezone": RIGA}
    interval = {"type": "interval", "interval_seconds": 60, "first": NOW, "timezone": RIGA}
    five = {"type": "cron", "cron_expression": "30 9 * * *", "timezone": RIGA}
    run_at = datetime(2026, 5, 1, 7, 0, 0, 250_000, UTC)
    assert timing_of(once).next_after(0) == seconds_of("2026-05-01T07:00:01Z")
    assert timing_of(once) == Once(run_at, second_exact=False, timezone=RIGA)
    assert timing_of(once | {"precision": "second"}) == Once(run_at, second_exact=True, timezone=RIGA)
    assert timing_of(interval) == Interval(60, NOW, second_exact=False, timezone=RIGA)
    assert timing_of(interval | {"precision": "second"}) == Interval(60, NOW, second_exact=True, timezone=RIGA)
    assert timing_of(five) == cron("30 9 * * *")
    assert timing_of(five | {"precision": "second"}) == cron("30 9 * * *", exact=True)
    six = {"type": "cron", "cron_expression": "15 30 9 * * *", "timezone": RIGA, "precision": "second"}
    assert timing_of(six) == cron("15 30 9 * * *", exact=True)
