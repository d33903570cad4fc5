"""`tools.checks.prose`: which lines it names, and which it leaves alone."""

from __future__ import annotations

import pytest

from tools.checks.prose import COLUMNS, checked, findings

LONG = "word " * 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LONG, "149 columns: wrap at 120"),
        ("The row is rendered anew.", '"anew": write again'),
        ("Nobody reads it.", '"Nobody": write no one'),
        ("Two things:\n- one\n- two", "a list needs an empty line before it"),
    ],
)
def test_prose_that_breaks_a_rule_is_named(text: str, said: str) -> None:
    number = 2 if "list" in said else 1
    assert findings("README.md", text.strip()) == [f"README.md:{number}: {said}"]


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{LONG}\nanew\n```",
        f"1. Do this.\n\n    ```\n    {LONG}\n    ```",
        f"| a table | {LONG} |",
        "The span `anew` is code.",
        f"<!-- benchmarks.cost -->\n{LONG}\n<!-- end of benchmarks.cost -->",
        "https://example.com/" + "a" * COLUMNS,
        "A list:\n\n- one\n  continued\n- two",
        "A monopoly's besides and a non-anew are words of their own.",
    ],
)
def test_code_tables_and_links_are_left_alone(text: str) -> None:
    assert findings("README.md", text) == []


def test_phrases_are_found_in_code_without_a_wrap() -> None:
    assert findings("a.py", f"# {LONG}\n# written anew") == ['a.py:2: "anew": write again']


def test_documents_and_code_are_checked_but_generated_ones() -> None:
    code = {"layers/core/agent_schedules/errors.py", "tests/conftest.py", "template.yaml", "Makefile", "pyproject.toml"}
    assert {"README.md", "docs/reference/http.md"} | code <= set(checked())
    assert "docs/reference/cli.md" not in checked()
