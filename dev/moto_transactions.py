"""moto's DynamoDB transactions copy the whole table first, so each costs what the table holds. This one costs what
it writes.

It checks every condition before it changes anything, so there is nothing to restore; the answers are moto's own.
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import ConditionalCheckFailed, TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend


def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """All or none of the writes; the reasons of a cancellation are in the order of the request."""
    actions = [next(iter(item.items())) for item in transact_items]
    reasons = [_reason(self, kind, action) for kind, action in actions]
    if any(code is not None for code, _, _ in reasons):
        raise TransactionCanceledException(reasons)
    for kind, action in actions:
        if kind == "Put":
            self.put_item(action["TableName"], action["Item"])
        elif kind == "Delete":
            self.delete_item(action["TableName"], action["Key"])
        elif kind == "Update":
            self.update_item(
                action["TableName"],
                action["Key"],
                action["UpdateExpression"],
                action["ExpressionAttributeNames"],
                action["ExpressionAttributeValues"],
            )


def _reason(
    backend: DynamoDBBackend, kind: str, action: dict[str, Any]
) -> tuple[str | None, str | None, dict[str, Any] | None]:
    if kind not in {"Put", "Delete", "Update", "ConditionCheck"}:
        raise NotImplementedError(f"{kind}: this service does not use it")
    if "ConditionExpression" not in action:
        return None, None, None
    table = backend.get_table(action["TableName"])
    names = [table.hash_key_attr, *([table.range_key_attr] if table.range_key_attr else [])]
    key = action["Key"] if "Key" in action else {name: action["Item"][name] for name in names}
    condition = get_filter_expression(
        action["ConditionExpression"],
        action.get("ExpressionAttributeNames"),
        action.get("ExpressionAttributeValues"),
    )
    if condition.expr(backend.get_item(action["TableName"], key)):
        return None, None, None
    return "ConditionalCheckFailed", str(ConditionalCheckFailed().message), None


def install() -> None:
    """Use it for every moto backend of this process."""
    DynamoDBBackend.transact_write_items = transact_write_items  # type: ignore[method-assign]
