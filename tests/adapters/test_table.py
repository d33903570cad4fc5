"""One suite for the table port: the strict fake, and the DynamoDB adapter over moto and over the local stack, with the
table of template.yaml."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.storage.table import Add, Bound, Check, Delete, Item, ItemKey, Page, Put, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from dev.fake_aws.dynamodb import LocalDynamoDB
from dev.template import table_definition
from tests.support.examples import scaled
from tests.support.fake_table import FakeTable
from tests.support.local import table_of

KINDS = ["fake", "moto", "local stack"]


@pytest.fixture(params=KINDS)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    if request.param == "fake":
        yield FakeTable()
        return
    if request.param == "local stack":
        yield table_of(LocalDynamoDB(table_definition(), lambda _: None))
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(TableName="rows", **table_definition())
        yield DynamoTable(client, "rows")


def item(sk: str, pk: str = "p", **values: str | int | bytes | bool) -> Item:
    """An item of a partition."""
    return {"pk": pk, "sk": sk, **values}


def stored(table: Table, sk: str) -> Item | None:
    """What the table has under that key."""
    return table.get([ItemKey("p", sk)])[0]


def test_get_keeps_the_order_and_has_none_for_missing_items(table: Table) -> None:
    table.write(Put(item("a", n=1), "absent"))
    table.write(Put(item("b", n=2), "absent"))
    assert table.get([ItemKey("p", "b"), ItemKey("p", "x"), ItemKey("p", "a")]) == [
        item("b", n=2),
        None,
        item("a", n=1),
    ]
    assert table.get([ItemKey("q", "a")]) == [None]


def test_of_two_equal_writes_one_wins(table: Table) -> None:
    table.write(Put(item("a", rev=1), "absent"))
    with pytest.raises(ConditionFailed):
        table.write(Put(item("a", rev=1), "absent"))
    claimed = Put(item("a", rev=2, lease="2026-03-02T11:00:00.000Z"), {"rev": 1})
    table.write(claimed)
    with pytest.raises(ConditionFailed):
        table.write(claimed)
    assert stored(table, "a") == claimed.item
    assert table.query("p", "a", limit=1, newest_first=False).items == [claimed.item]


OLD_KEY: Item = {"pk": "K#1", "sk": "K", "v": 1, "tenant": "acme"}


def test_an_older_item_is_read_in_its_newest_version(table: Table) -> None:
    table.write(Put(OLD_KEY, "absent"))
    table.write(Put(OLD_KEY | {"pk": "K#2"}, "absent"))
    newest = OLD_KEY | {"v": 2, "scope": "admin"}
    assert table.get([ItemKey("K#1", "K")]) == [newest]
    assert table.get([ItemKey("K#2", "K"), ItemKey("K#1", "K")]) == [newest | {"pk": "K#2"}, newest]
    assert table.query("K#1", "K", limit=1, newest_first=False).items == [newest]


def test_what_a_newer_release_wrote_is_not_guessed_at(table: Table) -> None:
    table.write(Put(item("R#1", v=2), "absent"))
    with pytest.raises(Unavailable, match="newer release"):
        stored(table, "R#1")
    with pytest.raises(Unavailable, match="newer release"):
        table.query("p", "R#", limit=1, newest_first=False)


def test_every_kind_of_value_comes_back_as_it_was(table: Table) -> None:
    value = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        st.integers(-(10**30), 10**30),
        st.booleans(),
        st.binary(min_size=1, max_size=50),
    )

    @settings(max_examples=scaled(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(value)
    def holds(value: str | int | bytes | bool) -> None:
        table.write(Put(item("v", value=value), "anything"))
        assert stored(table, "v") == item("v", value=value)

    holds()


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in a transaction"])
def test_a_write_takes_place_only_if_the_item_is_as_expected(table: Table, *, alone: bool) -> None:
    others = [] if alone else [Put(item("other"), "anything")]

    def fails(write: Put | Delete) -> None:
        before = stored(table, "a")
        with pytest.raises(ConditionFailed) as lost:
            table.write(*others, write)
        assert lost.value.index == len(others)
        assert stored(table, "a") == before

    fails(Put(item("a", n=1), {"n": 1}))
    fails(Put(item("a", n=1), {}))
    fails(Delete(ItemKey("p", "a"), {}))
    table.write(*others, Put(item("a", n=1), "absent"))
    fails(Put(item("a", n=2), "absent"))
    fails(Put(item("a", n=2), {"n": 3}))
    fails(Put(item("a", n=2), {"n": 1, "m": "x"}))
    table.write(*others, Put(item("a", n=2, m="x"), {"n": 1}))
    fails(Delete(ItemKey("p", "a"), {"n": 1}))
    table.write(*others, Delete(ItemKey("p", "a"), {"n": 2, "m": "x"}))
    assert stored(table, "a") is None
    table.write(*others, Delete(ItemKey("p", "a")))


def test_a_transaction_is_atomic_and_names_the_failed_write(table: Table) -> None:
    table.write(Put(item("a", n=1), "absent"))
    with pytest.raises(ConditionFailed) as lost:
        table.write(Put(item("new"), "absent"), Delete(ItemKey("p", "a")), Check(ItemKey("p", "missing"), {}))
    assert lost.value.index == 2
    assert stored(table, "new") is None
    assert stored(table, "a") == item("a", n=1)
    table.write(Check(ItemKey("p", "a"), {"n": 1}), Put(item("new"), "absent"))
    assert stored(table, "new") is not None


def test_an_addition_creates_its_item_and_keeps_its_bounds(table: Table) -> None:
    key, other = ItemKey("p", "a"), Put(item("other"), "anything")

    def fails(*writes: Put | Add, at: int) -> None:
        before = stored(table, "a")
        with pytest.raises(ConditionFailed) as lost:
            table.write(*writes)
        assert lost.value.index == at
        assert stored(table, "a") == before

    fails(other, Add(key, {"n": 3}, at_most={"n": 2}), at=1)
    table.write(other, Add(key, {"n": 2, "m": 0}, {"v": 1}, {"n": 2}))
    assert stored(table, "a") == item("a", v=1, n=2, m=0)
    fails(other, Add(key, {"n": 1, "m": 1}, {"v": 1}, {"n": 2}), at=1)
    fails(Add(key, {"n": 1}, {"v": 2}), other, at=0)
    fails(Add(key, {"n": 1}, {"v": 1, "w": 1}), other, at=0)
    fails(other, Add(key, {"n": 1, "k": 5}, {"v": 1}, {"n": 3, "k": 4}), at=1)
    table.write(Add(key, {"n": 1, "k": 4}, {"v": 1}, {"n": 3, "k": 4}), other)
    assert stored(table, "a") == item("a", v=1, n=3, m=0, k=4)
    table.write(other, Add(key, {"n": -5}))
    assert stored(table, "a") == item("a", v=1, n=-2, m=0, k=4)
    table.write(other, Add(key, {"n": 2}, at_most={"n": 0}))
    fails(Add(key, {"n": 1}), Put(item("other"), "absent"), at=1)
    assert stored(table, "a") == item("a", v=1, n=0, m=0, k=4)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_query_pages_through_a_prefix_in_order(table: Table, *, newest_first: bool) -> None:
    names = [f"S#{number:02d}" for number in range(7)]
    for name in names:
        table.write(Put(item(name), "absent"))
    table.write(Put(item("T#1"), "absent"))
    table.write(Put(item("S#1", pk="other"), "absent"))
    order = list(reversed(names)) if newest_first else names
    page = table.query("p", "S#", limit=3, newest_first=newest_first)
    assert ([row["sk"] for row in page.items], page.more) == (order[:3], True)
    page = table.query("p", "S#", limit=10, newest_first=newest_first, start_after=order[2])
    assert ([row["sk"] for row in page.items], page.more) == (order[3:], False)
    page = table.query("p", "S#", limit=3, newest_first=newest_first, start_after=order[1], skip=3)
    assert ([row["sk"] for row in page.items], page.more) == (order[5:], False)
    page = table.query("p", "S#", limit=2, newest_first=newest_first, start_after="S#03x")  # a start need not exist
    assert [row["sk"] for row in page.items] == (["S#03", "S#02"] if newest_first else ["S#04", "S#05"])
    assert table.query("p", "S#", limit=2, newest_first=newest_first, skip=7) == Page([], more=False)
    assert table.query("p", "X#", limit=3, newest_first=newest_first).items == []


def test_an_index_holds_only_items_that_have_its_keys(table: Table) -> None:
    table.write(Put(item("none"), "absent"))
    for number in range(4):
        table.write(Put(item(f"R#{number}", attention_shard="s1", attention_at=number * 900), "absent"))
    table.write(Put(item("R#9", attention_shard="s2", attention_at=0), "absent"))
    page = table.query_index(
        "attention", {"attention_shard": "s1"}, bound=Bound("attention_at", "<=", 900), limit=10, newest_first=False
    )
    assert [(row["pk"], row["sk"]) for row in page.items] == [("p", "R#0"), ("p", "R#1")]
    table.write(Put(item("R#0"), "anything"))
    page = table.query_index(
        "attention", {"attention_shard": "s1"}, bound=Bound("attention_at", "<=", 10**9), limit=2, newest_first=False
    )
    assert [row["sk"] for row in page.items] == ["R#1", "R#2"]
    assert page.more
    for moved in (False, True):  # the start of the next page need not be there any more
        if moved:
            table.write(Put(item("R#2", attention_shard="s1", attention_at=10**8), "anything"))
        rest = table.query_index(
            "attention",
            {"attention_shard": "s1"},
            bound=Bound("attention_at", "<=", 10**9),
            limit=9,
            newest_first=False,
            start_after=page.items[-1],
        )
        assert [row["sk"] for row in rest.items] == (["R#3", "R#2"] if moved else ["R#3"])


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_list_of_an_owner_is_read_in_pages(table: Table, *, newest_first: bool) -> None:
    names = [f"run_{number}" for number in range(5)]
    for name in names:
        table.write(Put(item(f"R#{name}", pk=f"a#{name}", listed_in="a#failed", listed_at=name), "absent"))
    table.write(Put(item("R#run_9", pk="b#1", listed_in="b#failed", listed_at="run_9"), "absent"))
    order = list(reversed(names)) if newest_first else names
    start = None
    found: list[str] = []
    while True:
        page = table.query_index(
            "listed", {"listed_in": "a#failed"}, bound=None, limit=2, newest_first=newest_first, start_after=start
        )
        found += [str(row["listed_at"]) for row in page.items]
        if not page.more:
            break
        start = page.items[-1]
    assert found == order
    after = Bound("listed_at", "<" if newest_first else ">", order[1])
    page = table.query_index("listed", {"listed_in": "a#failed"}, bound=after, limit=9, newest_first=newest_first)
    assert ([row["listed_at"] for row in page.items], page.more) == (order[2:], False)


def test_a_hundred_keys_are_read_at_once(table: Table) -> None:
    for number in range(100):
        table.write(Put(item(f"{number:03d}", n=number), "absent"))
    found = table.get([ItemKey("p", f"{number:03d}") for number in reversed(range(100))])
    assert [row["n"] for row in found if row] == list(reversed(range(100)))
