"""The local evaluator of AWS expressions: every syntax form, refusals and clock changes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from dev.scheduler.expressions import InvalidExpression, parse


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(expression: str, after: str, count: int, zone: str = "UTC", **bounds: datetime) -> list[str]:
    """The next fires as ISO text without the offset, in UTC; shorter than `count` when they end."""
    parsed, found = parse(expression, timezone=zone, **bounds), list[str]()
    moment: datetime | None = utc(after)
    while len(found) < count and moment is not None:
        moment = parsed.next_fire(moment)
        found += [] if moment is None else [moment.strftime("%Y-%m-%dT%H:%M:%S")]
    return found


def minutes(expression: str, after: str, count: int, **bounds: datetime) -> list[str]:
    return [fire[:16] for fire in fires(expression, after, count, "UTC", **bounds)]


# 2026-01-01 is a Thursday.
SYNTAX = {
    "value": ("cron(5 10 * * ? *)", ["01-01T10:05", "01-02T10:05"]),
    "leading zeros": ("cron(05 08 * * ? *)", ["01-01T08:05", "01-02T08:05"]),
    "list": ("cron(0,30 10 * * ? *)", ["01-01T10:00", "01-01T10:30", "01-02T10:00"]),
    "range of one": ("cron(30-30 13-13 ? * 2,4,6 *)", ["01-02T13:30", "01-05T13:30"]),
    "step from a value": ("cron(20/20 10 * * ? *)", ["01-01T10:20", "01-01T10:40", "01-02T10:20"]),
    "step over all": ("cron(*/25 10 * * ? *)", ["01-01T10:00", "01-01T10:25", "01-01T10:50", "01-02T10:00"]),
    "step over a range": ("cron(1-10/4 10 * * ? *)", ["01-01T10:01", "01-01T10:05", "01-01T10:09", "01-02T10:01"]),
    "step, range and value": ("cron(0-1,50/9 10 * * ? *)", ["01-01T10:00", "01-01T10:01", "01-01T10:50"]),
    "month name": ("cron(0 0 1 FEB ? *)", ["02-01T00:00"]),
    "month names, any case": ("cron(0 0 1 feb-Apr ? *)", ["02-01T00:00", "03-01T00:00", "04-01T00:00"]),
    "weekday names": ("cron(0 8 ? * MON-FRI *)", ["01-01T08:00", "01-02T08:00", "01-05T08:00"]),
    "weekday names, any case": ("cron(0 8 ? * sun,Sat *)", ["01-03T08:00", "01-04T08:00"]),
    "weekday 1 is Sunday": ("cron(0 8 ? * 1 *)", ["01-04T08:00", "01-11T08:00"]),
    "weekday step": ("cron(0 8 ? * 2/2 *)", ["01-02T08:00", "01-05T08:00", "01-07T08:00"]),
    "last day": ("cron(0 0 L * ? *)", ["01-31T00:00", "02-28T00:00", "03-31T00:00"]),
    "last weekday": ("cron(0 0 LW * ? *)", ["01-30T00:00", "02-27T00:00", "03-31T00:00"]),
    "nearest weekday of a Saturday": ("cron(0 0 10W 1 ? *)", ["01-09T00:00"]),
    "nearest weekday of Sunday the 1st": ("cron(0 0 1W 2 ? *)", ["02-02T00:00"]),
    "nearest weekday of Sunday the 31st": ("cron(0 0 31W 5 ? *)", ["05-29T00:00"]),
    "nearest weekday of no such day": ("cron(0 0 31W * ? *)", ["01-30T00:00", "03-31T00:00"]),
    "last Friday by name": ("cron(0 0 ? * FRIL *)", ["01-30T00:00", "02-27T00:00"]),
    "last day of the week": ("cron(0 0 ? * L *)", ["01-03T00:00", "01-10T00:00"]),
    "second Tuesday by name": ("cron(0 0 ? * tue#2 *)", ["01-13T00:00", "02-10T00:00"]),
    "fifth Sunday, rare": ("cron(0 0 ? * 1#5 *)", ["03-29T00:00", "05-31T00:00"]),
    "rate": ("rate(90 minutes)", ["01-01T07:30", "01-01T09:00"]),
    "rate, singular unit": ("rate(1 hour)", ["01-01T07:00", "01-01T08:00"]),
    "rate, plural of one": ("rate(1 hours)", ["01-01T07:00"]),
    "rate, singular of many": ("rate(2 day)", ["01-03T06:00", "01-05T06:00"]),
    "at": ("at(2026-01-01T07:00:00)", ["01-01T07:00"]),
}


@pytest.mark.parametrize(("expression", "expected"), SYNTAX.values(), ids=SYNTAX.keys())
def test_syntax(expression: str, expected: list[str]) -> None:
    found = minutes(expression, "2026-01-01T06:00", len(expected), created=utc("2026-01-01T06:00"))
    assert found == ["2026-" + moment for moment in expected]
    assert parse(expression, timezone="UTC").one_time is expression.startswith("at")


YEARS = {
    "29 February": ("cron(0 0 29 2 ? *)", ["2028-02-29", "2032-02-29"]),
    "29 February 2100 is none": ("cron(0 0 29 2 ? 2097/1)", ["2104-02-29"]),
    "years": ("cron(0 0 1 1 ? 2030,2040-2041)", ["2030-01-01", "2040-01-01", "2041-01-01"]),
    "every other year": ("cron(0 0 1 1 ? 2026/2)", ["2028-01-01", "2030-01-01"]),
    "every tenth year of some": ("cron(0 0 1 1 ? 2030-2049/10)", ["2030-01-01", "2040-01-01"]),
    "last year": ("cron(0 0 1 1 ? 2199)", ["2199-01-01"]),
    "years gone by": ("cron(0 0 1 1 ? 1970-2025)", []),
    "30 February": ("cron(0 0 30 2 ? *)", []),
    "rate of ten years": ("rate(5256000 minutes)", ["2035-12-30"]),
    "rate beyond the calendar": (f"rate({'9' * 200} days)", []),
}


@pytest.mark.parametrize(("expression", "expected"), YEARS.values(), ids=YEARS.keys())
def test_years(expression: str, expected: list[str]) -> None:
    found = minutes(expression, "2026-01-01T06:00", len(expected) or 1, created=utc("2026-01-01T06:00"))
    assert [moment[:10] for moment in found] == expected


def test_nothing_fires_after_the_last_year() -> None:
    assert minutes("cron(58/1 23 31 12 ? *)", "2199-12-31T23:57", 9) == ["2199-12-31T23:58", "2199-12-31T23:59"]
    assert minutes("rate(1 minute)", "2199-12-31T23:58", 9, start=utc("2026-01-01")) == ["2199-12-31T23:59"]
    first = parse("cron(0 0 1 1 ? 1970)", timezone="UTC")
    assert first.next_fire(utc("0001-01-01")) == utc("1970-01-01")
    assert first.next_fire(utc("9999-12-31T23:59")) is None


REFUSED = [
    "", "hourly", "Cron(0 0 * * ? *)", " cron(0 0 * * ? *)", "cron(0 0 * * ? *", "cron(0 0 * * ? *)x",
    "cron(0 0 * * ?)", "cron(0 0 * * ? * *)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)", "cron(0 0 1 * MON *)",
    "cron(0 0 1 * * *)", "cron(? 0 * * ? *)", "cron(60 0 * * ? *)", "cron(0 24 * * ? *)", "cron(-1 0 * * ? *)",
    "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 * 0 ? *)", "cron(0 0 * 13 ? *)", "cron(0 0 ? * 0 *)",
    "cron(0 0 ? * 8 *)", "cron(0 0 * * ? 1969)", "cron(0 0 * * ? 2200)", "cron(30-10 0 * * ? *)",
    "cron(0 22-2 * * ? *)", "cron(0 0 ? * FRI-MON *)", "cron(0 0 * OCT-FEB ? *)", "cron(*/0 0 * * ? *)",
    "cron(*/60 * * * ? *)", "cron(*-5 0 * * ? *)", "cron(1,,2 0 * * ? *)", "cron(1- 0 * * ? *)", "cron(/5 0 * * ? *)",
    "cron(MON 0 * * ? *)", "cron(0 0 * FOO ? *)", "cron(0 0 * JANUARY ? *)", "cron(0 0 ? * 3#1,6#3 *)",
    "cron(0 0 ? * 3#6 *)", "cron(0 0 ? * 3#0 *)", "cron(0 0 ? * 8#1 *)", "cron(0 0 ? * 3#2L *)", "cron(0 0 ? * 2W *)",
    "cron(0 0 1#2 * ? *)", "cron(0 0 0W * ? *)", "cron(0 0 32W * ? *)", "cron(0 0 1,L * ? *)", "cron(0 0 L-3 * ? *)",
    "cron(1.5 0 * * ? *)", "cron(\u0661 0 * * ? *)", "rate(0 minutes)", "rate(-5 minutes)", "rate(1.5 hours)",
    "rate(5)", "rate(5 seconds)", "rate(5 weeks)", "rate(minute)", "rate()", "at(2026-02-29T00:00:00)",
    "at(2026-01-01T24:00:00)", "at(2026-01-01T00:00)", "at(2026-01-01 00:00:00)", "at(2026-01-01T00:00:00Z)",
    "at(2026-1-1T00:00:00)", "at(2200-01-01T00:00:00)", f"cron({','.join(['0'] * 150)} 0 * * ? *)",
]  # fmt: skip


@pytest.mark.parametrize("expression", REFUSED)
def test_refused(expression: str) -> None:
    with pytest.raises(InvalidExpression) as refusal:
        parse(expression, timezone="UTC")
    assert str(refusal.value) == f"Invalid Schedule Expression {expression}."
    assert refusal.value.reason


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "europe/riga", "../UTC", "+02:00"])
def test_zone_refused(zone: str) -> None:
    with pytest.raises(InvalidExpression):
        parse("rate(1 hour)", timezone=zone)


def test_longest_text_is_accepted() -> None:
    text = f"cron({'0,' * 119}0 0 * * ? *)"
    padded = text[:-1] + " " * (256 - len(text)) + ")"
    assert minutes(padded, "2026-01-01T06:00", 1) == ["2026-01-02T00:00"]
    with pytest.raises(InvalidExpression):
        parse(padded.replace(")", " )"), timezone="UTC")


def test_times_need_an_offset() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="offset"):
        parse("cron(0 0 * * ? *)", timezone="UTC", start=naive)
    with pytest.raises(ValueError, match="offset"):
        parse("cron(0 0 * * ? *)", timezone="UTC").next_fire(naive)


# Zone, expression, asked after, fires (in the year of `after` unless written).
CLOCK_CHANGES = {
    "skipped in Lisbon": ("Europe/Lisbon", "cron(30 1 * * ? *)", "2026-03-27T12:00", "03-28T01:30 03-30T00:30"),
    "round the gap": ("Europe/Lisbon", "cron(0/30 0-2 29 3 ? *)", "2026-03-29T00:00", "03-29T00:30 03-29T01:00"),
    "repeated, Lisbon": ("Europe/Lisbon", "cron(30 1 * * ? *)", "2026-10-24T12:00", "10-25T00:30 10-26T01:30"),
    "asked in a first pass": ("Europe/Lisbon", "cron(0/30 * 25 10 ? *)", "2026-10-25T00:30", "10-25T02:00"),
    "skipped in New York": ("America/New_York", "cron(30 2 * * ? *)", "2026-03-07T12:00", "03-09T06:30 03-10T06:30"),
    "repeated in New York": ("America/New_York", "cron(30 1 * * ? *)", "2026-10-31T12:00", "11-01T05:30 11-02T06:30"),
    "half hour lost": ("Australia/Lord_Howe", "cron(0/15 2 4 10 ? *)", "2026-10-03T00:00", "10-03T15:30 10-03T15:45"),
    "half hour again": ("Australia/Lord_Howe", "cron(0/15 1-2 5 4 ? *)", "2026-04-04T14:30", "04-04T14:45 04-04T15:30"),
    "no midnight in Beirut": ("Asia/Beirut", "cron(0 0 * * ? *)", "2024-03-29T12:00", "03-29T22:00 03-31T21:00"),
    "two 23:30 in Beirut": ("Asia/Beirut", "cron(30 23 * * ? *)", "2024-10-26T12:00", "10-26T20:30 10-27T21:30"),
    "two hours lost": ("Antarctica/Troll", "cron(30 2 * * ? *)", "2026-03-28T12:00", "03-30T00:30 03-31T00:30"),
    "two hours again": ("Antarctica/Troll", "cron(30 2 * * ? *)", "2026-10-24T12:00", "10-25T00:30 10-26T02:30"),
    "lost after Ramadan": ("Africa/Casablanca", "cron(30 2 * * ? *)", "2026-03-21T12:00", "03-23T01:30"),
    "again before Ramadan": ("Africa/Casablanca", "cron(30 2 * * ? *)", "2026-02-14T12:00", "02-15T01:30 02-16T02:30"),
    "a cut hour": ("Pacific/Chatham", "cron(0/15 3 27 9 ? *)", "2026-09-26T12:00", "09-26T14:00 2027-09-26T13:15"),
    "no 30 December in Apia": ("Pacific/Apia", "cron(0 12 * * ? *)", "2011-12-28T23:00", "12-29T22:00 12-30T22:00"),
    "30 December in Apia alone": ("Pacific/Apia", "cron(0 12 30 12 ? *)", "2011-01-01T00:00", "2012-12-29T22:00"),
    "rate of a day over a change": ("America/New_York", "rate(1 day)", "2026-03-07T15:00", "03-08T14:00 03-09T14:00"),
    "at, first pass": ("Europe/Lisbon", "at(2026-10-25T01:30:00)", "2026-01-01T00:00", "10-25T00:30"),
    "at, skipped: later": ("Europe/Lisbon", "at(2026-03-29T01:30:00)", "2026-01-01T00:00", "03-29T01:30"),
    "UTC has no change": ("UTC", "cron(30 1 29 3 ? *)", "2026-03-28T12:00", "03-29T01:30"),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
def test_clock_changes(zone: str, expression: str, after: str, expected: str) -> None:
    moments = [moment if len(moment) == 16 else after[:5] + moment for moment in expected.split()]
    found = fires(expression, after, len(moments), zone, created=utc("2026-03-01T14:00"))
    assert found == [moment + ":00" for moment in moments]


def test_bounds() -> None:
    start, end = utc("2026-01-10T08:00"), utc("2026-01-12T08:00")
    daily = ["2026-01-10T08:00", "2026-01-11T08:00", "2026-01-12T08:00"]
    for expression in ("cron(0 8 * * ? *)", "rate(1 day)"):
        assert minutes(expression, "2026-01-01T00:00", 9, start=start, end=end) == daily
        assert minutes(expression, "2026-01-10T08:00", 9, start=start, end=end) == daily[1:]
    inside = {"start": start + timedelta(seconds=1), "end": end - timedelta(seconds=1)}
    assert minutes("cron(0 8 * * ? *)", "2026-01-01T00:00", 9, **inside) == daily[1:2]
    # at() ignores both.
    assert minutes("at(2026-01-09T00:00:00)", "2026-01-01T00:00", 9, start=start, end=end) == ["2026-01-09T00:00"]


def test_rate_starts_at_its_start_or_at_its_creation() -> None:
    start = datetime.fromisoformat("2026-01-10T10:00:07.9+02:00")
    created = utc("2026-01-01T00:00:03")
    assert fires("rate(1 hour)", "2026-01-01", 2, start=start, created=created) == [
        "2026-01-10T08:00:07",
        "2026-01-10T09:00:07",
    ]
    assert fires("rate(1 hour)", "2026-01-01", 2, created=created) == ["2026-01-01T00:00:03", "2026-01-01T01:00:03"]
    assert fires("rate(1 hour)", "2026-02-01T00:30", 1, created=created) == ["2026-02-01T01:00:03"]
    with pytest.raises(ValueError, match="creation time"):
        parse("rate(1 hour)", timezone="UTC").next_fire(created)


def test_independent_of_the_service() -> None:
    code = "import sys, dev.scheduler.expressions, dev.scheduler.dispatcher; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "dev.scheduler.dispatcher" in loaded
    assert not [name for name in loaded if name.startswith("agent_schedules")]
