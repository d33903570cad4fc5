"""The table of template.yaml."""

from __future__ import annotations

import boto3
from agent_schedules.storage.keys import INDEXES
from moto import mock_aws

from dev.template import table_definition
from tests.template.reading import RESOURCES, TEMPLATE


def test_the_table_has_these_keys_and_indexes() -> None:
    definition = table_definition()
    kinds = {item["AttributeName"]: item["AttributeType"] for item in definition["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str, str]]:
        return [(key["AttributeName"], kinds[key["AttributeName"]], key["KeyType"]) for key in schema]

    assert keys(definition["KeySchema"]) == [("pk", "S", "HASH"), ("sk", "S", "RANGE")]
    indexes = {
        index["IndexName"]: (keys(index["KeySchema"]), index["Projection"])
        for index in definition["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "by_schedule": (
            [("schedule_id", "S", "HASH"), ("run_id", "S", "RANGE")],
            {"ProjectionType": "KEYS_ONLY"},
        ),
        "attention": (
            [("attention_shard", "S", "HASH"), ("attention_at", "N", "RANGE")],
            {"ProjectionType": "KEYS_ONLY"},
        ),
        "listed": (
            [("listed_in", "S", "HASH"), ("listed_at", "S", "RANGE")],
            {"ProjectionType": "KEYS_ONLY"},
        ),
    }


def test_the_tables_rows_are_kept_safe() -> None:
    table = RESOURCES["Table"]
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert TEMPLATE["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


def test_boto3_creates_the_table_from_its_definition() -> None:
    with mock_aws():
        dynamodb = boto3.client(
            "dynamodb", region_name="eu-central-1", aws_access_key_id="local", aws_secret_access_key="local"
        )
        dynamodb.create_table(TableName="table", **table_definition())
        table = dynamodb.describe_table(TableName="table")["Table"]
    assert table["KeySchema"] == table_definition()["KeySchema"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == [*INDEXES]
