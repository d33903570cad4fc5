"""`Table` on DynamoDB: turns keys and conditions into expressions, and DynamoDB's errors into this service's."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from agent_schedules.adapters.errors import code_of, translated
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.storage.migrations import current
from agent_schedules.storage.table import (
    LARGEST_PAGE,
    Add,
    Bound,
    Check,
    Delete,
    Expect,
    Item,
    ItemKey,
    Page,
    Put,
    Value,
    Write,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


WRITTEN_BY = "w"
"""The attribute by which a repeated put recognises that it wrote the stored item itself. Nothing else reads it."""


def marshalled(item: Mapping[str, Value]) -> dict[str, Any]:
    """Return DynamoDB's typed form of a plain item."""
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case str():
            return {"S": value}


def unmarshalled(item: Mapping[str, Any]) -> Item:
    """Return the plain form of an item from an answer or from the stream, in the newest version of its kind.

    Raises Unavailable for an item of a newer release, and ValueError for an item that this service did not write.
    """
    try:
        plain = _plain(item)
    except (AttributeError, TypeError, OverflowError):
        raise ValueError("not an item as DynamoDB has it") from None
    return current(plain)


def _plain(item: Mapping[str, Any]) -> Item:
    plain: Item = {}
    for name, typed in item.items():
        if name == WRITTEN_BY:
            continue
        ((kind, value),) = typed.items()
        plain[name] = int(value) if kind == "N" else value
    return plain


def _key(key: ItemKey) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _condition(expect: Expect) -> dict[str, Any]:
    """Return the condition expression for `expect`."""
    if isinstance(expect, str):
        return {} if expect == "anything" else {"ConditionExpression": "attribute_not_exists(pk)"}
    clauses = ["attribute_exists(pk)", *(f"#e{n} = :e{n}" for n in range(len(expect)))]
    condition: dict[str, Any] = {"ConditionExpression": " AND ".join(clauses)}
    if expect:
        condition["ExpressionAttributeNames"] = {f"#e{n}": name for n, name in enumerate(expect)}
        condition["ExpressionAttributeValues"] = {f":e{n}": _attribute(v) for n, v in enumerate(expect.values())}
    return condition


