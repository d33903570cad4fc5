"""Held against `cronsim`, an independent Debian cron: equal everywhere but at clock changes, and there as documented.

What Debian's cron does there, and we do not, because EventBridge does not:
- a job at fixed times that fall into a gap runs when the gap is over; ours is skipped;
- a job whose minute or hour starts with `*` runs in both passes of a repeated time; ours does so only if hour, day and
  month are open, that is, if it says how often and not when.

Zones whose clocks change within an hour of the day (Lord Howe, Chatham) are left out: cronsim steps by whole hours,
loses the minutes that are left of an hour cut in two, and does not return for some expressions. The evaluator of AWS
expressions covers them in test_aws_translation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile

import pytest
from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.spec import Cron
from agent_schedules.timing.zones import zone, zone_names
from cronsim import CronSim, CronSimError
from hypothesis import assume
from hypothesis import strategies as st

from tests.support.times import DAY, DAYS, changes, changing_zones, expressions, field, instants, law, text_of

CUT_HOURS = {"Australia/LHI", "Australia/Lord_Howe", "NZ-CHAT", "Pacific/Chatham"}
steady = st.deferred(lambda: st.sampled_from(sorted({*zone_names()} - {*changing_zones()})))
changing = st.deferred(lambda: st.sampled_from([name for name in changing_zones() if name not in CUT_HOURS]))


@st.composite
def monthly(draw: st.DrawFn) -> str:
    """An expression with days that depend on the month, of those that cronsim knows: not `L-3`, `15W` or `FRIL`."""
    last, nth = (
        st.sampled_from(["L", "lw"]),
        st.builds("{}#{}".format, st.sampled_from([*DAYS, 0, 5, 7]), st.integers(1, 5)),
    )
    weekday = nth | st.integers(0, 7).map("{}L".format)
    days = draw(st.sampled_from(["*", "*/2", "13"]) | last | st.builds("{},{}".format, field(1, 28), last))
    weekdays = draw(
        st.sampled_from(["*", "*/2", "5"]) | weekday | st.builds("{},{}".format, weekday, field(0, 7, DAYS))
    )
    text = f"{draw(field(0, 59))} {draw(field(0, 23))} {days} {draw(st.just('*') | field(1, 12))} {weekdays}"
    try:
        CronFields.parse(text)
    except InvalidRequest:
        assume(False)
    return text


def of_ours(spec: Cron, first: int, last: int) -> set[int]:
    """Our occurrences after `first`, up to `last`."""
    found = [first]
    while (following := spec.next_after(found[-1])) is not None and following <= last:
        found.append(following)
    return set(found[1:])


def of_cronsim(expression: str, name: str, first: int, last: int) -> set[int]:
    """Cronsim's occurrences after `first`, up to `last`."""
    instants = (int(moment.timestamp()) for moment in CronSim(expression, datetime.fromtimestamp(first, zone(name))))
    return set(takewhile(lambda instant: instant <= last, instants))


@law(expressions(monthly=False) | monthly(), steady, st.integers(0, 366), examples=120)
def test_equal_where_clocks_do_not_change(expression: str, name: str, day: int) -> None:
    first = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) + day * DAY
    last = first + 2 * DAY
    spec = Cron(expression, name)
    assert of_ours(spec, first, last) == of_cronsim(expression, name, first, last)


@law(expressions(monthly=False) | monthly(), instants, examples=90)
def test_equal_in_utc_however_far_away(expression: str, instant: int) -> None:
    spec, found = Cron(expression, "UTC"), instant
    for moment in zip(range(3), CronSim(expression, datetime.fromtimestamp(instant, UTC)), strict=False):
        following = spec.next_after(found)
        assert following == int(moment[1].timestamp())
        found = following


@law(expressions(monthly=False) | monthly(), field(0, 59), instants, examples=60)
def test_six_fields_are_equal_in_utc(expression: str, seconds: str, instant: int) -> None:
    text, found = f"{seconds} {expression}", instant
    spec = Cron(text, "UTC", second_exact=True)
    for moment in zip(range(3), CronSim(text, datetime.fromtimestamp(instant, UTC)), strict=False):
        following = spec.next_after(found)
        assert following == int(moment[1].timestamp())
        found = following


@law(expressions(monthly=False) | monthly(), changing, st.integers(0, 2), examples=150)
def test_only_documented_differences_at_clock_changes(expression: str, name: str, which: int) -> None:
    spec, tz = Cron(expression, name), zone(name)
    change = changes(name)[which % len(changes(name))]
    first, last = change - 6 * 3600, change + 6 * 3600
    ours, theirs = of_ours(spec, first, last), of_cronsim(expression, name, first, last)

    minute, hour = expression.split()[:2]
    frequent = minute.startswith("*") or hour.startswith("*")
    before, after = (datetime.fromtimestamp(moment, tz).utcoffset() for moment in (change - 1, change))
    assert before is not None
    assert after is not None
    moved = int((after - before).total_seconds())
    if moved > 0:
        # The missing local times, as if the old offset had gone on.
        missing = {
            instant
            for instant in range(change, change + moved, 60)
            if spec.fields.matches((datetime.fromtimestamp(instant, UTC) + before).replace(tzinfo=None))
        }
        late = {change} if missing and not frequent else set()
        # Going on to another day, cronsim can name the midnight that a gap hides; it stands for the gap's end.
        midnight = datetime.fromtimestamp(change, UTC) + before
        if theirs - ours and frequent and (midnight.hour, midnight.minute) == (0, 0) and change in missing:
            late = {change}
        if (midnight.hour, midnight.minute) == (0, 0) and not theirs:
            theirs = ours | late  # it can lose the whole day whose midnight a gap hides: Fridays, in Cairo
        assert theirs == ours | late
    else:
        second_pass = {
            instant
            for instant in range(change, change - moved, 60)
            if spec.fields.matches(datetime.fromtimestamp(instant, tz).replace(tzinfo=None, fold=0))
        }
        assert second_pass.isdisjoint(ours) or spec.fields.every_hour
        assert ours - second_pass == theirs - second_pass
        assert theirs & second_pass == (second_pass if frequent else set())
        assert ours & second_pass == (second_pass if spec.fields.every_hour else set())


@law(field(28, 31), field(1, 12), st.sampled_from(["*", "*/7", "0-6", "5"]), examples=60)
def test_only_what_cannot_occur_is_refused(day: str, month: str, weekday: str) -> None:
    text = f"0 0 {day} {month} {weekday}"
    try:
        found = next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        with pytest.raises(InvalidRequest, match="never occurs"):
            CronFields.parse(text)
    else:
        assert Cron(text, "UTC").matches(int(found.timestamp()))


def test_a_step_over_one_value_is_one_value_as_in_unix() -> None:
    spec, start = Cron("5-5/20 * * * *", "UTC"), datetime(2026, 1, 1, tzinfo=UTC)
    assert text_of(spec.next_after(int(start.timestamp()) + 300) or 0) == "2026-01-01T01:05:00Z"
    theirs = CronSim("5-5/20 * * * *", start)
    assert [next(theirs).minute for _ in range(3)] == [5, 25, 45]
