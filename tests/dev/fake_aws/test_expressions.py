"""DynamoDB's expressions, as far as the table's adapter writes them."""

from __future__ import annotations

import pytest

from dev.fake_aws.expressions import Item, Term, condition, key_terms, updated

ITEM: Item = {"pk": {"S": "p"}, "n": {"N": "10"}}
VALUES = {":nine": {"N": "9"}, ":ten": {"N": "10"}, ":text": {"S": "10"}}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("attribute_exists(pk)", True),
        ("attribute_not_exists(pk)", False),
        ("#n = :ten", True),
        ("#n = :text", False),  # another type is another value
        ("#n > :nine", True),  # as numbers, not as text
        ("#n <= :nine", False),
        ("missing = :ten", False),
        ("attribute_not_exists(pk) OR #n = :ten AND #n < :ten", False),  # AND binds stronger
        ("(attribute_not_exists(pk) OR #n = :ten) AND #n >= :ten", True),
    ],
)
def test_a_condition_is_held_against_an_item(text: str, *, held: bool) -> None:
    assert condition(text)(ITEM, {"#n": "n"}, VALUES) is held


def test_a_key_condition_is_its_terms() -> None:
    assert key_terms("pk = :pk AND begins_with(sk, :prefix)") == (
        Term("=", "pk", ":pk"),
        Term("begins_with", "sk", ":prefix"),
    )


def test_update_sets_and_adds_without_changing_its_input() -> None:
    new = updated(ITEM, "SET #v = :nine ADD n :ten, fresh :nine", {"#v": "v"}, VALUES)
    assert new == {"pk": {"S": "p"}, "v": {"N": "9"}, "n": {"N": "20"}, "fresh": {"N": "9"}}
    assert ITEM["n"] == {"N": "10"}


@pytest.mark.parametrize(
    "text", ["size(pk) > :ten", "pk = :a OR", "(pk = :a", "pk = :a)", "pk BETWEEN :a AND :b", "pk[0] = :a", ""]
)
def test_what_the_adapter_does_not_write_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expression|condition|missing|too many"):
        condition(text)
