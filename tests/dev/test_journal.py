"""The local stack's journal: every transaction is kept whole or not at all."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.storage.table import Add, Check, Delete, ItemKey, Put

from dev.fake_aws.dynamodb import Change, LocalDynamoDB
from dev.fake_aws.expressions import plain
from dev.file_errors import Unusable
from dev.journal import INSERT, Journal
from dev.template import table_definition
from tests.support.fake_table import FakeTable
from tests.support.local import table_of

Place = tuple[str, str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.db"


def items(path: Path) -> dict[Place, dict[str, Any]]:
    journal = Journal(path)
    journal.close()
    return {key: {name: plain(typed) for name, typed in item.items()} for key, item in journal.items.items()}


def log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def killed(path: Path, to: Path) -> Path:
    """What a process that is killed now leaves, in another folder."""
    to.mkdir()
    for file in (path, log(path)):
        shutil.copy(file, to)
    return to / path.name


def test_a_journal_replays_to_the_table_it_noted(path: Path) -> None:
    fake, journal = FakeTable(), Journal(path)
    for table in (fake, table_of(LocalDynamoDB(table_definition(), journal.note))):
        table.write(Put({"pk": "p", "sk": "a", "n": 1, "data": b"\x00\xff", "text": "é\n"}, "absent"))
        table.write(Put({"pk": "p", "sk": "b", "yes": True}, "absent"), Check(ItemKey("p", "a"), {"n": 1}))
        table.write(Put({"pk": "p", "sk": "a", "n": 2, "data": b""}, {"n": 1}), Delete(ItemKey("p", "b")))
        for _ in range(2):
            table.write(Add(ItemKey("p", "c"), {"n": 2}, {"v": 1}), Check(ItemKey("p", "a"), {"n": 2}))
    journal.close()
    assert items(path) == items(path) == fake.items
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM transactions").fetchone() == (2,)  # compacted


def test_a_torn_transaction_never_was(path: Path, tmp_path: Path) -> None:
    journal = Journal(path)
    table = table_of(LocalDynamoDB(table_definition(), journal.note))
    table.write(Put({"pk": "p", "sk": "a", "n": 1}, "absent"))
    table.write(Put({"pk": "p", "sk": "b", "n": 1}, "absent"), Put({"pk": "p", "sk": "c", "n": 1}, "absent"))
    left = killed(path, tmp_path / "left")
    torn = killed(path, tmp_path / "torn")
    journal.close()
    os.truncate(log(torn), log(torn).stat().st_size - 7)
    assert set(items(left)) == {("p", "a"), ("p", "b"), ("p", "c")}
    assert set(items(torn)) == {("p", "a")}


def test_a_synced_transaction_survives_the_loss_of_the_log(path: Path, tmp_path: Path) -> None:
    journal = Journal(path)
    table = table_of(LocalDynamoDB(table_definition(), journal.note))
    table.write(Put({"pk": "p", "sk": "synced"}, "absent"))
    journal.sync()
    table.write(Put({"pk": "p", "sk": "later"}, "absent"))
    cut = killed(path, tmp_path / "cut")
    journal.close()
    os.truncate(log(cut), 0)
    assert set(items(cut)) == {("p", "synced")}


def test_a_closed_journal_refuses_a_write(path: Path) -> None:
    journal = Journal(path)
    database = LocalDynamoDB(table_definition(), journal.note)
    table = table_of(database)
    database.closing(journal.close)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        table.write(Put({"pk": "p", "sk": "a", "n": 1}, "absent"))
    assert table.get([ItemKey("p", "a")]) == [None]


@pytest.mark.parametrize("size", [400, 20_000])
def test_a_write_that_the_disk_refuses_harms_no_other(path: Path, size: int) -> None:
    journal = Journal(path)
    table = table_of(LocalDynamoDB(table_definition(), journal.note))
    table.write(Put({"pk": "p", "sk": "first"}, "absent"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log(path).stat().st_size + 60, hard))  # a disk with 60 bytes left
    try:
        with pytest.raises(sqlite3.OperationalError, match=r"full|I/O"):
            journal.note([Change(("p", "refused"), None, {"pk": {"S": "p"}, "sk": {"S": "refused" + "x" * size}})])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    table.write(Put({"pk": "p", "sk": "second"}, "absent"))
    journal.close()
    assert [sk for _, sk in items(path)] == ["first", "second"]


def test_a_full_disk_at_start_says_to_free_space(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal(path).close()
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # SQLite's log needs more
    try:
        with pytest.raises(Unusable, match=r"free space on its disk, or set another LOCAL_DIR"):
            Journal(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damaged", ["{", "5", '{"a": 1}', "[[1]]", '[[["p", "a"], 5]]', pytest.param("[" * 5_000, id="nested")]
)
def test_a_row_that_no_stack_wrote_is_refused(path: Path, damaged: str) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(INSERT, (damaged,))
    before = path.read_bytes()
    with pytest.raises(Unusable, match=r"table\.db: .*; restore the file, or set another LOCAL_DIR"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b'[{"put":{"pk":"p","sk":"a"}}]\n' * 100)
    before = path.read_bytes()
    with pytest.raises(Unusable, match="not a database"):
        Journal(path)
    assert path.read_bytes() == before
