"""Values as YAML 1.2 says, and bounds on hostile files."""

from __future__ import annotations

from typing import Any

import pytest

from agent_schedules_cli.fleet_file import yaml_reader
from agent_schedules_cli.fleet_file.problems import InvalidFile
from agent_schedules_cli.fleet_file.yaml_reader import DEEPEST, LARGEST_FILE, read_yaml


def refused(text: str | bytes) -> str:
    """The problem of a text."""
    with pytest.raises(InvalidFile) as raised:
        read_yaml(text.encode() if isinstance(text, str) else text)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("yes", "yes"), ("NO", "NO"), ("y", "y"), ("true", True), ("False", False), ("tRUE", "tRUE"),
        ("~", None), ("", None), ("null", None), ("nULL", "nULL"),
        ("0900", 900), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"), ("1_000", "1_000"), ("-7", -7), ("+7", 7),
        ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1.5e-3", 0.0015), ("1e", "1e"),
        ("2026-12-24", "2026-12-24"), ("2026-12-24T09:00:00Z", "2026-12-24T09:00:00Z"), ("12:30", "12:30"),
        ("190:20:30", "190:20:30"), ("=", "="), ("'0900'", "0900"), ('"on"', "on"), ('"1e3"', "1e3"),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = read_yaml(f"a: {text}".encode())[0]["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_merge_key_is_a_name_like_others() -> None:
    assert read_yaml(b"a: &a {b: 1}\nc:\n  <<: *a\n")[0] == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


def test_every_value_has_its_line() -> None:
    _, lines = read_yaml(b"a:\n  - b: 1\n    c: [2,\n      3]\n")
    assert [lines[path] for path in [("a",), ("a", 0, "b"), ("a", 0, "c", 1)]] == [1, 2, 4]


def test_an_alias_repeats_its_value() -> None:
    assert read_yaml(b"a: &x {b: [1]}\nc: *x\n")[0] == {"a": {"b": [1]}, "c": {"b": [1]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "a (line 3): occurs twice, first on line 1"),
        ("a: {b: 1, 'b': 2}", "a.b (line 1): occurs twice"),
        ("a: 1\n---\nb: 2", "(line 2): a second document begins here"),
        ("%YAML 1.1\n---\na: 1", "is read as YAML 1.2; remove"),
        ("a: !!python/object:os.system x", "(line 1): has the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("a: !!binary aGk=", "has the tag"),
        ("a: !!set {b}", "has the tag"),
        ("2026: 1", "the name '2026' is not a string; quote it"),
        ("[a]: 1", "cannot be a name"),
        ("&x a: 1\n*x : 2", "an alias cannot be a name"),
        ("a: *x", "a (line 1): the alias *x has no anchor"),
        ("a: &x [*x]", "a[0] (line 1): the alias *x has no anchor that ends before it"),
        ("a:\n  b: [", "is not valid YAML"),
        ("a: b: c", "(line 1): is not valid YAML: mapping values are not allowed"),
        ("\ta: 1", "(line 1): is not valid YAML"),
        ("a: \x07", "is not valid YAML"),
        ("a: .inf", "a (line 1): .inf is not a finite number"),
        ("a: 1e999", "too large a number"),
        (f"a: {'9' * 5000}", "too many digits"),
        ('a: "\\ud800"', "lone surrogate"),
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        (b"a: 1\nb: \xff", "(line 2): is not UTF-8 text"),
        ("a: " + "[" * (DEEPEST + 1), "is nested more than 40 deep"),
        ("a: " + "{b: " * (DEEPEST + 1), "is nested more than 40 deep"),
        (b" " * (LARGEST_FILE + 1), "has more than 16,777,216 bytes"),
    ],
)
def test_a_bad_document_is_refused_with_its_line(text: str | bytes, said: str) -> None:
    assert said in refused(text)


def test_what_aliases_repeat_counts() -> None:
    laughs = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        laughs += f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    assert "has more than 1,000,000 values, with those that aliases repeat" in refused(laughs)


def test_what_aliases_nest_counts() -> None:
    chain = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, DEEPEST + 1))
    assert "is nested more than 40 deep" in refused(chain)


def test_a_large_file_is_refused_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "MOST_VALUES", 10)
    assert "(line 10): has more than 10 values" in refused("- 1\n" * 12 + "[")
