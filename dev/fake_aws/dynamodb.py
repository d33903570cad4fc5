"""DynamoDB for the local stack: one table of `template.yaml` with its indexes, in memory, in order, behind one lock.

Every write is a transaction: its conditions are checked, then it is noted, then it takes effect. It answers what the
adapter asks and refuses what AWS refuses of that; tests hold it to the suite that moto and the strict fake pass.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dev.fake_aws.clients import AwsError, Operation
from dev.fake_aws.expressions import Item, condition, key_terms, plain, updated

Key = tuple[str, str]
PAGE = 1024 * 1024  # bytes after which DynamoDB ends a page
_LAST = "\U0010ffff"  # sorts behind all text
_FAILED = "The conditional request failed"


@dataclass(frozen=True)
class Change:
    """An item before and after a write, in DynamoDB's typed form; None where there is none."""

    key: Key
    was: Item | None
    now: Item | None


Noted = Callable[[Sequence[Change]], None]
"""Told of a transaction before it takes effect; it does not take effect if this raises."""


class _Index:
    """Keys in order below each hash value; the table itself is one of them."""

    def __init__(self, schema: Sequence[Mapping[str, str]]) -> None:
        self.names: tuple[str, str] = (schema[0]["AttributeName"], schema[1]["AttributeName"])
        self._below: defaultdict[Any, list[tuple[Any, str, str]]] = defaultdict(list)

    def add(self, key: Key, item: Item) -> None:
        """Sparse: an item without both attributes is not in it."""
        if self.names[0] in item and self.names[1] in item:
            insort(self._below[plain(item[self.names[0]])], (plain(item[self.names[1]]), *key))

    def remove(self, key: Key, item: Item) -> None:
        """Undo `add`."""
        if self.names[0] in item and self.names[1] in item:
            entries = self._below[plain(item[self.names[0]])]
            del entries[bisect_left(entries, (plain(item[self.names[1]]), *key))]
            if not entries:
                del self._below[plain(item[self.names[0]])]

    def keys(self, request: Mapping[str, Any]) -> Iterable[Key]:
        """The keys that a Query asks for, in its order, from its start."""
        terms = key_terms(request["KeyConditionExpression"])
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        asked = {names.get(term.attribute, term.attribute): (term.name, plain(values[term.operand])) for term in terms}
        entries = self._below.get(asked[self.names[0]][1], [])
        low, high = self._bounds(entries, *asked.get(self.names[1], (None, None)))
        forward = request.get("ScanIndexForward", True)
        if start := request.get("ExclusiveStartKey"):
            entry = (plain(start[self.names[1]]), plain(start["pk"]), plain(start["sk"]))
            at = bisect_left(entries, entry)
            if forward:
                low = max(low, at + (entries[at : at + 1] == [entry]))
            else:
                high = min(high, at)
        order = range(low, high) if forward else range(high - 1, low - 1, -1)
        return (entries[number][1:] for number in order)

    @staticmethod
    def _bounds(entries: list[Any], comparison: str | None, value: Any) -> tuple[int, int]:
        before, behind = bisect_left(entries, (value,)) if comparison else 0, len(entries)
        match comparison:
            case None:
                return 0, behind
            case "begins_with":
                return before, bisect_left(entries, (value + _LAST,))
            case "<":
                return 0, before
            case "<=":
                return 0, bisect_left(entries, (value, _LAST))
            case ">":
                return bisect_left(entries, (value, _LAST)), behind
        raise NotImplementedError(f"{comparison}: this service does not use it in a query")


class LocalDynamoDB:
    """The table. `noted` hears of each transaction, in order."""

    def __init__(self, definition: Mapping[str, Any], noted: Noted, items: Iterable[Item] = ()) -> None:
        self._noted = noted
        self._lock = threading.Lock()
        self._items: dict[Key, Item] = {}
        self._table = _Index(definition["KeySchema"])
        self._indexes = {
            index["IndexName"]: _Index(index["KeySchema"]) for index in definition.get("GlobalSecondaryIndexes", [])
        }
        for item in items:
            self._apply(Change(_key(item), None, item))

    @property
    def operations(self) -> dict[str, Operation]:
        """What a client may call."""
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

    def _get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            item = self._items.get(_key(request["Key"]))
        return {} if item is None else {"Item": item}

    def _batch_get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        ((name, wanted),) = request["RequestItems"].items()
        keys = [_key(key) for key in wanted["Keys"]]
        if len(keys) > 100 or len(set(keys)) != len(keys):
            raise AwsError("ValidationException", "Too many items requested, or one of them twice")
        with self._lock:
            found = [self._items[key] for key in keys if key in self._items]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        index = self._indexes[request["IndexName"]] if "IndexName" in request else self._table
        shown: list[Item] = []
        size, last = 0, None
        with self._lock:
            for key in index.keys(request):
                item = self._items[key]
                names = {"pk", "sk", *index.names}
                shown.append({name: item[name] for name in names} if index is not self._table else item)
                size += _size(item)
                if len(shown) == request["Limit"] or size >= PAGE:
                    last = {name: item[name] for name in names}
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
        """What an action makes of its item, and whether its condition holds."""
        key = _key(action["Item"] if kind == "Put" else action["Key"])
        was = self._items.get(key)
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
            self._apply(change)

    def _apply(self, change: Change) -> None:
        for index in (self._table, *self._indexes.values()):
            if change.was is not None:
                index.remove(change.key, change.was)
            if change.now is not None:
                index.add(change.key, change.now)
        if change.now is not None:
            self._items[change.key] = change.now
        else:
            self._items.pop(change.key, None)


def _key(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _size(item: Item) -> int:
    """About the bytes that DynamoDB counts."""
    return sum(len(name) + len(str(next(iter(typed.values())))) for name, typed in item.items())
