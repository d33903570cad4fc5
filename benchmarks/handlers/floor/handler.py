"""The floor of a function that uses AWS: boto3, the same clients, one row read. It can do nothing with it."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
_dynamodb = boto3.client("dynamodb", config=_CONFIG)
_scheduler = boto3.client("scheduler", config=_CONFIG)
_sqs = boto3.client("sqs", config=_CONFIG)


def lambda_handler(_: dict[str, Any], __: Any) -> dict[str, Any]:
    """Read one row."""
    row = _dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": "local"}, "sk": {"S": "A#1"}})
    return {"found": "Item" in row}
