"""The same values give the same text, which every reader takes for the same values."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_schedules_cli.fleet_file.checks import check
from agent_schedules_cli.fleet_file.yaml_reader import read_yaml
from agent_schedules_cli.fleet_file.yaml_writer import file_text
from tools import fleet_schema

TIMING = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"}
AGENT: dict[str, Any] = {"key": "reporter", "name": "Reporter", "model": "auto"}

HARD = [
    "on", "No", "0900", "1e3", "0x1f", "1_000", "12:30:00", "2026-12-24", "~", "null", ".inf", "=", "<<", "- a", "a: b",
    "a #b", "a\nb", "a\n", "a\n\n", "\na", " a\nb", "a \nb", "a\tb\nc", "a\r\nb", "#a\nb",
    "---\na", "é\u2028b", "%a\nb",
]  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(HARD)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def agent_with(text: str, value: Any) -> dict[str, Any]:
    """An agent with a schedule that carries the values."""
    item = {"type": "message", "value": value}
    schedules = [{"key": "a", "schedule": TIMING, "input": text}, {"key": "b", "schedule": TIMING, "input": [item]}]
    return AGENT | {"instructions": text, "tools": [item], "schedules": schedules}


@given(texts, values)
def test_written_values_are_read_back(text: str, value: Any) -> None:
    agents = [agent_with(text, value)]
    written = file_text(agents)
    found = read_yaml(written.encode())[0]
    assert found == {"version": 1, "agents": agents}
    assert file_text(found["agents"]) == written


@given(texts)
def test_strings_are_strings_to_readers_of_yaml_1_1(text: str) -> None:
    written = file_text([AGENT | {"instructions": text}])
    assert yaml.safe_load(written)["agents"][0]["instructions"] == text


def test_defaults_are_left_out_and_the_order_is_fixed() -> None:
    schedule: dict[str, Any] = {
        "policies": {"overlap": "skip", "start_at": None, "exclude": []}, "metadata": None, "name": None, "input": "Hi",
        "schedule": TIMING, "paused": False, "key": "daily",
    }  # fmt: skip
    agent = {"tools": [], "parallel_tool_calls": True, "schedules": [schedule], "metadata": {}} | AGENT
    assert file_text([agent]) == (
        "version: 1\n"
        "agents:\n"
        "  - key: reporter\n"
        "    name: Reporter\n"
        "    model: auto\n"
        "    schedules:\n"
        "      - key: daily\n"
        "        schedule:\n"
        "          type: cron\n"
        '          cron_expression: "0 9 * * *"\n'
        "          timezone: Europe/Lisbon\n"
        "        input: Hi\n"
        "        policies:\n"
        "          overlap: skip\n"
    )


def test_text_of_several_lines_is_a_block() -> None:
    assert "    instructions: |-\n      Be brief.\n\n        Really.\n" in file_text(
        [AGENT | {"instructions": "Be brief.\n\n  Really."}]
    )


def test_the_document_of_the_schema_is_what_the_model_says() -> None:
    assert fleet_schema.TARGET.read_text("utf-8") == fleet_schema.generated()


@pytest.mark.parametrize("paused", [True, False])
def test_the_schema_accepts_what_is_written(paused: bool) -> None:
    schedule: dict[str, Any] = {
        "key": "daily",
        "paused": paused,
        "schedule": TIMING,
        "input": "Hi",
        "policies": {"overlap": "skip"},
    }
    value, lines = read_yaml(file_text([AGENT | {"schedules": [schedule]}]).encode())
    check(value, lines)
    jsonschema_rs.validator_for(json.loads(fleet_schema.generated())).validate(value)
