"""DynamoDB for the local stack: the table of `template.yaml` with its indexes, in memory, behind one lock.

Every write is a transaction: check its conditions, note it, apply it. It supports the calls of the adapter, and refuses
those of them that AWS refuses. It passes the same test suite as moto and the strict fake.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dev.fake_aws.clients import AwsError, Operation
from dev.fake_aws.expressions import Item, condition, key_terms, plain, updated
from dev.fake_aws.sorted_rows import Key, SortedRows

PAGE = 1024 * 1024  # bytes after which DynamoDB ends a page
_FAILED = "The conditional request failed"


@dataclass(frozen=True)
class Change:
    """An item before and after a write, in DynamoDB's typed form; None where there is none."""

    key: Key
    was: Item | None
    now: Item | None


Noted = Callable[[Sequence[Change]], None]
"""Called with a transaction before it takes effect. If this raises, it does not take effect."""


class LocalDynamoDB:
    """The table. `noted` is called with each transaction, in order."""

    def __init__(self, definition: Mapping[str, Any], noted: Noted, items: Iterable[Item] = ()) -> None:
        self._noted = noted
        self._lock = threading.Lock()
        self._schemas = {
            index["IndexName"]: (index["KeySchema"][0]["AttributeName"], index["KeySchema"][1]["AttributeName"])
            for index in definition.get("GlobalSecondaryIndexes", [])
        }
        self._rows: SortedRows[Item] = SortedRows(self._schemas, {_key(item): item for item in items}, value=plain)

    @property
    def operations(self) -> dict[str, Operation]:
        """The operations that a client may call."""
        return {
            "GetItem": self._get_item,
            "BatchGetItem": self._batch_get_item,
            "Query": self._query,
            "PutItem": lambda request: self._alone("Put", request),
            "DeleteItem": lambda request: self._alone("Delete", request),
            "TransactWriteItems": self._transact_write_items,
        }

    def closing(self, close: Callable[[], None]) -> None:
        """Call `close` when no write is under way."""
        with self._lock:
            close()

    def expire(self, now: float) -> int:
        """Remove the items whose `ttl` (UTC seconds) is over. Returns their number.

        DynamoDB does so some time after it, and puts each removal on the table's stream.
        """
        with self._lock:
            gone = [key for key, item in self._rows.data.items() if _over(item, now)]
            for key in gone:
                self._commit([Change(key, self._rows[key], None)])
        return len(gone)

    def _get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            item = self._rows.data.get(_key(request["Key"]))
        return {} if item is None else {"Item": item}

    def _batch_get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        ((name, wanted),) = request["RequestItems"].items()
        keys = [_key(key) for key in wanted["Keys"]]
        if len(keys) > 100 or len(set(keys)) != len(keys):
            raise AwsError("ValidationException", "Too many items requested, or one of them twice")
        with self._lock:
            found = [self._rows[key] for key in keys if key in self._rows]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        index = request.get("IndexName")
        hash_name, range_name = self._schemas[index] if index else ("pk", "sk")
        terms = key_terms(request["KeyConditionExpression"])
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        asked = {names.get(term.attribute, term.attribute): (term.name, plain(values[term.operand])) for term in terms}
        comparison, operand = asked.get(range_name, (None, None))
        start = request.get("ExclusiveStartKey")
        key_names = {"pk", "sk", hash_name, range_name}
        shown: list[Item] = []
        size, last = 0, None
        with self._lock:
            stretch = self._rows.select(
                index,
                asked[hash_name][1],
                comparison,
                operand,
                newest_first=not request.get("ScanIndexForward", True),
                start_after=(plain(start[range_name]), *_key(start)) if start else None,
            )
            for _, pk, sk in stretch.part(0, request["Limit"]):
                item = self._rows[pk, sk]
                shown.append({name: item[name] for name in key_names} if index else item)
                size += self._rows.size((pk, sk))
                if len(shown) == request["Limit"] or size >= PAGE:
                    last = {name: item[name] for name in key_names}
                    break
        answer: dict[str, Any] = {"Count": len(shown)}
        if request.get("Select") != "COUNT":
            answer["Items"] = shown
        return answer | ({"LastEvaluatedKey": last} if last else {})

    def _alone(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            change, held = self._change(kind, request)
            if not held:
                old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and change.was
                raise AwsError("ConditionalCheckFailedException", _FAILED, **({"Item": old} if old else {}))
            self._commit([change])
        return {}

    def _transact_write_items(self, request: dict[str, Any]) -> dict[str, Any]:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        with self._lock:
            changes = [self._change(kind, action) for kind, action in actions]
            if len({change.key for change, _ in changes}) < len(changes):
                raise AwsError(
                    "ValidationException", "Transaction request cannot include multiple operations on one item"
                )
            if not all(held for _, held in changes):
                reasons = [
                    {"Code": "None"} if held else {"Code": "ConditionalCheckFailed", "Message": _FAILED}
                    for _, held in changes
                ]
                message = f"Transaction cancelled [{', '.join(reason['Code'] for reason in reasons)}]"
                raise AwsError("TransactionCanceledException", message, CancellationReasons=reasons)
            self._commit(
                [change for (change, _), (kind, _) in zip(changes, actions, strict=True) if kind != "ConditionCheck"]
            )
        return {}

    def _change(self, kind: str, action: Mapping[str, Any]) -> tuple[Change, bool]:
        """Return the change that an action makes to its item, and whether its condition holds."""
        key = _key(action["Item"] if kind == "Put" else action["Key"])
        was = self._rows.data.get(key)
        names, values = action.get("ExpressionAttributeNames", {}), action.get("ExpressionAttributeValues", {})
        text = action.get("ConditionExpression")
        held = text is None or condition(text)(was or {}, names, values)
        now: Item | None = None
        if kind == "Put":
            now = action["Item"]
        elif kind == "Update" and held:
            now = updated(was or action["Key"], action["UpdateExpression"], names, values)
        elif kind == "ConditionCheck":
            now = was
        return Change(key, was, now), held

    def _commit(self, changes: Sequence[Change]) -> None:
        self._noted(changes)
        for change in changes:
            if change.now is not None:
                self._rows[change.key] = change.now
            else:
                self._rows.pop(change.key, None)


def _over(item: Item, now: float) -> bool:
    return "ttl" in item and float(item["ttl"]["N"]) <= now


def _key(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
