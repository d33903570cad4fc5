"""What `make run` can be told, and what it says of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.__main__ import options_from
from dev.journal import InUse, Journal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"), ("PORT", "99999"), ("SPEED", "nan"), ("SPEED", "0"), ("LATE", "-5"), ("START", "foo"),
        ("START", "2026-03-29T00:55:00"), ("GATEWAY_MODE", "foo"), ("GATEWAY_DIALECT", "zz"),
    ],
)  # fmt: skip
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name}={value}: must be"):
        options_from({name: value})


def test_a_clock_of_its_own_gets_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert options_from({}).directory == Path(".local")
    first, second = (options_from({"START": "2026-03-29T00:55:00Z"}).directory for _ in range(2))
    assert len({first, second, Path(".local")}) == 3
    assert options_from({"START": "2026-03-29T00:55:00Z", "LOCAL_DIR": "here"}).directory == Path("here")


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "table.jsonl")
    with pytest.raises(InUse, match="in use by another local stack"):
        Journal(tmp_path / "table.jsonl")
    journal.close()
    Journal(tmp_path / "table.jsonl").close()
