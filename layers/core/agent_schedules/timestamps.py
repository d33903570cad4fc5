"""Convert between datetimes, the strings of times in rows and answers, and whole UTC seconds since the epoch. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, the form of all times in rows and answers (contract D11)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_text(moment: datetime | None) -> str | None:
    """Return that form of a time, or None for None."""
    return None if moment is None else text_of(moment)


def stamp(instant: int) -> str:
    """Return whole UTC seconds in that form."""
    return text_of(datetime.fromtimestamp(instant, UTC))


def instant_text(instant: int | None) -> str | None:
    """Return whole UTC seconds in that form, or None for None."""
    return None if instant is None else stamp(instant)


def ceil_seconds(value: datetime) -> int:
    """Return whole seconds since the epoch, with a fraction rounded up."""
    return int(value.replace(microsecond=0).timestamp()) + (1 if value.microsecond else 0)


def floor_seconds(value: datetime) -> int:
    """Return whole seconds since the epoch, with a fraction rounded down."""
    return math.floor(value.timestamp())
