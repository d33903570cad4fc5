"""`make copy-table`: every row of a restored table, into the table of a new stack.

EventBridge's entries are not copied: `make audit REPAIR=1` makes them from the rows.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from agent_schedules_cli.aws import session
from agent_schedules_cli.errors import WRONG_USE, Failure
from tools.explained import explained


def copied(dynamodb: Any, source: str, target: str) -> int:
    """Copy all rows; how many there were. Raises Failure if the target has a row already."""
    tables = dynamodb.Table(source), dynamodb.Table(target)
    if tables[1].scan(Limit=1, ConsistentRead=True)["Items"]:
        raise Failure(f"{target} has rows; copy into the table of a new stack", WRONG_USE)
    count = 0
    arguments: dict[str, Any] = {"ConsistentRead": True}
    with tables[1].batch_writer() as batch:  # sends again what DynamoDB leaves over
        while True:
            page = tables[0].scan(**arguments)
            for item in page["Items"]:
                batch.put_item(Item=item)
            count += len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return count
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def main(arguments: list[str] | None = None) -> int:
    """Copy, and say how much it was."""
    parser = argparse.ArgumentParser(description="Copy a restored table into the table of a new stack.")
    parser.add_argument("--from", required=True, dest="source", help="the restored table")
    parser.add_argument("--to", required=True, dest="target", help="the new stack's output TableName")
    options = parser.parse_args(arguments)
    return explained(lambda: _copied(options.source, options.target))


def _copied(source: str, target: str) -> int:
    count = copied(session().resource("dynamodb"), source, target)
    print(f"{count} rows copied; now: make audit STACK=<the new stack> REPAIR=1")
    return 0


if __name__ == "__main__":
    sys.exit(main())
