"""A timing as it is stored: byte for byte what earlier releases wrote, and the fingerprint that entries carry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agent_schedules.storage.definitions import definition_of, fingerprint, timing_json, timing_of
from agent_schedules.storage.json_text import json_text

from tests.support.world import World

# The caller's timing, how it is stored, and its fingerprint, as release 0.1.0 wrote them on 2026-03-02 at 10:00 UTC.
GOLDEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "once": (
        {"type": "once", "run_at": "2026-05-01T09:00:00.2509", "timezone": "Europe/Riga"},
        '{"type":"once","timezone":"Europe/Riga","run_at":"2026-05-01T06:00:00.250Z"}',
        "dac07df3",
    ),
    "once, to the second": (
        {"type": "once", "run_at": "2026-05-01T09:00:00+02:00", "precision": "second"},
        '{"type":"once","timezone":"UTC","precision":"second","run_at":"2026-05-01T07:00:00.000Z"}',
        "0fc3cf01",
    ),
    "interval": (
        {"type": "interval", "interval_seconds": 3600, "precision": "minute"},
        '{"type":"interval","timezone":"UTC","interval_seconds":3600,"first":1772449200}',
        "9bbcac7d",
    ),
    "interval with a start": (
        {"type": "interval", "interval_seconds": 90, "start_at": "2026-05-01T00:00:00.0004Z", "precision": "second"},
        '{"type":"interval","timezone":"UTC","precision":"second","interval_seconds":90,'
        '"start_at":"2026-05-01T00:00:00.000Z","first":1777593601}',
        "ce69f85e",
    ),
    "cron": (
        {"type": "cron", "cron_expression": " 30 9 * * mon-fri ", "timezone": "Europe/Lisbon"},
        '{"type":"cron","timezone":"Europe/Lisbon","cron_expression":" 30 9 * * mon-fri "}',
        "4a01ed93",
    ),
    "cron, to the second": (
        {"type": "cron", "cron_expression": "15 30 9 * * *", "precision": "second"},
        '{"type":"cron","timezone":"UTC","precision":"second","cron_expression":"15 30 9 * * *"}',
        "4fe1e07d",
    ),
}


@pytest.mark.parametrize(("sent", "stored", "mark"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_timing_is_stored_as_before(sent: dict[str, Any], stored: str, mark: str) -> None:
    world = World()
    schedule = world.create(sent)
    (row,) = [item for (_, sk), item in world.table.items.items() if sk == f"S#{schedule.key.schedule_id}"]
    body = json.loads(str(row["body"]))
    assert str(row["body"]).startswith('{"name":null,')
    assert f',"schedule":{stored},"work":{{' in str(row["body"])
    assert list(body) == ["name", "schedule", "work", "on_behalf_of"]  # a key only where there is one
    assert fingerprint(schedule.definition.timing) == mark
    entry = world.scheduler.entries.get(schedule.key.schedule_id)
    assert entry is None or entry.input["timing"] == mark


@pytest.mark.parametrize(("stored", "mark"), [golden[1:] for golden in GOLDEN.values()], ids=GOLDEN.keys())
def test_a_stored_timing_is_written_back_unchanged(stored: str, mark: str) -> None:
    timing = timing_of(json.loads(stored))
    assert json_text(timing_json(timing)) == stored
    assert fingerprint(timing) == mark


def test_a_timing_of_no_known_type_is_refused() -> None:
    with pytest.raises(ValueError, match="'weekly'"):
        timing_of({"type": "weekly", "timezone": "UTC"})


def test_a_row_from_before_an_option_has_its_default() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    (row,) = [item for (_, sk), item in world.table.items.items() if sk == f"S#{schedule.key.schedule_id}"]
    body = json.loads(str(row["body"]))
    older = row | {"body": json_text({name: body[name] for name in ("schedule", "work", "on_behalf_of")})}
    assert definition_of(older) == schedule.definition
