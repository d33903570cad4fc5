"""`recount` finds and corrects wrong counts, over the real adapter on moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.quotas import TenantCount
from agent_schedules.services import agents as agent_service
from agent_schedules.services import quotas as limit_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services.quotas import Usage
from moto import mock_aws

from agent_schedules_cli.operator import recount
from dev.template import table_definition
from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.copy_to_moto import copy_to_moto
from tests.support.deployed import STACK, Deployed
from tests.support.webhooks import webhook
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
SOON = {"type": "once", "run_at": "2026-03-02T10:00:30Z"}


class Deployment:
    """The real stores and the adapter on moto, with schedules in every status below two agents, and a deleted one."""

    def __init__(self) -> None:
        self.dynamodb: Any = boto3.client("dynamodb")
        self.dynamodb.create_table(TableName="table", **table_definition())
        self.world = world = World()
        self.agents = [world.agent() for _ in range(3)]
        for agent in self.agents:
            for spec in (HOURLY, HOURLY, SOON):
                world.create(spec, agent=agent)
        paused = world.create(HOURLY, agent=self.agents[0])
        deleted = world.create(HOURLY, agent=self.agents[0])
        at = (world.ports, world.call)
        schedule_service.pause_schedule(*at, paused.key.agent_id, paused.key.schedule_id)
        schedule_service.delete_schedule(*at, deleted.key.agent_id, deleted.key.schedule_id)
        world.pass_time(60)
        agent_service.delete_agent(*at, self.agents[1].id)
        agent_service.restore_agent(*at, self.agents[1].id)
        agent_service.delete_agent(*at, self.agents[2].id)
        self.webhooks = [webhook(world), webhook(world, Caller("local", "ada")), webhook(world, poll=True)]
        copy_to_moto(world, DynamoTable(self.dynamodb, "table"))
        self.cli = Cli(Api())
        self.cli.environment = replace(self.cli.environment, aws=lambda _: self.dynamodb)

    def usage(self, agent: Agent) -> Usage:
        """Return the counts."""
        return limit_service.usage(self.world.ports, self.world.caller, agent.id)

    def rows(self) -> Iterator[Any]:
        """Every row, raw."""
        yield from self.dynamodb.scan(TableName="table")["Items"]

    def recount(self, *arguments: str) -> tuple[int, list[Any]]:
        """The command's exit code and its lines."""
        result = self.cli.run("recount", "--table", "table", *arguments)
        return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]

    def repaired(self) -> tuple[int, int]:
        """How much is found, and what the command answers."""
        return len(recount.findings(self.dynamodb, "table")), self.recount("--repair")[0]


def used(schedules: int, of_agent: int, *, webhooks: int = 2) -> Usage:
    """So many schedules of the tenant and the agent, none of which runs more than once in an hour."""
    return Usage(TenantCount(schedules, schedules, webhooks=webhooks), of_agent)


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment()


def test_counters_match_what_the_service_did(deployed: Deployment) -> None:
    assert recount.findings(deployed.dynamodb, "table") == []
    assert deployed.usage(deployed.agents[0]) == used(7, 4)
    assert deployed.usage(deployed.agents[1]) == used(7, 3)


@pytest.mark.slow
def test_rows_older_than_the_counters_are_counted(deployed: Deployment) -> None:
    for row in deployed.rows():
        key = {"pk": row["pk"], "sk": row["sk"]}
        if row["sk"]["S"] == "C":
            deployed.dynamodb.delete_item(TableName="table", Key=key)
        elif "counted" in row:
            bare = {name: value for name, value in row.items() if name not in {"counted", "hourly"}}
            deployed.dynamodb.put_item(TableName="table", Item=bare)
    assert deployed.usage(deployed.agents[0]) == used(0, 0, webhooks=0)
    assert deployed.repaired() == (8, 0)  # each schedule, and the tenant's counter with its webhooks
    assert recount.findings(deployed.dynamodb, "table") == []
    assert deployed.usage(deployed.agents[0]) == used(7, 4)
    assert deployed.usage(deployed.agents[1]) == used(7, 3)


