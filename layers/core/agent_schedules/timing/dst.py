"""Clock changes of a zone: local times that do not exist, and local times that occur twice.

Python's rule for such times (PEP 495) is the whole basis: a naive local time is read with the offset before the change
(`fold` 0) or after it (`fold` 1). Where the two readings differ, the clocks went forward if the later reading has the
larger offset (the local time is missing), else back (it comes twice). All instants are whole seconds, UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

LOOK = 5 * 86_400  # seconds: since 1970 every offset has lasted at least six days, and so will every planned one
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are naive here
_SECOND = timedelta(seconds=1)


def utc_of(local: datetime) -> int | None:
    """Return the UTC second of an aware local time at its first pass, or None if that local time does not exist."""
    before, after = _readings(local.replace(tzinfo=None), local.tzinfo)
    return None if after > before else _seconds(local) - before


def comes_twice(local: datetime) -> bool:
    """Whether its zone's clocks show an aware local time twice. The argument may be of either pass."""
    before, after = _readings(local.replace(tzinfo=None), local.tzinfo)
    return after < before


def stretch_end(local: datetime, zone: tzinfo) -> datetime:
    """Return where, on the wall clock, the stretch of missing or repeated local times around `local` (naive) ends.

    `local` must lie in such a stretch. The result is naive and occurs once.
    """
    before, after = _readings(local, zone)
    change = change_between(zone, _seconds(local) - max(before, after), _seconds(local) - min(before, after))
    assert change is not None
    end = _EPOCH + (change + max(before, after)) * _SECOND
    assert end > local  # a search that jumps here gets ahead
    return end


def change_between(zone: tzinfo, low: int, high: int) -> int | None:
    """Return the first second in (low, high] at which the zone's offset differs from that at `low`, or None.

    At most one change may lie between: since 1970 no zone has had two within a few hours, and none is planned.
    """
    offset = _offset_at(low, zone)
    if _offset_at(high, zone) == offset:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_at(middle, zone) == offset else (low, middle)
    return high


def stretches(zone: tzinfo, start: int, end: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield the wall clock from `start` to `end` (instants) in stretches of one offset, each from a naive local time up
    to another. It takes one look for every five days, and a search for each clock change."""
    while start < end:
        low, change = start, None
        while change is None and low < end:
            high = min(low + LOOK, end)
            low, change = high, change_between(zone, low, high)
        stop = end if change is None else change
        offset = _offset_at(start, zone)
        yield _EPOCH + (start + offset) * _SECOND, _EPOCH + (stop + offset) * _SECOND
        start = stop


def _readings(local: datetime, zone: tzinfo | None) -> tuple[int, int]:
    """Return the offsets, in seconds, of a naive local time read before and after a change; equal at other times."""
    offsets = [local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    before, after = (int(offset.total_seconds()) for offset in offsets if offset is not None)
    return before, after


def _offset_at(instant: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _seconds(local: datetime) -> int:
    """Return the seconds of the wall clock, counted as if it were UTC."""
    return int(local.replace(tzinfo=UTC, microsecond=0).timestamp())
