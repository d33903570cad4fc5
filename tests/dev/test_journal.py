"""What the local stack keeps: everything up to the last whole line."""

from __future__ import annotations

from pathlib import Path

from agent_schedules.table import Add, Check, Delete, ItemKey, Put

from dev.journal import Journal, JournaledTable
from tests.support.fake_table import FakeTable


def test_a_journal_replays_to_the_table_it_noted(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    fake, journal = FakeTable(), Journal(path)
    table = JournaledTable(fake, journal)
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
    table = JournaledTable(FakeTable(), journal)
    table.write(Put({"pk": "p", "sk": "a", "n": 1}, "absent"))
    table.write(Put({"pk": "p", "sk": "b", "n": 1}, "absent"), Put({"pk": "p", "sk": "c", "n": 1}, "absent"))
    journal.close()
    path.write_bytes(path.read_bytes()[:-7])
    again = Journal(path)
    assert set(again.items) == {("p", "a")}
    again.close()
