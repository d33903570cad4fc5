"""The local stack's event bus."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from agent_schedules.domain.events import webhook_test

from dev.event_log import EventLog


def test_a_torn_event_does_not_spoil_the_next(tmp_path: Path) -> None:
    path, at = tmp_path / "events.jsonl", datetime(2026, 3, 2, tzinfo=UTC)
    first, second = (webhook_test("local", "whk_1", nonce=nonce, at=at, public_url="") for nonce in "12")
    EventLog(path).publish([first])
    path.write_bytes(path.read_bytes() + b'{"source')
    EventLog(path).publish([second])
    told = [json.loads(line)["detail"]["id"] for line in path.read_text().splitlines()]
    assert told == [first.id, second.id]
