"""Scans of a deployment's whole table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.storage.table import Item


def scan(dynamodb: Any, table: str, condition: str, **values: str) -> Iterator[Item]:
    """Yield the rows that meet a condition. `values` are the strings that the condition names as `:name`."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        FilterExpression=condition,
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )
    for page in pages:
        yield from (unmarshalled(item) for item in page["Items"])
