"""What a spec is armed with: the entry's text and zone, on the edges of every limit of EventBridge and SQS."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.domain.entries import SOONEST_ENTRY, aws_cron, entry_for, occurrence_entry, recurs_on_aws
from agent_schedules.storage.definitions import timing_of
from agent_schedules.timing.spec import LATEST, LONGEST_INTERVAL, Cron, Interval, Once, Spec

from dev.scheduler import expressions
from tests.support.times import once_at, seconds_of

NOW = seconds_of("2026-03-01T00:00:00Z")
RIGA = "Europe/Riga"


def cron(expression: str, zone: str = RIGA, *, exact: bool = False) -> Cron:
    return Cron(expression, zone, exact)


RENDERED = {
    "fixed time": ("30 9 * * *", RIGA, "cron(30 9 * * ? *)", RIGA),
    "weekdays": ("30 9 * * mon-fri", RIGA, "cron(30 9 ? * 2-6 *)", RIGA),
    "Sunday, as 0 and 7": ("0 0 * * 0,7", RIGA, "cron(0 0 ? * 1 *)", RIGA),
    "Saturday and Sunday": ("0 0 * * 6-7", RIGA, "cron(0 0 ? * 1,7 *)", RIGA),
    "days of a month": ("0 0 1,15,30-31 * *", RIGA, "cron(0 0 1,15,30,31 * ? *)", RIGA),
    "months": ("0 0 1 */3 *", RIGA, "cron(0 0 1 1,4,7,10 ? *)", RIGA),
    "a step that restarts each hour": ("*/25 3 * * *", RIGA, "cron(0,25,50 3 * * ? *)", RIGA),
    "OR of two day fields: every day": ("0 0 13 2 5", RIGA, "cron(0 0 * 2 ? *)", RIGA),
    "OR that is every day anyway": ("0 0 13 * 0-6", RIGA, "cron(0 0 * * ? *)", RIGA),
    "AND: the sparser field": ("0 0 */2 * 1", RIGA, "cron(0 0 ? * 2 *)", RIGA),
    "AND: the other": ("0 0 */30 * 1-6", RIGA, "cron(0 0 1,31 * ? *)", RIGA),
    "AND of all days": ("0 0 * * 1", RIGA, "cron(0 0 ? * 2 *)", RIGA),
    # Open in hour, day and month: in UTC, where nothing repeats.
    "every minute": ("* * * * *", RIGA, "cron(* * * * ? *)", "UTC"),
    "every quarter": ("*/15 * * * *", RIGA, "cron(0,15,30,45 * * * ? *)", "UTC"),
    "minutes that do not divide the hour": ("*/7 * * * *", RIGA, "cron(0,7,14,21,28,35,42,49,56 * * * ? *)", "UTC"),
    "45 minutes off": ("0,20 * * * *", "Asia/Kathmandu", "cron(15,35 * * * ? *)", "UTC"),
    "half an hour off": ("*/7 * * * *", "Asia/Kolkata", "cron(5,12,19,26,30,37,44,51,58 * * * ? *)", "UTC"),
    "half-hour change: both readings": ("10 * * * *", "Australia/Lord_Howe", "cron(10,40 * * * ? *)", "UTC"),
    "half-hour change, nothing to add": ("*/30 * * * *", "Australia/Lord_Howe", "cron(0,30 * * * ? *)", "UTC"),
    "open hour, chosen day": ("*/15 * * * 1", RIGA, "cron(0,15,30,45 * ? * 2 *)", RIGA),
    "chosen hours": ("*/30 */2 * * *", RIGA, "cron(0,30 0,2,4,6,8,10,12,14,16,18,20,22 * * ? *)", RIGA),
}


@pytest.mark.parametrize(("expression", "zone", "text", "rendered_in"), RENDERED.values(), ids=RENDERED.keys())
def test_a_cron_as_aws_reads_it(expression: str, zone: str, text: str, rendered_in: str) -> None:
    assert aws_cron(cron(expression, zone), NOW) == (text, rendered_in)
    entry = entry_for(cron(expression, zone), schedule_id="s", key={"v": 1}, nominal=NOW + 60, now=NOW)
    assert entry is not None
    assert (entry.name, entry.expression, entry.timezone) == ("s", text, rendered_in)
    assert (entry.start, entry.delete_after, entry.input) == (None, False, {"v": 1})
    expressions.parse(text, timezone=rendered_in)


def test_an_offset_that_is_over_adds_nothing() -> None:
    # Pyongyang was half an hour off until 2018-05-04.
    spec = cron("0 * * * *", "Asia/Pyongyang")
    assert aws_cron(spec, seconds_of("2018-02-01T00:00:00Z"))[0] == "cron(0,30 * * * ? *)"
    assert aws_cron(spec, NOW)[0] == "cron(0 * * * ? *)"


def longest(low: int, high: int) -> tuple[int, ...]:
    """The values of a field whose rendering is the longest: by the length of the runs of values that it is made of."""
    best: dict[int, tuple[int, tuple[int, ...]]] = {high + 1: (-1, ()), high + 2: (-1, ())}
    for begin in range(high, low - 1, -1):
        options = [best[begin + 1]]
        for end in range(begin, high + 1):
            # A run is one number, or two with a comma or a dash between; after it comes a comma and a gap.
            text = str(begin) if end == begin else f"{begin}-{end}"
            rest, values = best[end + 2]
            options.append((len(text) + 1 + rest, (*range(begin, end + 1), *values)))
        best[begin] = max(options)
    return best[low][1]


def test_the_longest_expression_fits_awss_256_characters() -> None:
    minutes, hours, days, months = longest(0, 59), longest(0, 23), longest(1, 31), longest(1, 12)
    texts = [",".join(map(str, values)) for values in (minutes, hours, days, months)]
    assert [len(text) for text in texts] == [113, 41, 56, 17]
    rendered, _ = aws_cron(cron(f"{texts[0]} {texts[1]} {texts[2]} {texts[3]} *"), NOW)
    assert len(rendered) == len("cron(    ? *)") + 113 + 41 + 56 + 17 == 240
    expressions.parse(rendered, timezone=RIGA)
    # A field of the days of the week is shorter, and so is everything that is said in UTC.
    assert len(aws_cron(cron(f"{texts[0]} {texts[1]} * {texts[3]} 0,1,3,5"), NOW)[0]) < 240
    assert len(aws_cron(cron(f"{texts[0]} * * * *", "Australia/Lord_Howe"), NOW)[0]) < 240


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
    entry = entry_for(Interval(seconds, nominal), schedule_id="s", key={}, nominal=nominal, now=NOW)
    assert entry is not None
    assert (entry.name, entry.expression, entry.timezone, entry.delete_after) == ("s", text, "UTC", False)
    assert entry.start == datetime.fromtimestamp(nominal, UTC)
    assert expressions.parse(text, timezone="UTC", start=entry.start).next_fire(
        datetime.fromtimestamp(NOW, UTC)
    ) == datetime.fromtimestamp(nominal, UTC)


def test_a_once_is_an_at_to_the_second_and_never_in_the_past() -> None:
    for ahead, at in [(100_007, 100_007), (61, 61), (60, 60), (1, SOONEST_ENTRY), (-60, SOONEST_ENTRY)]:
        entry = entry_for(once_at(NOW + ahead), schedule_id="s", key={}, nominal=NOW + ahead, now=NOW)
        assert entry is not None
        assert entry.expression == f"at({datetime.fromtimestamp(NOW + at, UTC):%Y-%m-%dT%H:%M:%S})"
        assert (entry.name, entry.timezone, entry.start, entry.delete_after) == ("s", "UTC", None, True)
    entry = entry_for(once_at(LATEST), schedule_id="s", key={}, nominal=LATEST, now=NOW)
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
        assert entry_for(spec, schedule_id="s", key={}, nominal=NOW + ahead, now=NOW) is None
    for ahead in (901, 5000, LONGEST_INTERVAL):
        nominal = NOW + ahead
        entry = entry_for(spec, schedule_id="s", key={"v": 1}, nominal=nominal, now=NOW)
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
