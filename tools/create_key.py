"""Make an API key for a tenant and store its SHA-256 in the deployed table. The key itself is shown once and kept
nowhere."""

from __future__ import annotations

import argparse
import hashlib
import re
import secrets
import sys

import boto3

TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def main(arguments: list[str] | None = None) -> int:
    """Write the key's row and print the key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, help="the stack's output TableName")
    parser.add_argument(
        "--tenant", required=True, help="whom the key belongs to: a-z, 0-9 and -, at most 63 characters"
    )
    options = parser.parse_args(arguments)
    if not TENANT.fullmatch(options.tenant):
        parser.error("--tenant: use a-z, 0-9 and -, at most 63 characters")
    key = f"as_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    boto3.client("dynamodb").put_item(
        TableName=options.table,
        Item={"pk": {"S": f"K#{digest}"}, "sk": {"S": "K"}, "v": {"N": "1"}, "tenant": {"S": options.tenant}},
        ConditionExpression="attribute_not_exists(pk)",
    )
    print(key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
