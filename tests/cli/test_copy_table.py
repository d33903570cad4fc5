"""`copy-table` copies every row unchanged, and the audit creates the entries from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.storage.store import Store
from moto import mock_aws

from agent_schedules_cli.doctor.audit import compared, entries_of, repaired, rows_of, schedules_in
from dev.template import table_definition
from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 7200}
ROWS = 60  # of 20 KB, more than one page of a scan and more than two batches


@pytest.fixture
def world() -> Iterator[World]:
    """A stack whose table is `restored`, next to an empty table `new` with the group `new`."""
    with mock_aws():
        dynamodb, scheduler = boto3.client("dynamodb"), boto3.client("scheduler")
        for table in ("restored", "new"):
            dynamodb.create_table(TableName=table, **table_definition())
        scheduler.create_schedule_group(Name="new")
        world = World(datetime.now(UTC).replace(microsecond=0).isoformat())
        world.ports = replace(world.ports, store=Store(DynamoTable(dynamodb, "restored")))
        yield world


def rows(table: str) -> dict[tuple[str, str], Any]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


@pytest.fixture
def cli(world: World) -> Cli:
    cli = Cli(Api())
    cli.environment = replace(cli.environment, aws=boto3.client)  # type: ignore[arg-type] # its overloads name each service
    return cli


@pytest.mark.slow
def test_rows_are_copied_and_audit_creates_entries(world: World, cli: Cli) -> None:
    schedules = [world.create(HOURLY) for _ in range(3)]
    for number in range(ROWS):
        item: dict[str, Any] = {
            "pk": {"S": "filler"},
            "sk": {"S": f"{number}"},
            "data": {"B": bytes([number % 256]) * 20_480},
        }
        boto3.client("dynamodb").put_item(TableName="restored", Item=item)
    result = cli.run("copy-table", "--from", "restored", "--to", "new")
    assert result.exit_code == 0
    assert rows("new") == rows("restored")
    assert result.stdout.startswith(f"{len(rows('new'))} rows copied")

    scheduler = boto3.client("scheduler")
    to = Destination("new", "arn:aws:lambda:us-east-1:1:function:runner:live", "arn:aws:iam::1:role/r", "arn:d")
    store = Store(DynamoTable(boto3.client("dynamodb"), "new"))
    world.ports = replace(world.ports, store=store, scheduler=EventBridgeScheduler(scheduler, to))
    found = list(schedules_in(rows_of(boto3.client("dynamodb"), "new")))
    for finding in compared(found, entries_of(scheduler, "new"), world.now):
        assert finding.kind == "missing"
        repaired(world.ports, finding)
    assert set(entries_of(scheduler, "new")) == {schedule.key.schedule_id for schedule in schedules}
    assert compared(found, entries_of(scheduler, "new"), world.now) == []


def test_table_with_rows_is_not_overwritten(world: World, cli: Cli) -> None:
    world.create(HOURLY)
    item = {"pk": {"S": "precious"}, "sk": {"S": "row"}}
    boto3.client("dynamodb").put_item(TableName="new", Item=item)
    assert "has rows" in cli.fails(2, "copy-table", "--from", "restored", "--to", "new")
    assert list(rows("new")) == [("precious", "row")]