@pytest.mark.slow
def test_rows_without_hourly_are_counted_again(deployed: Deployment) -> None:
    for row in deployed.rows():
        if "hourly" in row:
            bare = {name: value for name, value in row.items() if name != "hourly"}
            deployed.dynamodb.put_item(TableName="table", Item=bare)
    assert deployed.usage(deployed.agents[0]) == Usage(TenantCount(7, 0, webhooks=2), 4)
    assert deployed.repaired() == (7, 0)
    assert recount.findings(deployed.dynamodb, "table") == []
    assert deployed.usage(deployed.agents[0]) == used(7, 4)


def test_wrong_counters_are_corrected(deployed: Deployment) -> None:
    for row in deployed.rows():
        if row["sk"]["S"] == "C":
            deployed.dynamodb.put_item(TableName="table", Item=row | {"schedules": {"N": "-3"}})
    code, lines = deployed.recount()
    assert (code, [line["repaired"] for line in lines]) == (1, [False] * 3)
    code, lines = deployed.recount("--repair")
    assert (code, [line["repaired"] for line in lines]) == (0, [True] * 3)
    assert recount.findings(deployed.dynamodb, "table") == []
    assert deployed.usage(deployed.agents[0]) == used(7, 4)


def test_rows_removed_by_hand_are_not_counted(deployed: Deployment) -> None:
    for row in deployed.rows():
        if row["sk"]["S"].startswith("S#") and row["pk"]["S"].endswith(deployed.agents[0].id):
            deployed.dynamodb.delete_item(TableName="table", Key={"pk": row["pk"], "sk": row["sk"]})
    assert deployed.repaired() == (2, 0)
    assert deployed.usage(deployed.agents[0]) == used(3, 0)


@pytest.mark.slow
def test_counter_changed_meanwhile_is_left_for_next_run(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = [row for row in deployed.rows() if (row["pk"]["S"], row["sk"]["S"]) == ("local", "C")]
    deployed.dynamodb.put_item(TableName="table", Item=row | {"schedules": {"N": "9"}})
    findings = recount.findings

    def then_a_create(*arguments: Any) -> list[recount.Finding]:
        found = findings(*arguments)
        deployed.world.create(HOURLY)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(recount, "findings", then_a_create)
        assert deployed.recount("--repair")[0] == 1
    assert deployed.usage(deployed.agents[0]).tenant.schedules == 10
    assert deployed.repaired() == (1, 0)
    assert deployed.usage(deployed.agents[0]).tenant.schedules == 8


def test_stack_names_its_table() -> None:
    cli = Cli(Api())
    with mock_aws():
        cli.environment = replace(cli.environment, aws=Deployed().client)
        result = cli.run("recount", "--stack", STACK)
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize("options", [[], ["--stack", "x", "--table", "y"]])
def test_either_stack_or_table_is_given(options: list[str]) -> None:
    assert "give either --stack or --table" in Cli(Api()).fails(2, "recount", *options)


def test_a_wrong_count_of_webhooks_is_corrected(deployed: Deployment) -> None:
    counter = {"pk": {"S": "local"}, "sk": {"S": "C"}}
    deployed.dynamodb.update_item(
        TableName="table",
        Key=counter,
        UpdateExpression="ADD webhooks :more",
        ExpressionAttributeValues={":more": {"N": "3"}},
    )
    code, lines = deployed.recount("--repair")
    assert (code, [line["subject"] for line in lines]) == (0, ["local"])
    row = deployed.dynamodb.get_item(TableName="table", Key=counter)["Item"]
    assert (row["webhooks"], row["schedules"]) == ({"N": "2"}, {"N": "7"})
    assert recount.findings(deployed.dynamodb, "table") == []
