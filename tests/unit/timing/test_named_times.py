"""Named cases, each worked out by hand from the zone's published changes: date, zone, and the expected UTC instants.

Clock changes used here, in UTC:
  Europe/Riga          2026-03-29 01:00 (03:00 to 04:00)    2026-10-25 01:00 (04:00 back to 03:00)
  America/New_York     2026-03-08 07:00 (02:00 to 03:00)    2026-11-01 06:00 (02:00 back to 01:00)
  Australia/Lord_Howe  2026-10-03 15:30 (02:00 to 02:30)    2026-04-04 15:00 (02:00 back to 01:30)
  Africa/Casablanca    2026-03-22 02:00 (02:00 to 03:00)    2026-02-15 02:00 (03:00 back to 02:00), round Ramadan
  Asia/Beirut          2026-03-28 22:00 (00:00 to 01:00)    2026-10-24 21:00 (00:00 back to 23:00)
  America/Asuncion     2023-10-01 04:00 (00:00 to 01:00)    2024-03-24 03:00 (00:00 back to 23:00), none since 2024
  Antarctica/Troll     2026-03-29 01:00 (01:00 to 03:00)    2026-10-25 01:00 (03:00 back to 01:00), two hours
  Pacific/Apia         2011-12-30 10:00 (30 December left out)
"""

from __future__ import annotations

import pytest
from agent_schedules.timing.spec import Cron

from tests.support.times import DAY, seconds_of, text_of

