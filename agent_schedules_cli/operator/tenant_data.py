"""Everything that a tenant, or one user of it, has in a stack: written out, or erased.

Both read the whole table, because rows are filed under agents and an agent's own row may be gone. What backups,
announced events and logs hold is not touched: backups end by themselves after 35 days, logs carry hashes of owners
(docs/how-to/personal-data.md).
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.api.auth import REMEMBERED
from agent_schedules.domain.caller import Caller
from agent_schedules.storage.compression import unpack
from boto3.dynamodb.table import BatchWriter

PASSES = 5  # over the table until one finds nothing
KINDS = {
    "A": "agents", "XA": "agents", "V": "versions", "S": "schedules", "XS": "schedules", "D": "definitions",
    "R": "runs", "G": "responses", "O": "occurrences", "I": "receipts", "K": "api_keys", "C": "counters",
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """Whose data it is: all of a tenant's, or that of one user it acts for."""

    tenant: str
    on_behalf_of: str | None = None

    @property
    def owner(self) -> str:
        """What the keys of its rows begin with."""
        return Caller(self.tenant, self.on_behalf_of).owner

    def has(self, row: Row) -> bool:
        """Whether a row of the table is its own."""
        pk = str(row["pk"])
        if self.on_behalf_of is None and _is_of_api_keys(pk):
            return row.get("tenant") == self.tenant or pk == f"K#T#{self.tenant}"
        owner = pk.partition("#")[0]
        return owner == self.owner or (self.on_behalf_of is None and owner.startswith(f"{self.tenant}:"))


class Erasable:
    """The table and the schedule group of a deployment, as an operator's credentials reach them. `dynamodb` and
    `scheduler` are clients."""

    def __init__(
        self, dynamodb: Any, scheduler: Any, *, table: str, group: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._scheduler = scheduler
        self._group = group
        self._sleep = sleep

    def rows(self, subject: Subject) -> Iterator[Row]:
        """Its rows, as they are stored."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(pk, :owner) OR begins_with(pk, :keys)",
            ExpressionAttributeValues={":owner": {"S": subject.owner}, ":keys": {"S": "K#"}},
        )
        for page in pages:
            yield from (row for row in map(unmarshalled, page["Items"]) if subject.has(row))

    def exported(self, subject: Subject) -> Iterator[Row]:
        """Its rows for people: JSON that was stored as text is JSON again, a packed response is the response."""
        parts: defaultdict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
        for row in self.rows(subject):
            kind, *rest = _sort_key(row)
            if kind == "G":
                parts[row["pk"], rest[0]][rest[1]] = bytes(row["data"])
                continue
            shown = {name: _readable(name, value) for name, value in row.items()}
            if kind == "K":  # what finds a key in the table stays there
                shown["pk"] = "K#…"
            yield {"kind": _kind(row), **shown}
        for (pk, run_id), found in parts.items():
            whole = b"".join(found[part] for part in sorted(found))
            yield {"kind": "responses", "pk": pk, "run_id": run_id, "response": unpack(whole)}

    def erased(self, subject: Subject) -> Counter[str]:
        """Remove its rows and its entries in EventBridge; how many rows of each kind there were.

        A tenant's API keys go first, and the last look at the table is one when no function remembers them. A user's
        traffic has to be stopped by whoever acts for it. Raises NotErased if rows keep coming.
        """
        counts: Counter[str] = Counter()
        for _ in range(PASSES):
            rows = sorted(self.rows(subject), key=lambda row: not _is_of_api_keys(row["pk"]))
            if not rows:
                return counts
            for schedule_id in sorted({_sort_key(row)[1] for row in rows if _sort_key(row)[0] in {"S", "XS"}}):
                self._remove_entries(schedule_id)
            with BatchWriter(self._table, self._dynamodb) as batch:
                for row in rows:
                    batch.delete_item(Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}})
                    counts[_kind(row)] += 1
            self._uncount(subject, rows)
            if any(_is_of_api_keys(row["pk"]) for row in rows):
                self._sleep(REMEMBERED + 1)
        raise NotErased(f"There are new rows after {PASSES} passes: stop the calls that make them, and erase again")

    def _uncount(self, subject: Subject, rows: list[Row]) -> None:
        """Take a user's schedules off those of its tenant, whose counter stays. `make recount` mends one that was
        missed."""
        live = {row["sk"].removeprefix("A#") for row in rows if row["sk"].startswith("A#")}
        counters = [row for row in rows if row["sk"] == "C" and row["pk"].rpartition("#")[2] in live]
        schedules, hourly = (sum(row.get(name, 0) for row in counters) for name in ("schedules", "hourly"))
        if subject.on_behalf_of is not None and schedules:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": subject.tenant}, "sk": {"S": "C"}},
                UpdateExpression="ADD schedules :less, hourly :fewer, rev :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={
                    ":less": {"N": str(-schedules)},
                    ":fewer": {"N": str(-hourly)},
                    ":one": {"N": "1"},
                },
            )

    def _remove_entries(self, schedule_id: str) -> None:
        """A schedule's entry, and its look-ahead entries, which are named `<id>-<epoch>`."""
        pages = self._scheduler.get_paginator("list_schedules").paginate(GroupName=self._group, NamePrefix=schedule_id)
        for name in [summary["Name"] for page in pages for summary in page["Schedules"]]:
            try:
                self._scheduler.delete_schedule(Name=name, GroupName=self._group)
            except self._scheduler.exceptions.ResourceNotFoundException:
                continue


class NotErased(Exception):
    """Somebody keeps writing."""


def _sort_key(row: Row) -> list[str]:
    return str(row["sk"]).split("#")


def _is_of_api_keys(pk: str) -> bool:
    """Whether a partition is one of API keys, and not one of an agent of the tenant `K`."""
    return pk.startswith("K#") and not pk.startswith("K#agt_")


def _kind(row: Row) -> str:
    return "api_keys" if _is_of_api_keys(row["pk"]) else KINDS.get(_sort_key(row)[0], "others")


def _readable(name: str, value: Any) -> Any:
    if name in {"configuration", "body", "error"}:
        return json.loads(value)
    if name == "response":
        return unpack(bytes(value))
    if name == "digest":
        return "…"
    return value
