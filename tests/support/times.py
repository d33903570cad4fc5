"""Random schedules, zones and instants, with clock changes in their midst, and the laws that hold for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from agent_schedules.timing.zones import zone, zone_names
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.examples import examples as held_against

DAY = 86_400
counted = {"examples": 0}

Test = Callable[..., None]


def law(*strategies: st.SearchStrategy[object], examples: int) -> Callable[[Test], Test]:
    """A test of `examples` random values of each strategy (`examples.py`); whatever it decides is counted."""

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def counting(*args: object, **kwargs: object) -> None:
            test(*args, **kwargs)
            counted["examples"] += 1

        return held_against(examples)(given(*strategies)(counting))

    return decorate


def seconds_of(text: str) -> int:
    """UTC seconds of an RFC 3339 text."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return int(moment.timestamp())


def text_of(instant: int) -> str:
    """The RFC 3339 text of UTC seconds."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(expression: str, timezone: str, *, second_exact: bool = False) -> Cron:
    """A cron spec whose expression is parsed already, so that what a test counts is the search alone."""
    spec = Cron(expression, timezone, second_exact)
    assert spec.fields
    return spec


def once_at(instant: int, *, second_exact: bool = False, timezone: str = "UTC") -> Once:
    """One occurrence at that UTC second."""
    return Once(datetime.fromtimestamp(instant, UTC), second_exact, timezone)


WINDOW = (seconds_of("2026-01-01T00:00:00Z"), seconds_of("2026-01-01T00:00:00Z") + 400 * DAY)
"""400 days in which every zone that changes its clocks at all does so at least once."""


@cache
def changes(name: str) -> tuple[int, ...]:
    """The seconds inside the window at which the zone's offset changes.

    Found by steps of five days: no offset lasts less than six, as `tests/unit/timing/test_dst.py` proves.
    """
    tz = zone(name)

    def offset(instant: int) -> object:
        return datetime.fromtimestamp(instant, tz).utcoffset()

    found: list[int] = []
    for start in range(WINDOW[0], WINDOW[1], 5 * DAY):
        low, high = start, start + 5 * DAY
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return tuple(found)


@cache
def changing_zones() -> tuple[str, ...]:
    """Every name, links included, whose clocks change inside the window."""
    return tuple(sorted(name for name in zone_names() if changes(name)))


instants = st.integers(seconds_of("2000-01-01T00:00:00Z"), seconds_of("2037-01-01T00:00:00Z"))
zones = st.one_of(st.sampled_from(sorted(zone_names())), st.deferred(lambda: st.sampled_from(changing_zones())))


def field(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[str]:
    """A cron field: a star, a step, or a list of values, names, ranges and stepped ranges."""
    number = st.integers(low, high)
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.integers(1, min(9, high - low + 1))
    stepped = st.tuples(st.tuples(number, number).filter(lambda pair: pair[0] != pair[1]), steps).map(
        lambda drawn: f"{min(drawn[0])}-{max(drawn[0])}/{drawn[1]}"
    )
    values = number.map(str) if names is None else st.one_of(number.map(str), st.sampled_from(names))
    items = st.lists(st.one_of(values, ranges, stepped), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), steps.map(lambda step: f"*/{step}"), values, items)


MONTHS = ["jan", "FEB", "Mar", "apr", "MAY", "Jun", "jul", "AUG", "Sep", "oct", "NOV", "Dec"]
DAYS = ["sun", "MON", "Tue", "wed", "THU", "Fri", "sat"]
_fields = [field(0, 59), field(0, 23), field(1, 31), field(1, 12, MONTHS), field(0, 7, DAYS)]
_open = [field(0, 59), st.just("*"), st.just("*"), st.just("*"), st.just("*")]
_few = [  # at the hours in which most clocks change, on days that are not too rare
    field(0, 59),
    st.integers(0, 4).map(str) | st.just("0-4") | st.just("*/3"),
    st.just("*") | field(1, 31),
    st.just("*"),
    st.just("*") | field(0, 7, DAYS),
]


_month_day = st.one_of(
    st.sampled_from(["L", "l", "LW", "lw"]),
    st.integers(1, 30).map(lambda before: f"L-{before}"),
    st.integers(1, 31).map(lambda day: f"{day}W"),
)
_month_weekday = st.builds(
    lambda day, which: f"{day}{which}",
    st.integers(0, 7).map(str) | st.sampled_from(DAYS),
    st.sampled_from(["L", "l", "#1", "#2", "#3", "#4", "#5"]),
)


def with_some(plain: st.SearchStrategy[str], special: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A day field of one day that depends on the month, or of a list that has some."""
    listed = st.lists(special, min_size=1, max_size=3).map(",".join)
    return st.one_of(
        special, listed, st.builds("{},{}".format, plain, listed), st.builds("{},{}".format, listed, plain)
    )


_days, _weekdays = with_some(field(1, 31), _month_day), with_some(field(0, 7, DAYS), _month_weekday)
_monthly = [
    [field(0, 59), field(0, 23), _days, st.just("*"), st.just("*")],
    [field(0, 59), field(0, 23), st.just("*"), field(1, 12, MONTHS), _weekdays],
    [field(0, 59), field(0, 23), field(1, 31) | _days, field(1, 12, MONTHS), field(0, 7, DAYS) | _weekdays],
]


@st.composite
def expressions(draw: st.DrawFn, *, monthly: bool | None = None) -> str:
    """A five-field expression that can occur: any, one at night, one that is open in all but its minutes, or one with
    days that depend on the month (`monthly` true: only such, false: none)."""
    unix = [] if monthly else [_fields, _fields, _few, _open]
    parts = draw(st.sampled_from(unix if monthly is False else [*unix, *_monthly]))
    text = " ".join(draw(part) for part in parts)
    try:
        CronFields.parse(text)
    except InvalidRequest:
        assume(False)
    return text


@st.composite
def crons(draw: st.DrawFn) -> Cron:
    """Any five-field expression in any zone; in places that change their clocks as often as in all others."""
    return Cron(draw(expressions()), draw(zones))


@st.composite
def second_crons(draw: st.DrawFn) -> Cron:
    """Any six-field expression in any zone."""
    text = f"{draw(field(0, 59))} {draw(expressions())}"
    return Cron(text, draw(zones), second_exact=True)


intervals = st.builds(Interval, st.integers(1, 10**6), instants)
specs: st.SearchStrategy[Spec] = st.one_of(crons(), crons(), second_crons(), intervals, st.builds(once_at, instants))


@st.composite
def moments(draw: st.DrawFn, kinds: st.SearchStrategy[Spec] = specs) -> tuple[Spec, int]:
    """A spec and an instant, in half of the cases within hours of a change of the zone's clocks."""
    spec = draw(kinds)
    near, close_by = changes(spec.timezone), draw(st.booleans())
    if near and close_by:
        return spec, draw(st.sampled_from(near)) + draw(st.integers(-10_000, 10_000))
    return spec, draw(instants)
