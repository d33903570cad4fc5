"""The local stack's journal, whatever is in its file: it is read as it was written, or refused in one sentence."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_schedules.adapters.dynamodb import marshalled
from agent_schedules.storage.table import Item
from hypothesis import strategies as st

from dev.fake_aws.dynamodb import Change
from dev.journal import Journal, Unusable
from dev.json_lines import truncate_partial_line
from tests.boundaries.hostile import damaged, hostile, mutants, values, wire

LINE: list[Any] = [
    {"put": {"pk": "p", "sk": "a", "n": 1, "text": "é 🎉 \u2028", "flag": True, "data": {"bytes": "AAEC"}}},
    {"delete": ["p", "b"]},
]
WHOLE = b'[{"put":{"pk":"p","sk":"first"}}]\n'


def opened(content: bytes) -> dict[tuple[str, str], Item]:
    """The items of a journal with that content, which can be opened once more."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.jsonl"
        path.write_bytes(content)
        for _ in range(2):
            journal = Journal(path)
            journal.close()
        return journal.items


def refused(content: bytes) -> bool:
    """Whether a journal with that content is refused; its file is left as it was then."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.jsonl"
        path.write_bytes(content)
        try:
            Journal(path).close()
        except Unusable:
            assert path.read_bytes() == content
            return True
        return False


@hostile(mutants(LINE, most=3) | values, examples=300)
def test_a_line_of_any_json_is_read_or_refused(line: Any) -> None:
    content = WHOLE + wire(line) + b"\n"
    if not refused(content):
        opened(content)


@hostile(damaged(WHOLE + wire(LINE) + b"\n" + WHOLE), examples=300)
def test_damage_is_read_or_refused(content: bytes) -> None:
    if not refused(content):
        opened(content)


@hostile(st.integers(0, 200), examples=60)
def test_a_transaction_cut_short_never_was(length: int) -> None:
    line = wire([{"put": {"pk": "p", "sk": "a"}}, {"put": {"pk": "p", "sk": "b"}}])
    assert set(opened(WHOLE + line[: min(length, len(line) - 1)])) == {("p", "first")}


def test_a_byte_that_is_no_text_is_not_replaced() -> None:
    assert refused(WHOLE + b'[{"put":{"pk":"p","sk":"a","name":"\xff"}}]\n' + WHOLE)


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
        path = Path(folder) / "table.jsonl"
        journal = Journal(path)
        journal.note([Change(key, None, marshalled(item)) for key, item in kept.items()])
        journal.close()
        assert opened(path.read_bytes()) == kept


@hostile(st.binary(max_size=40), examples=60)
def test_truncation_leaves_whole_lines(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(content)
        truncate_partial_line(path)
        assert path.read_bytes() == content[: content.rfind(b"\n") + 1]
