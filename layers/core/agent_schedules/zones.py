"""Time zones from the pinned `tzdata` package, never from the machine, so that every host agrees on transitions."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from agent_schedules.errors import InvalidRequest

TZDATA_VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA database in use, for example `2026b`; rows carry the one they were computed with."""

LONGEST_NAME = 50  # ScheduleExpressionTimezone takes 1-50 characters (aws.md 1.2)


@cache
def zone_names() -> frozenset[str]:
    """Every accepted name: IANA zones and links (contract D16)."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split())


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name.

    Raises InvalidRequest for anything else, UTC offsets included (contract D16).
    """
    if name not in zone_names() or len(name) > LONGEST_NAME:
        hint = " UTC offsets are not zones;" if name[:1] in {"+", "-"} or name[:4] in {"UTC+", "UTC-"} else ""
        raise InvalidRequest(
            f"schedule.timezone: {name[:60]!r} is not a known time zone;{hint} use an IANA name, such as Europe/Lisbon"
        )
    resource = files("tzdata") / "zoneinfo"
    with resource.joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
