"""The local stack's files, whatever is in them: read as they were written, or refused in one sentence."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from agent_schedules.adapters.dynamodb import marshalled
from agent_schedules.storage.table import Item
from hypothesis import strategies as st

from dev.fake_aws.dynamodb import Change
from dev.fake_aws.expressions import plain
from dev.file_errors import Unusable
from dev.journal import INSERT, Journal
from dev.json_lines import truncate_partial_line
from tests.boundaries.hostile import damaged, hostile, mutants, values, wire

CHANGES: list[Any] = [
    [["p", "a"], {"pk": {"S": "p"}, "sk": {"S": "a"}, "n": {"N": "1"}, "s": {"S": "é 🎉 \u2028"}, "b": {"B": "AAEC"}}],
    [["p", "b"], None],
]  # fmt: skip


def written(path: Path, *rows: str) -> bytes:
    """A journal of those rows, as its file is once it is closed."""
    Journal(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(INSERT, ((row,) for row in rows))
    return path.read_bytes()


def opened(path: Path) -> dict[tuple[str, str], Any] | None:
    """The items of a journal, which can be opened once more; None if it is refused, and left as it was."""
    before = path.read_bytes()
    for _ in range(2):
        try:
            journal = Journal(path)
        except Unusable:
            assert path.read_bytes() == before
            return None
        journal.close()
    return journal.items


@hostile(mutants(CHANGES, most=3) | values, examples=200)
def test_a_row_of_any_json_is_read_or_refused(row: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.db"
        written(path, wire(CHANGES).decode(), wire(row).decode())
        opened(path)


@hostile(st.data(), examples=200)
def test_damage_is_read_or_refused(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.db"
        path.write_bytes(data.draw(damaged(written(path, *[wire(CHANGES).decode()] * 3))))
        opened(path)


items = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers(-(10**37), 10**37) | st.booleans()
    | st.binary(max_size=8),
    max_size=5,
)  # fmt: skip


@hostile(st.lists(items, max_size=3), examples=60)
def test_what_is_written_is_read_again(rows: Sequence[dict[str, Any]]) -> None:
    kept: dict[tuple[str, str], Item] = {("p", str(n)): {**row, "pk": "p", "sk": str(n)} for n, row in enumerate(rows)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.db"
        journal = Journal(path)
        journal.note([Change(key, None, marshalled(item)) for key, item in kept.items()])
        journal.close()
        found = opened(path)
        assert found is not None
        assert {key: {name: plain(typed) for name, typed in item.items()} for key, item in found.items()} == kept


@hostile(st.binary(max_size=40), examples=60)
def test_truncation_leaves_whole_lines(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(content)
        truncate_partial_line(path)
        assert path.read_bytes() == content[: content.rfind(b"\n") + 1]
