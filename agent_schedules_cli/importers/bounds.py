"""Bounds of a schedule: the years of an expression, a start and an end, as `policies`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from agent_schedules.timing.zones import zone


def moment(value: Any) -> datetime:
    """Return a time of a JSON file: RFC 3339, or seconds since 1970. Raises ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(str(value))
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


def text_of(value: datetime) -> str:
    """Return a time as the file writes it."""
    return value.astimezone(UTC).isoformat(timespec="auto").replace("+00:00", "Z")


def bounded(
    start: datetime | None, end: datetime | None, years: Collection[int] | None, timezone: str, now: datetime
) -> dict[str, Any]:
    """Return the policies that keep a schedule within [start, end] and these years of its zone. None: all years."""
    policies: dict[str, Any] = {}
    if years is not None:
        left = sorted(year for year in years if year >= now.year)
        if not left:
            left = sorted(years)
        tz = zone(timezone)
        first = datetime(left[0], 1, 1, tzinfo=tz)
        last = datetime(left[-1] + 1, 1, 1, tzinfo=tz) - timedelta(seconds=1)
        start = first if start is None else max(start, first)
        end = last if end is None else min(end, last)
        gaps = [(one + 1, other - 1) for one, other in pairwise(left) if other > one + 1]
        if gaps:
            policies["exclude"] = [f"{date(first, 1, 1)}/{date(last, 12, 31)}" for first, last in gaps]
    if start is not None:
        policies["start_at"] = text_of(start)
    if end is not None:
        policies["end_at"] = text_of(end)
    return policies
