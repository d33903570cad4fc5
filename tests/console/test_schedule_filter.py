"""The filter of the list of schedules: the list, the words and a change of many are always of the same conditions."""

from __future__ import annotations

import pytest

from tests.support.modules import Modules

READ = """(m, query) => {
  const filter = m.filterOf(query);
  const [list, many, size] = [m.conditionsOf(filter), m.bodyOf(filter), m.sizeOf(filter)];
  return { list, many, size, wrong: Object.keys(filter.wrong),
    words: m.wordsOf(filter.wrong.next_run_before ? m.filterOf({}) : filter) };
}"""


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ("team=billing", "team", "billing"),
        (" team = billing ", "team", "billing"),
        ("team: billing", "team", "billing"),
        ("team:billing", "team", "billing"),
        ("team:owner=ops", "team:owner", "ops"),
        ("query=a=b", "query", "a=b"),
    ],
)
def test_a_pair_is_the_same_in_all_that_uses_it(modules: Modules, typed: str, key: str, value: str) -> None:
    found = modules.run("lib/schedule_filter.js", READ, {"metadata": typed})
    assert found["list"] == {f"metadata.{key}": value}
    assert found["many"] == {"metadata": {key: value}}
    assert found["words"] == f"all schedules with the metadata {key}={value}"
    assert (found["size"], found["wrong"]) == (1, [])


@pytest.mark.parametrize("typed", ["team", "=x", "team=", ":x", "team:", " ", "="])
def test_a_text_that_is_no_pair_is_wrong(modules: Modules, typed: str) -> None:
    found = modules.run("lib/schedule_filter.js", READ, {"metadata": typed})
    assert found["wrong"] == ["metadata"]
    assert (found["many"], found["size"], found["words"]) == ({}, 0, "all schedules")


def test_a_broken_time_in_the_address_is_wrong(modules: Modules) -> None:
    assert modules.run("lib/schedule_filter.js", READ, {"next_run_before": "x"})["wrong"] == ["next_run_before"]
    assert modules.run("lib/schedule_filter.js", READ, {"next_run_before": "2026-03-02T10:00:00Z"})["wrong"] == []
