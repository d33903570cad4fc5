"""The messages of deliveries on disk: what was not handled is there at the next start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.file_errors import Unusable
from dev.kept_messages import Kept, KeptMessages

DUE = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_what_was_not_handled_is_there_at_the_next_start(tmp_path: Path) -> None:
    kept = KeptMessages(tmp_path / "deliveries.db")
    first, second = kept.add("deliveries", DUE, "one"), kept.add("redeliveries", DUE, "two")
    kept.handled(first)
    kept.close()
    kept.handled(second)  # by a thread that went on
    again = KeptMessages(tmp_path / "deliveries.db")
    assert again.at_start == [Kept(second, "redeliveries", DUE, "two")]
    again.close()


def test_damaged_file_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "deliveries.db").write_bytes(b"no database" * 1000)
    with pytest.raises(Unusable, match=r"deliveries\.db: .*; restore or delete the file"):
        KeptMessages(tmp_path / "deliveries.db")