# Zone, expression, asked after, the next occurrences (the year of the question unless written).
CASES = {
    # A missing local time is skipped that day.
    "missing 02:30, New York": ("America/New_York", "30 2 * * *", "2026-03-07T00:00", "03-07T07:30 03-09T06:30"),
    "missing 03:30, Riga": ("Europe/Riga", "30 3 * * *", "2026-03-28T00:00", "03-28T01:30 03-30T00:30"),
    "02:30 is not the hour, Riga": ("Europe/Riga", "30 2 * * *", "2026-03-28T12:00", "03-29T00:30 03-29T23:30"),
    "on the gap's end, Riga": ("Europe/Riga", "0 3-4 * * *", "2026-03-29T00:00", "03-29T01:00 03-30T00:00"),
    "missing quarter, Lord Howe": ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00", "10-04T15:15"),
    "left of a cut hour": ("Australia/Lord_Howe", "*/15 2 * * *", "2026-10-03T15:00", "10-03T15:30 10-03T15:45"),
    "missing after Ramadan": ("Africa/Casablanca", "30 2 * * *", "2026-03-21T12:00", "03-23T01:30 03-24T01:30"),
    "no midnight, Beirut": ("Asia/Beirut", "0 0 * * *", "2026-03-28T12:00", "03-29T21:00 03-30T21:00"),
    "no midnight, Asuncion": ("America/Asuncion", "30 0 * * *", "2023-09-30T12:00", "10-02T03:30 10-03T03:30"),
    "two hours missing, Troll": ("Antarctica/Troll", "30 2 * * *", "2026-03-28T12:00", "03-30T00:30 03-31T00:30"),
    "a day missing, Apia": ("Pacific/Apia", "0 12 * * *", "2011-12-29T12:00", "12-29T22:00 12-30T22:00"),
    "midnights round it, Apia": ("Pacific/Apia", "0 0 * * *", "2011-12-29T00:00", "12-29T10:00 12-30T10:00"),
    "30 December, Apia": ("Pacific/Apia", "0 12 30 12 *", "2011-06-01T00:00", "2012-12-29T22:00"),
    "every 2 hours, one missing": ("America/New_York", "0 */2 * * *", "2026-03-08T04:00", "03-08T05:00 03-08T08:00"),
    # A repeated local time runs at its first pass.
    "02:30 comes once, New York": ("America/New_York", "30 2 * * *", "2026-10-31T12:00", "11-01T07:30 11-02T07:30"),
    "01:30 comes twice, New York": ("America/New_York", "30 1 * * *", "2026-10-31T12:00", "11-01T05:30 11-02T06:30"),
    "03:30 comes twice, Riga": ("Europe/Riga", "30 3 * * *", "2026-10-24T00:00", "10-24T00:30 10-25T00:30 10-26T01:30"),
    "asked in the second pass, Riga": ("Europe/Riga", "30 3 * * *", "2026-10-25T01:10", "10-26T01:30"),
    "quarters of one hour, Riga": ("Europe/Riga", "*/15 3 * * *", "2026-10-25T00:30", "10-25T00:45 10-26T01:00"),
    "restricted day, Riga": ("Europe/Riga", "30 * * * 0", "2026-10-25T00:00", "10-25T00:30 10-25T02:30"),
    "repeated half hour": ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00", "04-04T14:45 04-05T15:15"),
    "before Ramadan": ("Africa/Casablanca", "30 2 * * *", "2026-02-14T12:00", "02-15T01:30 02-16T02:30"),
    "two 23:30, Beirut": ("Asia/Beirut", "30 23 * * *", "2026-10-24T12:00", "10-24T20:30 10-25T21:30"),
    "midnight after them, Beirut": ("Asia/Beirut", "0 0 * * *", "2026-10-24T12:00", "10-24T22:00 10-25T22:00"),
    "two 23:30, Asuncion": ("America/Asuncion", "30 23 * * *", "2024-03-23T12:00", "03-24T02:30 03-25T03:30"),
    "no change any more, Asuncion": ("America/Asuncion", "0 0 * * *", "2026-10-03T12:00", "10-04T03:00 10-05T03:00"),
    "two hours repeated, Troll": ("Antarctica/Troll", "30 2 * * *", "2026-10-24T12:00", "10-25T00:30 10-26T02:30"),
    "every 2 hours, one longer": ("America/New_York", "0 */2 * * *", "2026-11-01T03:00", "11-01T04:00 11-01T07:00"),
    # Open in hour, day and month: how often, not when, so no silence and no gap.
    "every quarter, autumn": ("Europe/Riga", "*/15 * * * *", "2026-10-25T00:45", "10-25T01:00 10-25T01:15 10-25T01:30"),
    "every quarter, spring": ("Europe/Riga", "*/15 * * * *", "2026-03-29T00:45", "03-29T01:00 03-29T01:15"),
    "every hour, autumn": ("America/New_York", "@hourly", "2026-11-01T04:30", "11-01T05:00 11-01T06:00 11-01T07:00"),
    "every hour, spring": ("America/New_York", "0 * * * *", "2026-03-08T06:30", "03-08T07:00 03-08T08:00"),
    "written out, autumn": ("Europe/Riga", "30 0-23 1-31 1-12 0-6", "2026-10-25T00:00", "10-25T00:30 10-25T01:30"),
    "hour, Lord Howe, autumn": ("Australia/Lord_Howe", "0 * * * *", "2026-04-04T13:30", "04-04T14:00 04-04T15:30"),
    "quarter to, Lord Howe": ("Australia/Lord_Howe", "45 * * * *", "2026-04-04T14:00", "04-04T14:45 04-04T15:15"),
    "hour, Lord Howe, spring": ("Australia/Lord_Howe", "0 * * * *", "2026-10-03T14:00", "10-03T14:30 10-03T16:00"),
    # The calendar.
    "29 February": ("UTC", "0 0 29 2 *", "2026-03-01T00:00", "2028-02-29T00:00 2032-02-29T00:00"),
    "no 29 February in 2100": ("UTC", "0 0 29 2 *", "2096-02-29T00:00", "2104-02-29T00:00"),
    "29 February on a Sunday": ("UTC", "0 0 29 2 */7", "2033-01-01T00:00", "2060-02-29T00:00 2088-02-29T00:00"),
    "the next is 40 years away": ("UTC", "0 0 29 2 */7", "2088-02-29T00:00", "2128-02-29T00:00"),
    "the 31st": ("UTC", "0 0 31 * *", "2026-03-31T00:00", "05-31T00:00 07-31T00:00 08-31T00:00 10-31T00:00"),
    "last minute of the year": ("UTC", "59 23 31 12 *", "2026-12-31T23:58", "12-31T23:59 2027-12-31T23:59"),
    "new year, Riga": ("Europe/Riga", "0 0 1 1 *", "2026-06-01T00:00", "12-31T22:00 2027-12-31T22:00"),
    "new year, Apia": ("Pacific/Apia", "@yearly", "2026-06-01T00:00", "12-31T11:00"),
    "every minute over new year": ("UTC", "* * * * *", "2026-12-31T23:58", "12-31T23:59 2027-01-01T00:00"),
    "Mondays over new year": ("UTC", "0 0 * * 1", "2026-12-28T00:00", "2027-01-04T00:00"),
    "*/7 restarts each hour": ("UTC", "*/7 * * * *", "2026-03-01T00:49", "03-01T00:56 03-01T01:00 03-01T01:07"),
    "5-5/2 is 5": ("UTC", "5-5/2 * * * *", "2026-03-01T00:00", "03-01T00:05 03-01T01:05"),
    "odd days AND Monday": ("UTC", "0 0 */2 * 1", "2026-03-01T00:00", "03-09T00:00 03-23T00:00 04-13T00:00"),
    "13th OR Friday": ("UTC", "0 0 13 * 5", "2026-03-01T00:00", "03-06T00:00 03-13T00:00 03-20T00:00"),
    "Tuesday 13th by OR": ("UTC", "0 0 13 * 5", "2026-10-09T00:00", "10-13T00:00 10-16T00:00"),
    "quarter of a day off, Kathmandu": ("Asia/Kathmandu", "0 0 * * *", "2026-03-01T00:00", "03-01T18:15"),
    "a link": ("US/Pacific", "0 0 * * *", "2026-01-01T08:00", "01-02T08:00"),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), CASES.values(), ids=CASES.keys())
