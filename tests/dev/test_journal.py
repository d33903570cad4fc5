"""What the local stack keeps: everything up to the last whole line."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest
from agent_schedules.storage.events import Event
from agent_schedules.storage.table import Add, Check, Delete, ItemKey, Put

from dev.event_log import EventLog
from dev.fake_aws.dynamodb import Change, LocalDynamoDB
from dev.journal import Journal, Unusable
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
    EventLog(path).publish([Event("run.created", {"id": "evt_1"})])
    path.write_bytes(path.read_bytes() + b'{"source')
    EventLog(path).publish([Event("run.created", {"id": "evt_2"})])
    assert [json.loads(line)["detail"]["id"] for line in path.read_text().splitlines()] == ["evt_1", "evt_2"]


def rows(path: Path) -> list[str]:
    journal = Journal(path)
    journal.close()
    return [sk for _, sk in journal.items]


@pytest.mark.parametrize("size", [400, 20_000])
def test_a_write_that_the_disk_does_not_take_whole_is_not_kept_and_harms_no_other(tmp_path: Path, size: int) -> None:
    path = tmp_path / "table.jsonl"
    journal = Journal(path)
    table = table_of(LocalDynamoDB(table_definition(), journal.note))
    table.write(Put({"pk": "p", "sk": "first"}, "absent"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 60, hard))  # a disk with 60 bytes left
    try:
        with pytest.raises(OSError, match=r"full|large"):
            journal.note([Change(("p", "refused"), None, {"pk": {"S": "p"}, "sk": {"S": "refused" + "x" * size}})])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    table.write(Put({"pk": "p", "sk": "second"}, "absent"))
    journal.close()
    assert rows(path) == ["first", "second"]


@pytest.mark.parametrize("damaged", ["{", "5", '{"a": 1}', '[{"put": 1}]'])
def test_a_line_that_nobody_wrote_is_not_passed_over(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(f'[{{"put":{{"pk":"p","sk":"a"}}}}]\n{damaged}\n[{{"put":{{"pk":"p","sk":"b"}}}}]\n')
    before = path.read_text()
    with pytest.raises(Unusable, match="line 2"):
        Journal(path)
    assert path.read_text() == before
