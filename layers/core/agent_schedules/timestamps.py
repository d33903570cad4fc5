"""Times as rows and answers have them, and whole seconds since the epoch (UTC). Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the one form of times in rows and answers (contract D11)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp(instant: int) -> str:
    """Whole UTC seconds as a text."""
    return text_of(datetime.fromtimestamp(instant, UTC))


def instant_text(instant: int | None) -> str | None:
    """The same, where there may be none."""
    return None if instant is None else stamp(instant)


def ceil_seconds(value: datetime) -> int:
    """Whole seconds since the epoch, a fraction rounded up."""
    return int(value.replace(microsecond=0).timestamp()) + (1 if value.microsecond else 0)


def floor_seconds(value: datetime) -> int:
    """Whole seconds since the epoch, a fraction rounded down."""
    return math.floor(value.timestamp())
