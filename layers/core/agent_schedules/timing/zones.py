"""Time zones from the pinned `tzdata` package, never from the machine, so that every host agrees on transitions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from agent_schedules.errors import InvalidRequest

TZDATA_VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA database in use, for example `2026b`; rows carry the one they were computed with."""

LONGEST_NAME = 50  # ScheduleExpressionTimezone takes 1-50 characters (aws.md 1.2)
_OFFSET = re.compile(r"(UTC|GMT|Z)? ?[+-]\d{1,2}(:?\d\d)?|Z", re.ASCII | re.IGNORECASE)
_FAR = 2100  # no zone's rules differ from year to year after this
_STEP = 5 * 86_400


PLACEHOLDER = "Factory"  # the zone of a machine whose zone was never set: UTC, under a name that means no place


@cache
def zone_names() -> frozenset[str]:
    """Return every accepted name: IANA zones and links (contract D16)."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split()) - {PLACEHOLDER}


def must_be_zone(name: str) -> None:
    """Raise InvalidRequest for anything but an accepted name."""
    if name not in zone_names() or len(name) > LONGEST_NAME:
        raise InvalidRequest(f"schedule.timezone: {name[:60]!r} is not a known time zone;{_hint(name)}")


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises InvalidRequest for anything else, UTC offsets included (contract D16). The placeholder is accepted, because
    old rows may have it.
    """
    if name != PLACEHOLDER:
        must_be_zone(name)
    resource = files("tzdata") / "zoneinfo"
    with resource.joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def _hint(name: str) -> str:
    """Return what to write instead of an unknown name."""
    if _OFFSET.fullmatch(name):
        return " UTC offsets are not zones; use an IANA name, such as Europe/Lisbon, or UTC"
    by_lower = {known.lower(): known for known in zone_names()}
    wanted = name[:LONGEST_NAME].lower().replace(" ", "_")
    close = [wanted] if wanted in by_lower else get_close_matches(wanted, by_lower, n=1, cutoff=0.8)
    if close:
        return f" did you mean {by_lower[close[0]]}? Use an IANA name"
    return " use an IANA name, such as Europe/Lisbon"


@cache
def offsets(name: str, year: int) -> frozenset[int]:
    """Return every offset from UTC, in seconds, that the clocks of zone `name` show from `year` on.

    Looked up every five days up to 2100: no offset since 1970, and none that is planned, lasts less than six days.
    """
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(max(year + 2, _FAR), 1, 1, tzinfo=UTC).timestamp())
    moments = (datetime.fromtimestamp(instant, zone(name)) for instant in range(first, last, _STEP))
    shown = {moment.utcoffset() for moment in moments}
    return frozenset(int(offset.total_seconds()) for offset in shown if offset is not None)
