"""Five-field cron: what is accepted, what it means, and what the refusals say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.cron import CronFields
from agent_schedules.errors import InvalidRequest
from agent_schedules.timetable import Cron, matches, next_after


def at(text: str) -> int:
    """UTC seconds of an RFC 3339 text."""
    return int(datetime.fromisoformat(text).timestamp())


def occurrences(expression: str, tz: str, after: str, count: int) -> list[str]:
    """The next times after `after`, in UTC."""
    spec = Cron(CronFields.parse(expression), tz)
    found, instant = [], at(after)
    for _ in range(count):
        following = next_after(spec, instant)
        assert following is not None
        assert matches(spec, following)
        instant = following
        found.append(datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%MZ"))
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("30 9 * * 1-5", "2026-03-06T09:30:00Z", ["2026-03-09T09:30Z", "2026-03-10T09:30Z"]),
        ("30 9 * * MON-fri", "2026-03-06T09:29:59Z", ["2026-03-06T09:30Z", "2026-03-09T09:30Z"]),
        ("0 0 * * 7", "2026-03-02T00:00:00Z", ["2026-03-08T00:00Z"]),
        ("0 0 * * 5-7", "2026-03-05T00:00:00Z", ["2026-03-06T00:00Z", "2026-03-07T00:00Z", "2026-03-08T00:00Z"]),
        ("0 0 13 * 5", "2026-03-01T00:00:00Z", ["2026-03-06T00:00Z", "2026-03-13T00:00Z", "2026-03-20T00:00Z"]),
        ("0 0 */2 * 1", "2026-03-01T00:00:00Z", ["2026-03-09T00:00Z", "2026-03-23T00:00Z"]),
        ("*/7 * * * *", "2026-03-01T00:50:00Z", ["2026-03-01T00:56Z", "2026-03-01T01:00Z", "2026-03-01T01:07Z"]),
        ("5-20/5,59 3 * * *", "2026-03-01T03:10:00Z", ["2026-03-01T03:15Z", "2026-03-01T03:20Z", "2026-03-01T03:59Z"]),
        ("0 0 29 2 *", "2026-03-01T00:00:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]),
        ("0 0 31 * *", "2026-03-31T00:00:00Z", ["2026-05-31T00:00Z", "2026-07-31T00:00Z"]),
        ("59 23 31 DEC *", "2026-12-31T23:59:00Z", ["2027-12-31T23:59Z"]),
        ("@hourly", "2026-03-01T00:00:00Z", ["2026-03-01T01:00Z"]),
        ("@Weekly", "2026-03-02T00:00:00Z", ["2026-03-08T00:00Z"]),
    ],
)
def test_expressions_mean_what_unix_says(expression: str, after: str, expected: list[str]) -> None:
    assert occurrences(expression, "UTC", after, len(expected)) == expected


@pytest.mark.parametrize(
    ("tz", "expression", "after", "expected"),
    [
        # Missing local times are skipped that day.
        ("Europe/Lisbon", "30 1 * * *", "2026-03-28T02:00:00Z", ["2026-03-30T00:30Z"]),
        ("America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", ["2026-03-09T06:30Z"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z", ["2026-10-04T15:15Z"]),
        ("Asia/Beirut", "30 0 * * *", "2026-03-28T00:00:00Z", ["2026-03-29T21:30Z"]),
        ("Pacific/Apia", "0 12 * * *", "2011-12-29T22:30:00Z", ["2011-12-30T22:00Z"]),
        # Repeated local times run at their first pass only.
        ("Europe/Lisbon", "30 1 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
        ("America/New_York", "30 1 * * *", "2026-11-01T00:00:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
        ("Europe/Riga", "*/20 3 * * *", "2026-10-25T00:00:00Z", ["2026-10-25T00:20Z", "2026-10-25T00:40Z"]),
        ("Europe/Riga", "0 4 * * *", "2026-10-25T01:30:00Z", ["2026-10-25T02:00Z"]),
        ("Asia/Kathmandu", "0 0 * * *", "2026-03-01T00:00:00Z", ["2026-03-01T18:15Z"]),
        ("US/Pacific", "0 0 * * *", "2026-01-01T08:00:00Z", ["2026-01-02T08:00Z"]),
    ],
)
def test_clock_changes_follow_eventbridge(tz: str, expression: str, after: str, expected: list[str]) -> None:
    assert occurrences(expression, tz, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 24 * * *", "hour '24': 24 is outside 0-23"),
        ("60 * * * *", "minute"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("* * L * *", "`L` is not part of five-field cron"),
        ("* * 15W * *", "`W`"),
        ("* * * * 3#1", "`#`"),
        ("* * ? * *", "`?`"),
        ("0 0 31 2 *", "never occurs"),
        ("0 0 30 FEB *", "never occurs"),
        ("0 0 * *", "4 fields, must be 5"),
        ("0 0 0 * * *", "6 fields, must be 5"),
        ("", "0 fields"),
        ("@reboot", "@hourly"),
        ("*/0 * * * *", "a step must be 1 or more"),
        ("5/15 * * * *", "a step needs a range"),
        ("22-2 * * * *", "backwards"),
        ("* * * * FRI-MON", "backwards"),
        ("1,,2 * * * *", "minute"),
        ("JAN * * * *", "minute"),
        ("* * * FOO *", "month"),
        ("-1 * * * *", "minute"),
        ("99999999999999999999 * * * *", "outside 0-59"),
        ("٣ * * * *", "minute"),
    ],
)
def test_refusals_name_the_field_and_the_offending_part(expression: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CronFields.parse(expression)
    assert refused.value.message.startswith("schedule.cron_expression: ")
    assert said in refused.value.message
