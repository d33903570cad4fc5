"""`copy-table`: every row of a restored table, into the table of a new stack.

EventBridge's entries are not copied: `doctor --audit --repair` makes them from the rows.
"""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.table import BatchWriter

from agent_schedules_cli.errors import WRONG_USE, Failure


def copied(dynamodb: Any, source: str, target: str) -> int:
    """Copy all rows and return how many there were. Raises Failure if the target has a row already."""
    if dynamodb.scan(TableName=target, Limit=1, ConsistentRead=True)["Items"]:
        raise Failure(f"{target} has rows; copy into the table of a new stack", WRONG_USE)
    count = 0
    with BatchWriter(target, dynamodb) as batch:  # sends again what DynamoDB leaves over
        for page in dynamodb.get_paginator("scan").paginate(TableName=source, ConsistentRead=True):
            for item in page["Items"]:
                batch.put_item(Item=item)
            count += len(page["Items"])
    return count
