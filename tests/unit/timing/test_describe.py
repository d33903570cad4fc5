"""Timings in words: a table of examples, and that different timings have different words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_schedules.timing.cron import SHAPES, CronFields
from agent_schedules.timing.describe import describe, describe_cron
from agent_schedules.timing.spec import Cron, Interval

from tests.support.times import crons, law, once_at, second_crons, seconds_of

CRONS = {
    "30 9 * * 1-5": "At 09:30 on weekdays",
    "30 9 * * *": "At 09:30 every day",
    "@daily": "At 00:00 every day",
    "@weekly": "At 00:00 on Sundays",
    "@monthly": "At 00:00 on day 1 of the month",
    "@yearly": "At 00:00 on 1 January",
    "@hourly": "Every hour",
    "* * * * *": "Every minute",
    "*/15 * * * *": "Every 15 minutes",
    "*/7 * * * *": "At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour",
    "5 * * * *": "At minute 5 of every hour",
    "5,35 * * * *": "At minutes 5 and 35 of every hour",
    "10-20,50 * * * *": "At minutes 10 to 20 and 50 of every hour",
    "0 */2 * * *": "Every 2 hours",
    "0 */5 * * *": "At 00:00, 05:00, 10:00, 15:00 and 20:00 every day",
    "0 9-17 * * 1-5": "Every hour from 09:00 to 17:00 on weekdays",
    "30 9-17 * * *": "At minute 30 of hours 9 to 17",
    "*/15 9-17 * * MON-FRI": "Every 15 minutes from 09:00 to 17:45 on weekdays",
    "*/10 1,3,5 * * *": "Every 10 minutes of hours 1, 3 and 5",
    "* 3 * * *": "Every minute of hour 3",
    "0 9,12,18 * * 6,7": "At 09:00, 12:00 and 18:00 on weekends",
    "0 9 * * 1,3,7": "At 09:00 on Mondays, Wednesdays and Sundays",
    "0 0 1,15 * *": "At 00:00 on days 1 and 15 of the month",
    "0 0 29 2 *": "At 00:00 on 29 February",
    "0 0 1,15 6 *": "At 00:00 on days 1 and 15 of the month in June",
    "0 12 * 6-8 *": "At 12:00 every day in June, July and August",
    "*/30 * * 12 *": "Every 30 minutes in December",
    "0 0 13 * 5": "At 00:00 on day 13 of the month or on Fridays",
    "0 0 13 10 5": "At 00:00 on day 13 of the month or on Fridays, in October",
    "0 0 1-7 * */7": "At 00:00 on Sundays that are days 1 to 7 of the month",
    "0 0 */10 * 1-5": "At 00:00 on weekdays that are days 1, 11, 21 and 31 of the month",
    "0 0 13 * 0-6": "At 00:00 every day",
    "0 0 1-31 * 5": "At 00:00 every day",
    "0 0 L * *": "At 00:00 on the last day of the month",
    "0 0 L-1 * *": "At 00:00 on the day before the last of the month",
    "0 0 L-3 * *": "At 00:00 on the day 3 days before the last of the month",
    "0 0 LW 12 *": "At 00:00 on the last weekday of the month in December",
    "0 0 15W * *": "At 00:00 on the weekday nearest to day 15 of the month",
    "0 0 1,15,L * *": "At 00:00 on days 1 and 15 and the last day of the month",
    "0 0 LW,L,L-2,1W * *": "At 00:00 on the weekday nearest to day 1, the day 2 days before the last, the last day "
    "and the last weekday of the month",
    "0 0 * * 6L": "At 00:00 on the last Saturday of the month",
    "0 0 * * SUN#1": "At 00:00 on the first Sunday of the month",
    "0 0 * * 1#3,1#1": "At 00:00 on the first Monday and the third Monday of the month",
    "0 0 * * FRIL,1-5": "At 00:00 on weekdays",
    "0 0 * * 5L,2,1#5": "At 00:00 on Tuesdays, the fifth Monday and the last Friday of the month",
    "0 0 * * 1-5,6#2": "At 00:00 on weekdays and the second Saturday of the month",
    "0 0 *,L * 5L": "At 00:00 on the last Friday of the month",
    "0 0 L * 5L": "At 00:00 on the last day of the month or on the last Friday of the month",
    "0 0 L 2 MON": "At 00:00 on the last day of the month or on Mondays, in February",
    "0 0 */15,L * 1-5": "At 00:00 on weekdays that are days 1, 16 and 31 and the last day of the month",
    "0 0 */15 * 5L": "At 00:00 on the last Friday of the month if that is days 1, 16 and 31 of the month",
}
SECONDS = {
    "15 30 9 * * *": "At 09:30:15 every day",
    "0 30 9 * * 1-5": "At 09:30 on weekdays",
    "* * * * * *": "Every second",
    "*/20 * * * * *": "Every 20 seconds",
    "*/20 * 9-17 * * *": "Every 20 seconds from 09:00 to 17:59:40",
    "5,10 * * * * *": "At seconds 5 and 10 of every minute",
    "5 */20 * * * *": "At second 5 of minutes 0, 20 and 40 of every hour",
    "* 30 9 * * *": "At seconds 0 to 59 of minute 30 of hour 9",
}


@pytest.mark.parametrize(("expression", "words"), CRONS.items())
def test_cron(expression: str, words: str) -> None:
    assert describe(Cron(expression, "Europe/Lisbon")) == f"{words}, Europe/Lisbon"


@pytest.mark.parametrize(("expression", "words"), SECONDS.items())
def test_cron_with_seconds(expression: str, words: str) -> None:
    assert describe(Cron(expression, "UTC", second_exact=True)) == f"{words}, UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "Every second"),
        (5, "Every 5 seconds"),
        (60, "Every minute"),
        (90, "Every 90 seconds"),
        (5400, "Every 90 minutes"),
        (3600, "Every hour"),
        (7200, "Every 2 hours"),
        (86_400, "Every 24 hours"),
        (604_800, "Every 7 days of 24 hours"),
        (36_060, "Every 601 minutes (10 hours and 1 minute)"),
        (581_769, "Every 581769 seconds (6 days, 17 hours, 36 minutes and 9 seconds)"),
        (315_360_000, "Every 3650 days of 24 hours"),
    ],
)
def test_intervals(seconds: int, words: str) -> None:
    assert describe(Interval(seconds, 0)) == words


def test_once_is_said_in_its_zone() -> None:
    instant = seconds_of("2026-05-01T08:00:00Z")
    assert describe(once_at(instant, timezone="Europe/Lisbon")) == "Once at 2026-05-01 09:00:00, Europe/Lisbon"
    assert describe(once_at(instant)) == "Once at 2026-05-01 08:00:00, UTC"


def test_two_hours_of_one_unit_are_not_said_alike() -> None:
    assert describe(Interval(7200, 0)) != describe(Cron("0 */2 * * *", "UTC"))


@law(crons(), crons(), examples=60)
def test_different_timings_have_different_words(one: Cron, other: Cron) -> None:
    assert_told_apart(one.fields, other.fields)


@law(second_crons(), second_crons(), examples=60)
def test_different_seconds_have_different_words(one: Cron, other: Cron) -> None:
    assert_told_apart(one.fields, other.fields)


def assert_told_apart(one: CronFields, other: CronFields) -> None:
    """Each field of `one`, replaced by that of `other`, changes the words, unless it changes nothing that happens."""
    for names in (["seconds"], ["minutes"], ["hours"], ["months"], *DAY_FIELDS):
        changed = replace(one, **{name: getattr(other, name) for name in names})
        alike = describe_cron(one) == describe_cron(changed)
        same_days = names in DAY_FIELDS and days_of(changed) == days_of(one)
        assert not alike or changed == one or same_days
        # Days that depend on the month can be said in several ways; plain ones have one.
        assert alike or not (changed == one or (same_days and not one.by_month and not changed.by_month))


DAY_FIELDS = (["days", "month_days"], ["weekdays", "month_weekdays"], ["either_day"])


def days_of(fields: CronFields) -> list[tuple[int, ...]]:
    """The days that the two day fields select together, in a month of every shape."""
    return [fields.days_of(shape) for shape in SHAPES]
