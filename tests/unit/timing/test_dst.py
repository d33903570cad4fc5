"""What the clocks of a zone do at a change, and the facts about the pinned database that the code relies on."""

from __future__ import annotations

import itertools
import struct
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.moments import moment_of
from agent_schedules.timing.dst import change_between, comes_twice, stretch_end, utc_of
from agent_schedules.timing.zones import offsets, zone, zone_names

from tests.support.times import DAY, changing_zones, seconds_of

# Zone, the change, and the wall clock before and after it.
CHANGES = [
    ("Europe/Riga", "2026-03-29T01:00:00Z", "2026-03-29T03:00", "2026-03-29T04:00"),
    ("Europe/Riga", "2026-10-25T01:00:00Z", "2026-10-25T04:00", "2026-10-25T03:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-04T02:00", "2026-10-04T02:30"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05T02:00", "2026-04-05T01:30"),
    ("Asia/Beirut", "2026-10-24T21:00:00Z", "2026-10-25T00:00", "2026-10-24T23:00"),
    ("Pacific/Chatham", "2026-09-26T14:00:00Z", "2026-09-27T02:45", "2026-09-27T03:45"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T00:00", "2011-12-31T00:00"),
]


@pytest.mark.parametrize(("name", "change", "before", "after"), CHANGES)
def test_local_times_round_a_change(name: str, change: str, before: str, after: str) -> None:
    tz, instant = zone(name), seconds_of(change)
    assert change_between(tz, instant - 5000, instant + 5000) == instant
    assert change_between(tz, instant - 1, instant) == instant
    assert change_between(tz, instant, instant + 5000) is None
    low, high = sorted(datetime.fromisoformat(text) for text in (before, after))
    for local in (low, low + timedelta(seconds=1), high - timedelta(seconds=1)):
        assert stretch_end(local, tz) == high
        first_pass = utc_of(local.replace(tzinfo=tz))
        if before < after:  # forward: these times are missing
            assert first_pass is None
            assert not comes_twice(local.replace(tzinfo=tz))
        else:
            assert first_pass == instant - int((high - local).total_seconds())
            assert all(comes_twice(local.replace(tzinfo=tz, fold=fold)) for fold in (0, 1))
    for local in (low - timedelta(seconds=1), high):
        found = utc_of(local.replace(tzinfo=tz))
        assert found is not None
        assert datetime.fromtimestamp(found, tz).replace(tzinfo=None) == local
        assert not comes_twice(local.replace(tzinfo=tz))


@pytest.mark.parametrize("name", ["UTC", "Europe/Lisbon", "US/Pacific", "Etc/GMT+5"])
def test_zones_come_from_the_pinned_database(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mars/Olympus", "use an IANA name, such as Europe/Lisbon"),
        ("+02:00", "UTC offsets are not zones; use an IANA name, such as Europe/Lisbon, or UTC"),
        ("-0530", "UTC offsets are not zones"),
        ("UTC+2", "UTC offsets are not zones"),
        ("GMT -11", "UTC offsets are not zones"),
        ("utc+05:30", "UTC offsets are not zones"),
        ("Z", "UTC offsets are not zones"),
        ("europe/lisbon", "did you mean Europe/Lisbon? Use an IANA name"),
        ("America/New York", "did you mean America/New_York?"),
        ("Europe/Lisabon", "did you mean Europe/Lisbon?"),
        ("utc", "did you mean UTC?"),
        ("", "IANA"),
        ("../etc/passwd", "IANA"),
        ("Factory\0", "IANA"),
        ("Europe/Lisbon " * 9, "IANA"),
    ],
)
def test_other_names_are_refused_with_what_to_write(name: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        zone(name)
    assert refused.value.message.startswith("schedule.timezone: ")
    assert said in refused.value.message


def test_a_naive_time_is_local_and_must_exist() -> None:
    naive, aware = datetime.fromisoformat("2026-10-25T01:30"), datetime.fromisoformat("2026-10-25T01:30:00.5+05:00")
    assert moment_of(naive, "Europe/Lisbon", "x") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first pass
    assert moment_of(aware, "Europe/Lisbon", "x") == datetime(2026, 10, 24, 20, 30, 0, 500_000, tzinfo=UTC)
    with pytest.raises(InvalidRequest, match=r"x: 2026-03-29T01:30:00 does not exist in Europe/Lisbon"):
        moment_of(datetime.fromisoformat("2026-03-29T01:30"), "Europe/Lisbon", "x")


def stored(name: str) -> bytes:
    """The file of a zone."""
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def stored_changes(name: str) -> list[tuple[int, int]]:
    """Each stored change of a zone's offset: its second (UTC) and the new offset, read from the file (RFC 9636)."""
    data = stored(name)

    def block(at: int, width: int) -> tuple[int, int, int, int]:
        assert data[at : at + 4] == b"TZif"
        utc, std, leap, times, kinds, letters = struct.unpack(">6l", data[at + 20 : at + 44])
        return at + 44, times, kinds, times * (width + 1) + kinds * 6 + letters + leap * (width + 4) + std + utc

    begin, _, _, size = block(0, 4)
    begin, times, kinds, _ = block(begin + size, 8)
    moments = struct.unpack(f">{times}q", data[begin : begin + 8 * times])
    which = data[begin + 8 * times : begin + 9 * times]
    types = begin + 9 * times
    shifts = [struct.unpack(">l", data[types + 6 * kind : types + 6 * kind + 4])[0] for kind in range(kinds)]
    found: list[tuple[int, int]] = []
    for moment, kind in zip(moments, which, strict=True):
        if not found or found[-1][1] != shifts[kind]:
            found.append((moment, shifts[kind]))
    return found


def test_no_offset_lasts_less_than_six_days() -> None:
    # `offsets` looks every five days and `change_between` expects one change: both rest on this.
    for name in zone_names():
        moments = [moment for moment, _ in stored_changes(name) if moment > 0]
        assert all(later - earlier > 6 * DAY for earlier, later in itertools.pairwise(moments)), name


@pytest.mark.parametrize("year", [pytest.param(2000, marks=pytest.mark.slow), 2026])
def test_every_offset_to_come_is_known(year: int) -> None:
    begin = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    for name in {stored(name): name for name in changing_zones()}.values():  # one of several names of the same zone
        shown = {shift for moment, shift in stored_changes(name) if moment >= begin}
        assert shown <= offsets(name, year), name
    assert -14_400 in offsets("America/Argentina/Tucuman", 2004)  # for twelve days in June, and never since
    assert offsets("Australia/Lord_Howe", 2026) == {37_800, 39_600}
    assert offsets("Asia/Kathmandu", 2026) == {20_700}
    assert offsets("UTC", 2150) == {0}
