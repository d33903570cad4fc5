"""The attributes that every item has, and times in attributes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from agent_schedules.storage.attributes import VERSION, item_at, moment, moment_or_none
from agent_schedules.storage.table import ItemKey

AT = ItemKey("t", "W#1")
MORNING = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)


def test_item_leaves_out_what_is_none_and_nothing_else() -> None:
    item = item_at(AT, url=None, count=0, slow=False, name="")
    assert item == {"pk": "t", "sk": "W#1", "v": VERSION, "count": 0, "slow": False, "name": ""}


def test_item_may_have_a_version_of_its_own() -> None:
    assert item_at(AT, v=2)["v"] == 2


def test_times_are_stored_in_utc_and_come_back() -> None:
    item = item_at(AT, seen_at=MORNING.astimezone(timezone(timedelta(hours=9))))
    assert item["seen_at"] == "2026-03-02T09:00:00.250Z"
    assert moment(item, "seen_at") == moment_or_none(item, "seen_at") == MORNING


def test_missing_time_is_none_only_where_it_may_be_missing() -> None:
    assert moment_or_none({}, "seen_at") is None
    with pytest.raises(KeyError):
        moment({}, "seen_at")
