"""The local stack's event bus."""

from __future__ import annotations

import json
from pathlib import Path

from agent_schedules.storage.events import Event

from dev.event_log import EventLog


def test_a_torn_event_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).publish([Event("run.created", {"id": "evt_1"})])
    path.write_bytes(path.read_bytes() + b'{"source')
    EventLog(path).publish([Event("run.created", {"id": "evt_2"})])
    assert [json.loads(line)["detail"]["id"] for line in path.read_text().splitlines()] == ["evt_1", "evt_2"]
