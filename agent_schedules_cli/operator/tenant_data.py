"""Exports or erases everything that a tenant, or one of its users, has in a stack.

Both scan the whole table, because rows are stored under agents and an agent's own row may be gone. Backups, published
events and logs are not touched: backups expire after 35 days, and logs hold only hashes of owners
(docs/how-to/personal-data.md).
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agent_schedules.api.auth import REMEMBERED
from agent_schedules.domain.caller import Caller
from agent_schedules.storage.compression import unpack
from boto3.dynamodb.table import BatchWriter

from agent_schedules_cli.operator.scan import scan

JSON_TEXTS = {
    "configuration", "body", "error", "policy_state", "events", "metadata", "attempts", "event", "ends",
}  # fmt: skip
"""The attributes that are JSON stored as a string."""
PASSES = 5  # scans of the table until one finds nothing
KINDS = {
    "A": "agents", "XA": "agents", "V": "versions", "S": "schedules", "XS": "schedules", "D": "definitions",
    "R": "runs", "G": "responses", "O": "occurrences", "I": "receipts", "K": "api_keys", "C": "counters",
    "B": "stable_keys", "J": "jobs", "W": "webhooks", "XW": "webhooks", "E": "deliveries", "P": "poll_webhooks",
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """A tenant, or one user that it acts for."""

    tenant: str
    on_behalf_of: str | None = None

    @property
    def owner(self) -> str:
        """The prefix of its rows' keys."""
        return Caller(self.tenant, self.on_behalf_of).owner

    def owns(self, row: Row) -> bool:
        """Return whether a row of the table belongs to it."""
        pk = str(row["pk"])
        if self.on_behalf_of is None and _is_of_api_keys(pk):
            return row.get("tenant") == self.tenant or pk == f"K#T#{self.tenant}"
        owner = pk.partition("#")[0]
        return owner == self.owner or (self.on_behalf_of is None and owner.startswith(f"{self.tenant}:"))


class TenantData:
    """The table and the schedule group of a deployment. `dynamodb` and `scheduler` are clients."""

    def __init__(
        self, dynamodb: Any, scheduler: Any, *, table: str, group: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._scheduler = scheduler
        self._group = group
        self._sleep = sleep

    def rows(self, subject: Subject) -> Iterator[Row]:
        """Yield its rows as they are stored."""
        condition = "begins_with(pk, :owner) OR begins_with(pk, :keys)"
        rows = scan(self._dynamodb, self._table, condition, owner=subject.owner, keys="K#")
        yield from (row for row in rows if subject.owns(row))

    def export(self, subject: Subject) -> Iterator[Row]:
        """Yield its rows for people: JSON that is stored as a string is decoded, and responses are unpacked."""
        parts: defaultdict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
        for row in self.rows(subject):
            kind, *rest = _sort_key(row)
            if kind == "G":
                parts[row["pk"], rest[0]][rest[1]] = bytes(row["data"])
                continue
            shown = {name: _readable(name, value) for name, value in row.items()}
            if kind == "K":  # the digest that finds a key is not exported
                shown["pk"] = "K#…"
            yield {"kind": _kind(row), **shown}
        for (pk, run_id), found in parts.items():
            whole = b"".join(found[part] for part in sorted(found))
            yield {"kind": "responses", "pk": pk, "run_id": run_id, "response": unpack(whole)}

    def erase(self, subject: Subject) -> Counter[str]:
        """Remove its rows and its EventBridge entries, and return the number of rows of each kind.

        A tenant's API keys go first, and the last scan happens when no function has them cached any more. The traffic
        of a single user must be stopped by the tenant. Raises EraseIncomplete if new rows keep appearing.
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
        raise EraseIncomplete(
            f"There are new rows after {PASSES} scans: stop the calls that create them, and erase again"
        )

    def _uncount(self, subject: Subject, rows: list[Row]) -> None:
        """Subtract what a user had from its tenant's counter. `recount` corrects a counter that was missed."""
        live = {row["sk"].removeprefix("A#") for row in rows if row["sk"].startswith("A#")}
        counters = [row for row in rows if row["sk"] == "C" and row["pk"].rpartition("#")[2] in live]
        schedules, hourly = (sum(row.get(name, 0) for row in counters) for name in ("schedules", "hourly"))
        webhooks = sum(row["sk"].startswith("W#") and "rev" in row and "expires_at" not in row for row in rows)
        if subject.on_behalf_of is not None and (schedules or webhooks):
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": subject.tenant}, "sk": {"S": "C"}},
                UpdateExpression="ADD schedules :less, hourly :fewer, webhooks :hooks, rev :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={
                    ":less": {"N": str(-schedules)},
                    ":fewer": {"N": str(-hourly)},
                    ":hooks": {"N": str(-webhooks)},
                    ":one": {"N": "1"},
                },
            )

    def _remove_entries(self, schedule_id: str) -> None:
        """Delete a schedule's entry and its look-ahead entries, which are named `<id>-<epoch>`."""
        pages = self._scheduler.get_paginator("list_schedules").paginate(GroupName=self._group, NamePrefix=schedule_id)
        for name in [summary["Name"] for page in pages for summary in page["Schedules"]]:
            try:
                self._scheduler.delete_schedule(Name=name, GroupName=self._group)
            except self._scheduler.exceptions.ResourceNotFoundException:
                continue


class EraseIncomplete(Exception):
    """New rows kept appearing during the erasure."""


def _sort_key(row: Row) -> list[str]:
    return str(row["sk"]).split("#")


def _is_of_api_keys(pk: str) -> bool:
    """Return whether a partition holds API keys, and not an agent or the deliveries of a webhook of the tenant `K`."""
    return pk.startswith("K#") and not pk.startswith(("K#agt_", "K#whk_"))


def _kind(row: Row) -> str:
    return "api_keys" if _is_of_api_keys(row["pk"]) else KINDS.get(_sort_key(row)[0], "others")


def _readable(name: str, value: Any) -> Any:
    if name in JSON_TEXTS:
        return json.loads(value)
    if name == "response":
        return unpack(bytes(value))
    if name == "digest":
        return "…"
    return value
