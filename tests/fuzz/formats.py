"""Strategies for what a JSON schema cannot say: cron expressions, zones, times to come, ETags, names of what exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import schemathesis
from agent_schedules.timing.cron_parser import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MACROS, MINUTE, MONTH, SECOND, Field
from agent_schedules.timing.zones import zone_names
from hypothesis import strategies as st

ETAGS = ['"g1"', '"g2"', '"g3"', '"v3.0"', '"v4.0"', '"v3.1-deleted"', '"v3.1"', 'W/"g1"', '""']
URLS = ["https://example.com", "HTTPS://Hooks.Example.com:443/a?b=%20", "https://xn--bcher-kva.example/" + "a" * 1_900]
FIELDS = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
BY_MONTH = {  # days that are a different number in each month; with one that every month has, so that they occur
    DAY_OF_MONTH.name: ["L", "l-1", "L-30", "LW", "1W", "15w", "31W"],
    DAY_OF_WEEK.name: [f"{day},*/2" for day in ("0L", "7l", "FRIL", "1#1", "mon#5", "7#3")],
}
LONGEST_CRON = 256  # characters
LAST = datetime(2199, 12, 30, tzinfo=UTC)  # that is a time to come in every zone


def _items(field: Field) -> list[str]:
    """Single items of a field: values, names, ranges and steps."""
    bounds = [field.low, field.low + 1, (field.low + field.high) // 2, field.high - 1, field.high]
    ranges = [f"{low}-{high}" for low in bounds for high in bounds if low <= high]
    size = field.high - field.low + 1
    steps = [f"{stepped}/{step}" for stepped in ["*", *ranges[:3]] for step in sorted({1, 2, 5, size})]
    names = [word if number % 2 else word.title() for number, word in enumerate(field.words)]
    named = [f"{names[0]}-{names[-1].lower()}"] if names else []
    values = [str(value) for value in range(field.low, field.high + 1)]
    return ["*", *values, "01", *ranges, *steps, *names, *named, *BY_MONTH.get(field.name, [])]


def _values(field: Field) -> st.SearchStrategy[str]:
    item = st.sampled_from(_items(field))
    if field.name == "day of month":
        # The 31st does not exist in every month, so the first goes with it, which does.
        item = item.map(lambda text: text if text.startswith("*") else f"1,{text}")
    return item | st.lists(item, min_size=2, max_size=3).map(",".join)


def cron() -> st.SearchStrategy[str]:
    """Expressions of our dialect, some with seconds, up to the longest: blanks at the end do no harm."""
    separator = st.sampled_from([" ", "  ", "\t"])
    five = st.builds(lambda blank, *parts: blank.join(parts), separator, *map(_values, FIELDS))
    six = st.builds(lambda seconds, rest: f"{seconds} {rest}", _values(SECOND), five)
    length = st.sampled_from([0, 0, LONGEST_CRON - 1, LONGEST_CRON])
    return st.sampled_from(sorted(MACROS)) | st.builds(str.ljust, five | five | six, length)


def _days(ends: Sequence[date]) -> str:
    return "/".join(map(str, sorted(ends)))


def register(now: datetime, known: Mapping[str, Sequence[str]]) -> None:
    """Let schemathesis draw these formats. Times are to come, so that they are accepted, if they are not known."""
    first, last = (moment.replace(tzinfo=None) for moment in (now + timedelta(days=2), LAST))
    local = st.datetimes(first, last).map(datetime.isoformat)
    offset = st.sampled_from(["Z", "z", "+00:00", "-12:00", "+05:45", "+14:00"])
    schemathesis.openapi.format("cron", cron())
    schemathesis.openapi.format("iana-time-zone", st.sampled_from(sorted(zone_names())))
    schemathesis.openapi.format("date-time-local", local)
    schemathesis.openapi.format(
        "dates", st.lists(st.dates(first.date(), last.date()), min_size=1, max_size=2).map(_days)
    )
    tags = st.lists(st.sampled_from(ETAGS), min_size=1, max_size=4).map(", ".join)
    schemathesis.openapi.format("entity-tags", st.just("*") | tags)
    schemathesis.openapi.format("date-time", st.builds(str.__add__, local, offset))
    schemathesis.openapi.format("webhook-url", st.sampled_from(URLS))
    for parameter, values in known.items():
        schemathesis.openapi.format(parameter, st.sampled_from(values))
