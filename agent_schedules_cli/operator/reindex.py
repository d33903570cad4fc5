"""`reindex`: puts rows from before the index `listed` into the lists of their owners (decision 16).

A row is in a list by two attributes of its own. The service writes them with the row, so only rows of older releases
lack them. Each is written whole with them, on the condition that it is as it was read. A row that changed meanwhile is
left as it is, because this release wrote the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.domain.runs import RunKey, RunStatus
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import ConditionFailed
from agent_schedules.storage import keys
from agent_schedules.storage.table import Item, Put

from agent_schedules_cli.operator.scan import scan

UNLISTED = "attribute_not_exists(listed_in) AND (begins_with(sk, :s) OR begins_with(sk, :r) OR begins_with(sk, :o))"
AS_READ = {"S": ("revision",), "R": ("rev",), "O": ("last", "count")}
"""The attributes that show that a row is unchanged, by its kind."""


@dataclass
class Reindexed:
    """How many rows were put into a list, and how many were not, because they changed meanwhile."""

    listed: int = 0
    changed: int = 0


def listing(row: Item) -> Item:
    """Return the attributes that put a row into a list; none if it belongs in none."""
    owner, _, agent_id = str(row["pk"]).rpartition("#")
    kind, subject, *rest = str(row["sk"]).split("#")
    key = Key(owner, agent_id, subject)
    if kind == "S" and not rest and "body" in row:
        return keys.listed_schedule(key)
    if kind == "R":
        return keys.listed_run(RunKey(owner, agent_id, subject), cast(RunStatus, row["status"]))
    if kind == "O":
        return keys.listed_record(key, str(row["outcome"]), cast(int, row["last"]))
    return {}


def reindexed(dynamodb: Any, table: str) -> Reindexed:
    """Put every row that belongs in a list into it. Scans the table once."""
    done, written = Reindexed(), DynamoTable(dynamodb, table)
    for row in scan(dynamodb, table, UNLISTED, s="S#", r="R#", o="O#"):
        attributes = listing(row)
        if not attributes:
            continue
        kind = str(row["sk"]).partition("#")[0]
        try:
            written.write(Put(row | attributes, {name: row[name] for name in AS_READ[kind]}))
            done.listed += 1
        except ConditionFailed:
            done.changed += 1
    return done
