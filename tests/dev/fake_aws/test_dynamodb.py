"""The local stack's table: it removes what has expired, as DynamoDB does."""

from __future__ import annotations

from collections.abc import Sequence

from agent_schedules.storage.table import ItemKey, Put

from dev.fake_aws.dynamodb import Change, LocalDynamoDB
from dev.template import table_definition
from tests.support.local import table_of


def test_expired_rows_are_removed_and_noted() -> None:
    noted: list[Change] = []

    def note(changes: Sequence[Change]) -> None:
        noted.extend(changes)

    database = LocalDynamoDB(table_definition(), note)
    table = table_of(database)
    for sk, ttl in (("R#1", {"ttl": 100}), ("R#2", {"ttl": 101}), ("R#3", {})):
        table.write(Put({"pk": "p", "sk": sk, "v": 1, **ttl}, "absent"))
    noted.clear()
    assert database.expire(99) == 0
    assert database.expire(100.5) == 1
    assert [(change.key, change.now) for change in noted] == [(("p", "R#1"), None)]
    found = table.get([ItemKey("p", f"R#{number}") for number in (1, 2, 3)])
    assert [item is not None for item in found] == [False, True, True]
