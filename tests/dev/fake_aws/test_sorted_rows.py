"""The rows of the fake tables, held against a plain list that is sorted at each question."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dev.fake_aws.sorted_rows import Entry, SortedRows, size_of

Row = dict[str, Any]
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, None: lambda *_: True}
INDEX = ("shard", "at")

keys = st.tuples(st.sampled_from("pq"), st.sampled_from(["a", "a#", "ab", "b", "b\U0001f389"]))
rows = st.fixed_dictionaries({}, optional={"shard": st.sampled_from(["s", "t"]), "at": st.integers(0, 3)})
steps = st.lists(st.tuples(keys, rows | st.none()), max_size=25)


def built(changes: list[tuple[tuple[str, str], Row | None]]) -> SortedRows[Row]:
    found: SortedRows[Row] = SortedRows({"attention": INDEX})
    for key, row in changes:
        if row is None:
            found.pop(key, None)
        else:
            found[key] = row
    return found


def expected(entries: list[Entry], newest_first: bool, start_after: Entry | None) -> list[Entry]:
    found = sorted(entries, reverse=newest_first)
    follows = operator.lt if newest_first else operator.gt
    return [entry for entry in found if start_after is None or follows(entry, start_after)]


@given(steps, st.sampled_from(list(COMPARED)), st.integers(0, 3), st.booleans(), st.none() | keys)
def test_an_index_gives_its_partition_in_order(
    changes: list[Any], comparison: str | None, at: int, newest_first: bool, start: tuple[str, str] | None
) -> None:
    found = built(changes)
    start_after = None if start is None else (at, *start)
    entries = [
        (row["at"], *key)
        for key, row in found.items()
        if row.get("shard") == "s" and "at" in row and COMPARED[comparison](row["at"], at)
    ]
    stretch = found.select("attention", "s", comparison, at, newest_first=newest_first, start_after=start_after)
    wanted = expected(entries, newest_first, start_after)
    assert stretch.part(0, 100) == wanted
    assert (len(stretch), stretch.part(1, 2)) == (len(wanted), wanted[1:3])


@given(steps, st.sampled_from(["", "a", "b"]), st.booleans(), st.none() | keys)
def test_the_table_gives_a_partition_by_prefix(
    changes: list[Any], prefix: str, newest_first: bool, start: tuple[str, str] | None
) -> None:
    found = built(changes)
    start_after = None if start is None else (start[1], "p", start[1])
    entries = [(sk, pk, sk) for pk, sk in found if pk == "p" and sk.startswith(prefix)]
    stretch = found.select(None, "p", "begins_with", prefix, newest_first=newest_first, start_after=start_after)
    assert stretch.part(0, 100) == expected(entries, newest_first, start_after)


def test_a_row_changed_in_place_leaves_its_old_place() -> None:
    found: SortedRows[Row] = SortedRows({"attention": INDEX}, {("p", "a"): {"shard": "s", "at": 1}})
    found["p", "a"] |= {"at": 2}
    assert found.select("attention", "s").part(0, 9) == [(2, "p", "a")]
    del found["p", "a"]
    assert not found.select("attention", "s").part(0, 9)
    assert not found.select(None, "p").part(0, 9)


def test_sizes_follow_the_row_and_count_typed_values_too() -> None:
    plain: Row = {"pk": "pé", "n": -1234, "flag": True, "data": b"123"}
    typed = {"pk": {"S": "pé"}, "n": {"N": -1234}, "flag": {"BOOL": True}, "data": {"B": b"123"}}
    found: SortedRows[Row] = SortedRows({}, {("p", "a"): typed}, value=lambda stored: next(iter(stored.values())))
    assert found.size(("p", "a")) == size_of(plain) == (2 + 3) + (1 + 4) + (4 + 1) + (4 + 3)
    found["p", "a"] = {"pk": {"S": "p"}}
    assert found.size(("p", "a")) == 3
