"""The local evaluator of cron() against an oracle that walks through the minutes."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dev.scheduler.expressions import parse
from tests.support.examples import examples

# A field's text with the values it stands for, and a day rule's two fields with its meaning.
Field = tuple[str, set[int]]
Days = tuple[str, str, Callable[[date], bool]]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The oracle walks through UTC minute by minute and asks whether the local minute matches, first passes only.


def field(low: int, high: int) -> st.SearchStrategy[Field]:
    value = st.integers(low, high)
    pair = st.tuples(value, value).map(sorted)
    step = st.integers(1, max(1, high // 2))
    item = st.one_of(
        value.map(lambda a: (str(a), {a})),
        pair.map(lambda p: (f"{p[0]}-{p[1]}", set(range(p[0], p[1] + 1)))),
        st.tuples(value, step).map(lambda p: (f"{p[0]}/{p[1]}", set(range(p[0], high + 1, p[1])))),
        step.map(lambda n: (f"*/{n}", set(range(low, high + 1, n)))),
        st.tuples(pair, step).map(lambda p: (f"{p[0][0]}-{p[0][1]}/{p[1]}", set(range(p[0][0], p[0][1] + 1, p[1])))),
        st.just(("*", set(range(low, high + 1)))),
    )
    return st.lists(item, min_size=1, max_size=3).map(
        lambda items: (",".join(text for text, _ in items), set().union(*(values for _, values in items)))
    )


def last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def aws_weekday(day: date) -> int:
    return (day.weekday() + 1) % 7 + 1


def is_nearest_weekday(day: date, wanted: int) -> bool:
    weekdays = [n for n in range(1, last_day(day) + 1) if day.replace(day=n).weekday() < 5]
    return wanted <= last_day(day) and day.day == min(weekdays, key=lambda n: abs(n - wanted))


DAYS: st.SearchStrategy[Days] = st.one_of(
    st.just(("*", "?", lambda day: True)),
    field(1, 31).map(lambda f: (f[0], "?", lambda day: day.day in f[1])),
    field(1, 7).map(lambda f: ("?", f[0], lambda day: aws_weekday(day) in f[1])),
    st.just(("L", "?", lambda day: day.day == last_day(day))),
    st.just(("LW", "?", lambda day: is_nearest_weekday(day, last_day(day)))),
    st.integers(1, 31).map(lambda n: (f"{n}W", "?", lambda day: is_nearest_weekday(day, n))),
    st.integers(1, 7).map(lambda n: ("?", f"{n}L", lambda day: aws_weekday(day) == n and day.day > last_day(day) - 7)),
    st.tuples(st.integers(1, 7), st.integers(1, 5)).map(
        lambda p: ("?", f"{p[0]}#{p[1]}", lambda day: aws_weekday(day) == p[0] and (day.day + 6) // 7 == p[1])
    ),
)
WINDOWS = st.sampled_from([
    ("Europe/Riga", "2026-03-28"), ("Europe/Riga", "2026-10-24"), ("America/New_York", "2026-10-31"),
    ("Australia/Lord_Howe", "2026-04-03"), ("Australia/Lord_Howe", "2026-10-02"), ("Asia/Beirut", "2024-03-30"),
    ("Pacific/Apia", "2011-12-29"), ("Asia/Kathmandu", "2028-02-28"), ("UTC", "2026-01-30"), ("UTC", "2027-12-30"),
])  # fmt: skip


@cache
def walk(zone: str, night: str) -> list[tuple[datetime, datetime]]:
    """Each minute of three days in UTC, with the zone's local time of it; second passes left out."""
    moments = [utc(night) + timedelta(minutes=minute) for minute in range(3 * 24 * 60 + 1)]
    pairs = [(moment, moment.astimezone(ZoneInfo(zone))) for moment in moments]
    return [(moment, local) for moment, local in pairs if local.fold == 0]


@examples(120)
@given(
    times=st.tuples(field(0, 59), field(0, 23)),
    month=st.just(("*", set(range(1, 13)))) | field(1, 12),
    days=DAYS,
    window=WINDOWS,
    offset=st.integers(0, 86_399),
)
def test_cron_agrees_with_walking_through_the_minutes(
    times: tuple[Field, Field], month: Field, days: Days, window: tuple[str, str], offset: int
) -> None:
    minute, hour = times
    after, end = utc(window[1]) + timedelta(seconds=offset), utc(window[1]) + timedelta(days=3)
    expected = [
        moment
        for moment, local in walk(*window)
        if moment > after and local.minute in minute[1] and local.hour in hour[1] and local.month in month[1]
        if days[2](local.date())
    ]
    parsed = parse(f"cron({minute[0]} {hour[0]} {days[0]} {month[0]} {days[1]} *)", timezone=window[0], end=end)
    found, fire = list[datetime](), parsed.next_fire(after)
    while fire is not None:
        found.append(fire)
        fire = parsed.next_fire(fire)
    assert found == expected
