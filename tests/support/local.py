"""The adapters over what the local stack plays of AWS."""

from __future__ import annotations

from agent_schedules.adapters.dynamodb import DynamoTable

from dev.fake_aws.clients import clients
from dev.fake_aws.dynamodb import LocalDynamoDB


def table_of(database: LocalDynamoDB) -> DynamoTable:
    """The table, as the deployed adapter sees it."""
    return DynamoTable(clients({"dynamodb": database.operations})("dynamodb"), "rows")