def _addition(add: Add) -> dict[str, Any]:
    """Return the expressions of an `Add`."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def operand(prefix: str, number: int, name: str, value: Value) -> tuple[str, str]:
        names[f"#{prefix}{number}"], values[f":{prefix}{number}"] = name, _attribute(value)
        return f"#{prefix}{number}", f":{prefix}{number}"

    same = [" = ".join(operand("s", n, *pair)) for n, pair in enumerate(add.same.items())]
    added = [" ".join(operand("a", n, *pair)) for n, pair in enumerate(add.amounts.items())]
    clauses = [f"(attribute_not_exists(pk) OR ({' AND '.join(same)}))"] if same else []
    for n, (name, most) in enumerate(add.at_most.items()):
        number, bound = operand("m", n, name, most - add.amounts[name])
        fresh = f"attribute_not_exists({number}) OR " if add.amounts[name] <= most else ""
        clauses.append(f"({fresh}{number} <= {bound})")
    return {
        "UpdateExpression": (f"SET {', '.join(same)} " if same else "") + f"ADD {', '.join(added)}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        **({"ConditionExpression": " AND ".join(clauses)} if clauses else {}),
    }


class DynamoTable:
    """`Table` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """See `Table.get`; one BatchGetItem, or GetItem for a single key."""
        with translated("DynamoDB"):
            if len(keys) == 1:
                single = self._client.get_item(TableName=self._name, Key=_key(keys[0]), ConsistentRead=True)
                return [unmarshalled(single["Item"]) if "Item" in single else None]
            found: dict[tuple[Value, Value], Item] = {}
            wanted: dict[str, Any] = {self._name: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}}
            for _ in range(4):  # DynamoDB may leave keys over when throttled or past 16 MB
                answer = self._client.batch_get_item(RequestItems=wanted)
                for raw in answer["Responses"].get(self._name, []):
                    item = unmarshalled(raw)
                    found[item["pk"], item["sk"]] = item
                wanted = answer.get("UnprocessedKeys", {})
                if not wanted:
                    return [found.get((key.pk, key.sk)) for key in keys]
        raise Unavailable("DynamoDB did not finish a read; nothing was changed, try again")

    def query(
        self, pk: str, prefix: str, *, limit: int, newest_first: bool, start_after: str | None = None, skip: int = 0
    ) -> Page:
        """See `Table.query`. DynamoDB reads the skipped items too, but does not send them."""
        arguments: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        if start_after is not None:
            arguments["ExclusiveStartKey"] = _key(ItemKey(pk, start_after))
        with translated("DynamoDB"):
            while skip:
                answer = self._client.query(TableName=self._name, Limit=skip, Select="COUNT", **arguments)
                skip -= answer["Count"]
                if "LastEvaluatedKey" not in answer:
                    return Page([], more=False)
                arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return self._query(arguments, limit)

    def query_index(
        self,
        index: str,
        values: Mapping[str, Value],
        *,
        bound: Bound | None,
        limit: int,
        newest_first: bool,
        start_after: Item | None = None,
    ) -> Page:
        """See `Table.query_index`."""
        ((name, value),) = values.items()
        expression, names, operands = "#h = :h", {"#h": name}, {":h": _attribute(value)}
        if bound is not None:
            expression += f" AND #r {bound.comparison} :r"
            names["#r"], operands[":r"] = bound.name, _attribute(bound.value)
        arguments: dict[str, Any] = {
            "IndexName": index,
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": operands,
            "ScanIndexForward": not newest_first,
        }
        if start_after is not None:
            arguments["ExclusiveStartKey"] = {key: _attribute(value) for key, value in start_after.items()}
        return self._query(arguments, limit)

    def _query(self, arguments: dict[str, Any], limit: int) -> Page:
        decoded = _plain if "IndexName" in arguments else unmarshalled  # an index has keys only
        items: list[Item] = []
        gathered = 0
        with translated("DynamoDB"):
            while True:
                answer = self._client.query(TableName=self._name, Limit=limit - len(items), **arguments)
                items += [decoded(raw) for raw in answer["Items"]]
                last = answer.get("LastEvaluatedKey")
                gathered += 1024 * 1024  # a page of DynamoDB's ends at 1 MB or at the limit
                if last is None or len(items) >= limit or gathered >= LARGEST_PAGE:
                    return Page(items, more=last is not None)
                arguments["ExclusiveStartKey"] = last

    def write(self, *writes: Write) -> None:
        """See `Table.write`. A single write goes without a transaction, for half the cost.

        botocore retries a transaction under the same ClientRequestToken, so the retry of one that took effect succeeds.
        """
        with translated("DynamoDB", writing=True):
            if len(writes) == 1 and isinstance(writes[0], Put | Delete):
                self._write_one(writes[0])
            else:
                self._write_all(writes)

    def _write_one(self, write: Put | Delete) -> None:
        """Write one item. botocore retries a call whose reply was lost; the retry of a put then finds the random token
        of its first attempt, and so is not taken for a lost condition."""
        token = {"B": secrets.token_bytes(8)}
        try:
            if isinstance(write, Put):
                self._client.put_item(
                    TableName=self._name,
                    Item=marshalled(write.item) | {WRITTEN_BY: token},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **_condition(write.expect),
                )
            else:
                self._client.delete_item(TableName=self._name, Key=_key(write.key), **_condition(write.expect))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            stored: Any = error.response.get("Item", {})
            if stored.get(WRITTEN_BY) == token:
                return
            raise ConditionFailed(0) from None

    def _write_all(self, writes: Sequence[Write]) -> None:
        try:
            self._client.transact_write_items(TransactItems=[self._action(write) for write in writes])
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise
            # The stubs do not know that a cancelled transaction has this member.
            reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
            for index, reason in enumerate(reasons):
                if reason.get("Code") == "ConditionalCheckFailed":
                    raise ConditionFailed(index) from None
            if any(reason.get("Code") == "TransactionConflict" for reason in reasons):
                raise Contended("The resource is being changed by another call; try again") from None
            raise

    def _action(self, write: Write) -> Any:
        """Return a write as a transaction takes it."""
        match write:
            case Put(item, expect):
                return {"Put": {"TableName": self._name, "Item": marshalled(item), **_condition(expect)}}
            case Delete(key, expect):
                return {"Delete": {"TableName": self._name, "Key": _key(key), **_condition(expect)}}
            case Check(key, expect):
                return {"ConditionCheck": {"TableName": self._name, "Key": _key(key), **_condition(expect)}}
            case Add(key):
                return {"Update": {"TableName": self._name, "Key": _key(key), **_addition(write)}}
