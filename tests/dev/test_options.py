"""What `make run` can be told, and what it says of mistakes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.__main__ import options_from
from dev.clock import ClockFile
from dev.journal import InUse, Journal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"), ("PORT", "99999"), ("SPEED", "nan"), ("SPEED", "0"), ("LATE", "-5"), ("START", "foo"),
        ("START", "2026-03-29T00:55:00"), ("START", "9999-12-31T23:59:59-23:00"), ("START", "2200-01-01T00:00:00Z"),
        ("PORT", "1.5"), ("PORT", "-1"), ("PORT", "65536"), ("PORT", "1e3"), ("GATEWAY_URL", "foo"),
        ("GATEWAY_URL", "ftp://host/v1"), ("GATEWAY_URL", "http://"), ("GATEWAY_URL", "http://:80/v1"),
        ("GATEWAY_URL", "http://host:x"), ("GATEWAY_URL", "http://a b"), ("GATEWAY_URL", "https://[::1"),
        ("GATEWAY_MODE", "foo"), ("GATEWAY_DIALECT", "zz"),
    ],
)  # fmt: skip
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name}={value}: must be")):
        options_from({name: value})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "https://api.openai.com/v1", "http://[::1]:8080"])
def test_a_gateway_is_taken_as_it_is_written(url: str) -> None:
    assert options_from({"GATEWAY_URL": url}).gateway_url == url
    assert options_from({"GATEWAY_URL": ""}).gateway_url is None


def test_a_clock_of_its_own_gets_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert options_from({}).directory == Path(".local")
    clocks = ({"START": "2026-03-29T00:55:00Z"}, {"START": "2026-03-29T00:55:00Z"}, {"SPEED": "60"}, {"SPEED": "60"})
    assert len({Path(".local")} | {options_from(clock).directory for clock in clocks}) == 5
    assert options_from({"START": "2026-03-29T00:55:00Z", "LOCAL_DIR": "here"}).directory == Path("here")


def test_a_clock_never_begins_before_it_stopped(tmp_path: Path) -> None:
    early, late = datetime(2026, 3, 29, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
    file = ClockFile(tmp_path / "clock")
    assert (file.start(None), file.start(early)) == (None, early)
    file.note(late)
    assert (file.start(None), file.start(early), file.start(late + timedelta(1))) == (late, late, late + timedelta(1))
    file.note(early)
    assert (file.start(None), file.start(late)) == (None, late)
    for damaged in ("torn", "2199-01-01T00:00:00"):
        (tmp_path / "clock").write_text(damaged)
        assert file.start(early) == early


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "table.db")
    with pytest.raises(InUse, match="in use by another local stack"):
        Journal(tmp_path / "table.db")
    journal.close()
    Journal(tmp_path / "table.db").close()
