"""Whatever is in a file, an importer says what it cannot read, and the rest is a valid file."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_schedules_cli.fleet_file.checks import check
from agent_schedules_cli.fleet_file.yaml_reader import read_yaml
from agent_schedules_cli.fleet_file.yaml_writer import file_text
from agent_schedules_cli.importers.crontab import from_crontab
from agent_schedules_cli.importers.eventbridge import from_eventbridge
from agent_schedules_cli.importers.report import Imported
from agent_schedules_cli.importers.temporal import from_temporal
from tests.support.examples import examples
from tests.support.imports import NOW, sources

pytestmark = pytest.mark.slow

odd = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8),
    st.sampled_from(["0s", "1e400s", "9" * 30 + "s", "2026-99-99T00:00:00Z", "cron(* * * * ? *)", "Europe/Lisbon", ""]),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


def given_objects(kind: str) -> list[dict[str, Any]]:
    """Objects of the corpus, which are then spoilt."""
    found: list[dict[str, Any]] = []
    for source in sources(kind):
        text = source.read_text("utf-8").strip()
        decoder, at = json.JSONDecoder(), 0
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found += value if isinstance(value, list) else [value]
            at += len(text[at:]) - len(text[at:].lstrip())
    return [one for one in found if all(not isinstance(value, str) or key != "schedule" for key, value in one.items())]


@st.composite
def spoilt(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """An object of the corpus in which values at random places are replaced or removed."""
    one: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(given_objects(kind))))
    for _ in range(draw(st.integers(1, 3))):
        inner: Any = one
        while isinstance(inner, dict | list) and inner:
            key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
            if not isinstance(inner[key], dict | list) or not inner[key] or draw(st.integers(0, 4)) == 0:
                inner[key] = draw(odd)
                break
            inner = inner[key]
    return one


def sound(found: Imported, given_number: int) -> None:
    """The file is valid, and every schedule of the source is in it or in the report."""
    check(*read_yaml(file_text(found.agents).encode()))
    written = sum(len(agent["schedules"]) for agent in found.agents)
    assert written + len(found.report.left_out) >= given_number
    assert found.report.text(found.agents)


@examples(60)
@given(st.lists(spoilt("eventbridge"), max_size=3))
def test_spoilt_schedules_of_eventbridge_are_reported(some: list[dict[str, Any]]) -> None:
    sound(from_eventbridge(some, now=NOW, model="auto"), len(some))


@examples(60)
@given(st.lists(spoilt("temporal"), max_size=3))
def test_spoilt_schedules_of_temporal_are_reported(some: list[dict[str, Any]]) -> None:
    sound(from_temporal(some, now=NOW, model="auto"), len(some))


words = st.sampled_from(
    ["*", "*/5", "0", "59", "7", "1-5", "@daily", "@reboot", "%", "\\%", "CRON_TZ=", "=", "#", "-", "root"]
)
texts = st.lists(words | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=9).map(" ".join)


@examples(150)
@given(st.lists(texts, max_size=4).map("\n".join), st.booleans())
def test_any_text_as_a_crontab_is_reported(text: str, system: bool) -> None:
    sound(from_crontab(text, now=NOW, timezone="Europe/Lisbon", system=system, agent="a", model="auto"), 0)
