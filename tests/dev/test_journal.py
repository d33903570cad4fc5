"""What the local stack keeps: everything up to the last whole line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agent_schedules.announcements import Announcement
from agent_schedules.table import Add, Check, Delete, ItemKey, Put

from dev.dynamodb import LocalDynamoDB
from dev.eventfile import EventFile
from dev.journal import Journal
from dev.template import table_definition
from tests.support.fake_table import FakeTable
from tests.support.local import table_of


def test_a_journal_replays_to_the_table_it_noted(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    fake, journal = FakeTable(), Journal(path)
    for table in (fake, table_of(LocalDynamoDB(table_definition(), journal.note))):
        table.write(Put({"pk": "p", "sk": "a", "n": 1, "data": b"\x00\xff", "text": "é\n"}, "absent"))
        table.write(Put({"pk": "p", "sk": "b", "yes": True}, "absent"), Check(ItemKey("p", "a"), {"n": 1}))
        table.write(Put({"pk": "p", "sk": "a", "n": 2, "data": b""}, {"n": 1}), Delete(ItemKey("p", "b")))
        for _ in range(2):
            table.write(Add(ItemKey("p", "c"), {"n": 2}, {"v": 1}), Check(ItemKey("p", "a"), {"n": 2}))
    journal.close()
    again = Journal(path)
    assert again.items == fake.items
    again.close()
    assert len(path.read_text().splitlines()) == 2  # compacted


def test_a_torn_last_line_is_a_transaction_that_never_was(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    journal = Journal(path)
    table = table_of(LocalDynamoDB(table_definition(), journal.note))
    table.write(Put({"pk": "p", "sk": "a", "n": 1}, "absent"))
    table.write(Put({"pk": "p", "sk": "b", "n": 1}, "absent"), Put({"pk": "p", "sk": "c", "n": 1}, "absent"))
    journal.close()
    path.write_bytes(path.read_bytes()[:-7])
    again = Journal(path)
    assert set(again.items) == {("p", "a")}
    again.close()


def test_what_a_closed_journal_cannot_keep_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "table.jsonl")
    database = LocalDynamoDB(table_definition(), journal.note)
    table = table_of(database)
    database.closing(journal.close)
    with pytest.raises(ValueError, match="closed"):
        table.write(Put({"pk": "p", "sk": "a", "n": 1}, "absent"))
    assert table.get([ItemKey("p", "a")]) == [None]


def test_a_torn_event_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventFile(path).publish([Announcement("run.created", {"id": "evt_1"})])
    path.write_bytes(path.read_bytes() + b'{"source')
    EventFile(path).publish([Announcement("run.created", {"id": "evt_2"})])
    assert [json.loads(line)["detail"]["id"] for line in path.read_text().splitlines()] == ["evt_1", "evt_2"]
