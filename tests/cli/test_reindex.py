"""`reindex` puts rows of older releases into the lists of their owners, over the real adapter on moto."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Put
from moto import mock_aws

from dev.template import table_definition
from tests.support.api import Api
from tests.support.backfills import late
from tests.support.cli import Cli
from tests.support.copy_to_moto import copy_to_moto
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
Row = dict[str, Any]


class Deployment:
    """A table with schedules, deleted ones too, failed and completed runs, and records. No row is in a list yet."""

    def __init__(self) -> None:
        self.dynamodb: Any = boto3.client("dynamodb")
        self.dynamodb.create_table(TableName="table", **table_definition())
        world = World()
        late(world)
        failing = world.create(HOURLY, agent=world.agent("fail"))
        gone = world.create(HOURLY)
        world.clock.advance(3600)
        world.hint(failing, world.now)
        world.pass_time(10)
        schedule_service.delete_schedule(world.ports, world.call, gone.key.agent_id, gone.key.schedule_id)
        copy_to_moto(world, DynamoTable(self.dynamodb, "table"))
        self.complete = self.rows()
        for row in self.complete.values():
            bare = {name: value for name, value in row.items() if not name.startswith("listed_")}
            self.dynamodb.put_item(TableName="table", Item=bare)
        self.cli = Cli(Api())
        self.cli.environment = replace(self.cli.environment, aws=lambda _: self.dynamodb)

    def rows(self) -> dict[tuple[str, str], Row]:
        """Every row, raw, without the mark of its last writer."""
        items = self.dynamodb.scan(TableName="table")["Items"]
        return {(row["pk"]["S"], row["sk"]["S"]): {k: v for k, v in row.items() if k != "w"} for row in items}


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment()


def test_every_row_comes_into_its_list(deployed: Deployment) -> None:
    listed = [row["listed_in"]["S"] for row in deployed.complete.values() if "listed_in" in row]
    assert sorted(listed) == ["local#failed", "local#missed", "local#schedules", "local#schedules", "local#skipped"]
    result = deployed.cli.run("reindex", "--table", "table")
    assert (result.exit_code, result.stdout) == (0, "5 rows were put into the lists\n")
    assert deployed.rows() == deployed.complete
    assert deployed.cli.run("reindex", "--table", "table").stdout == "0 rows were put into the lists\n"


def test_a_row_that_changed_meanwhile_is_left(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    write = DynamoTable.write

    def slow(table: DynamoTable, put: Put) -> None:
        sk = str(put.item["sk"])
        if sk.startswith("S#"):
            deployed.dynamodb.delete_item(TableName="table", Key={"pk": {"S": put.item["pk"]}, "sk": {"S": sk}})
        write(table, put)

    monkeypatch.setattr(DynamoTable, "write", slow)
    result = deployed.cli.run("reindex", "--table", "table")
    assert (result.exit_code, result.stdout) == (1, "3 rows were put into the lists\n")
    assert result.stderr == "2 rows changed meanwhile; run reindex again\n"


@pytest.mark.parametrize("options", [[], ["--table", "table", "--stack", "stack"]])
def test_one_table_is_named(deployed: Deployment, options: list[str]) -> None:
    assert "either --stack or --table" in deployed.cli.fails(2, "reindex", *options)