def test_named_cases(zone: str, expression: str, after: str, expected: str) -> None:
    spec, instant = Cron(expression, zone), seconds_of(f"{after}:00Z")
    wanted = [text if len(text) == 16 else after[:5] + text for text in expected.split()]
    found: list[str] = []
    for _ in wanted:
        following = spec.next_after(instant)
        assert following is not None
        assert spec.matches(following)
        found.append(text_of(following)[:16])
        instant = following
    assert found == wanted
    # And nothing else matches, minute by minute, up to four days on, however the search came to its answer.
    walked = range(seconds_of(f"{after}:00Z") + 60, min(instant, seconds_of(f"{after}:00Z") + 4 * DAY) + 1, 60)
    selected = [text_of(moment)[:16] for moment in walked if spec.matches(moment)]
    assert selected == wanted[: len(selected)]


SECONDS = {
    "seconds first": ("UTC", "15 30 9 * * 1-5", "2026-03-06T09:30:15", "2026-03-09T09:30:15"),
    "within the minute": ("UTC", "*/40 30 9 * * *", "2026-03-06T09:30:00", "2026-03-06T09:30:40 2026-03-07T09:30:00"),
    "second 0 written": ("UTC", "0 30 9 * * *", "2026-03-06T09:29:59", "2026-03-06T09:30:00"),
    "five fields": ("UTC", "30 9 * * *", "2026-03-06T09:29:59", "2026-03-06T09:30:00"),
    "a macro": ("UTC", "@daily", "2026-03-06T09:29:59", "2026-03-07T00:00:00"),
    "over the year": ("UTC", "59 59 23 31 12 *", "2026-12-31T23:59:58", "2026-12-31T23:59:59 2027-12-31T23:59:59"),
    "missing": ("Europe/Riga", "10 30 3 * * *", "2026-03-28T12:00:00", "2026-03-30T00:30:10"),
    "every 20 s of a missing hour": ("Europe/Riga", "*/20 * 3 * * *", "2026-03-28T12:00:00", "2026-03-30T00:00:00"),
    "first pass": ("Europe/Riga", "30 59 3 * * *", "2026-10-25T00:00:00", "2026-10-25T00:59:30 2026-10-26T01:59:30"),
    "both passes": ("Europe/Riga", "*/30 * * * * *", "2026-10-25T00:59:30", "2026-10-25T01:00:00 2026-10-25T01:00:30"),
    "into a change": ("Australia/Lord_Howe", "50 59 * * * *", "2026-04-04T14:59:50", "2026-04-04T15:29:50"),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), SECONDS.values(), ids=SECONDS.keys())
def test_named_cases_to_the_second(zone: str, expression: str, after: str, expected: str) -> None:
    spec = Cron(expression, zone, second_exact=True)
    instant, found = seconds_of(f"{after}Z"), list[str]()
    for _ in expected.split():
        following = spec.next_after(instant)
        assert following is not None
        assert spec.matches(following)
        found.append(text_of(following)[:19])
        instant = following
    assert found == expected.split()
