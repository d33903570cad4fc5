"""`tenants` exports and erases all data of a tenant or a user, and touches no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable, marshalled, unmarshalled
from agent_schedules.adapters.scheduler import EventBridgeScheduler
from agent_schedules.api.auth import REMEMBERED
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.schemas.requests import CreateAgentBody, CreateRunBody, CreateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Item, ItemKey
from moto import mock_aws

from agent_schedules_cli.operator.recount import Finding, miscounted, read, webhooks_in
from agent_schedules_cli.operator.tenant_data import EraseIncomplete, Subject, TenantData
from dev.template import table_definition
from tests.adapters.test_ports import TO
from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.copy_to_moto import copy_to_moto
from tests.support.deployed import STACK, Deployed
from tests.support.webhooks import furnished_webhooks, webhook
from tests.support.world import World

pytestmark = pytest.mark.slow

SPECS: list[dict[str, Any]] = [
    {"type": "interval", "interval_seconds": 7200},
    {"type": "interval", "interval_seconds": 581_769},
    {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"},
]
CALLERS = [
    Caller("acme"),
    Caller("acme", "ann@example.com"),
    Caller("acme", "bob"),
    Caller("acme-2"),
    Caller("ac"),
    Caller("K"),
]


class Deployment:
    """Real adapters on moto, in which each caller has an agent, schedules, runs, a large response and a tombstone."""

    def __init__(self) -> None:
        self.scheduler = boto3.client("scheduler")
        self.scheduler.create_schedule_group(Name="g")
        boto3.client("dynamodb").create_table(TableName="table", **table_definition())
        self.world = World(datetime.now(UTC).replace(microsecond=0).isoformat())
        self.world.ports = replace(
            self.world.ports,
            scheduler=EventBridgeScheduler(self.scheduler, TO),
        )
        for caller in CALLERS:
            self.fill(caller)
        copy_to_moto(self.world, DynamoTable(boto3.client("dynamodb"), "table"))
        self.slept: list[float] = []
        self.table = boto3.resource("dynamodb").Table("table")
        dynamodb = boto3.client("dynamodb")
        self.stack = TenantData(dynamodb, self.scheduler, table="table", group="g", sleep=self.slept.append)
        for tenant in {caller.tenant for caller in CALLERS}:
            digest = hashlib.sha256(tenant.encode()).hexdigest()
            self.table.put_item(Item={"pk": f"K#{digest}", "sk": "K", "v": 1, "tenant": tenant})
            self.table.put_item(Item={"pk": f"K#T#{tenant}", "sk": "key_1", "v": 1, "digest": digest})

    def fill(self, caller: Caller) -> None:
        """Something of every kind."""
        world, call = self.world, RequestContext(caller, IdempotencyKey("k" * 64, "f" * 64))
        agent = agent_service.create_agent(world.ports, call, CreateAgentBody(name="a", model="echo", key="own"))
        call = RequestContext(caller)
        schedules = [
            schedule_service.create_schedule(
                world.ports, call, agent.id, CreateScheduleBody.model_validate({"schedule": spec, "input": "secret"})
            )
            for spec in SPECS
        ]
        key = schedules[0].key
        schedule_service.delete_schedule(world.ports, call, agent.id, schedules[2].key.schedule_id)
        runs.create_run(world.ports, call, agent.id, CreateRunBody(input="x" * 20_000))
        answer = world.gateway.retrieve
        noise = hashlib.shake_256(caller.owner.encode()).hexdigest(200_000)
        world.gateway.retrieve = lambda *args, **named: answer(*args, **named) | {"noise": noise}  # type: ignore[method-assign]
        world.clock.advance(3)
        world.work()
        world.clock.advance(3)
        world.work()
        world.gateway.retrieve = answer  # type: ignore[method-assign]
        world.deliver(Hint(key, None, repair=True))
        furnished_webhooks(world, caller)
        webhook(world, caller, poll=True)

    def all(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The whole table."""
        pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName="table")
        rows = [unmarshalled(item) for page in pages for item in page["Items"]]
        return {(str(row["pk"]), str(row["sk"])): dict(row) for row in rows}

    def entries(self) -> set[str]:
        """The names of all entries."""
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName="g")
        return {summary["Name"] for page in pages for summary in page["Schedules"]}


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment()


def miscounted_in(table: dict[tuple[str, str], dict[str, Any]]) -> list[Finding]:
    """Counters that do not say what the rows do."""
    agents, schedules = read(row for (_, sk), row in table.items() if sk.startswith(("A#", "S#")))
    webhooks = webhooks_in(table.values())
    counters = {ItemKey(*at): row for at, row in table.items() if at[1] == "C"}
    return miscounted(counters, agents, schedules, webhooks)


@pytest.mark.parametrize(
    "subject", [Subject("acme"), Subject("acme", "ann@example.com"), Subject("ac"), Subject("K")], ids=str
)
def test_erase_removes_only_the_subjects_rows(deployment: Deployment, subject: Subject) -> None:
    def concerns(key: tuple[str, str]) -> bool:
        owner = key[0].partition("#")[0]
        if subject.on_behalf_of:
            return owner == subject.owner
        digest = hashlib.sha256(subject.tenant.encode()).hexdigest()
        if key[1] == "K" or key[0].startswith("K#T#"):  # an API key; `K` is also a tenant
            return key[0] in {f"K#{digest}", f"K#T#{subject.tenant}"}
        return owner.partition(":")[0] == subject.tenant

    before, entries = deployment.all(), deployment.entries()
    gone = {key for key in before if concerns(key)}
    named = {key[1].split("#")[1] for key in gone if key[1].startswith("S#")}
    counts = deployment.stack.erase(subject)
    after = deployment.all()
    left = dict(after)
    if subject.on_behalf_of:
        counter = before.pop((subject.tenant, "C"))
        counted = after.pop((subject.tenant, "C"))
        assert counted["schedules"] == counter["schedules"] - len(SPECS) + 1
        assert counted["webhooks"] == counter["webhooks"] - 1
    assert after == {key: row for key, row in before.items() if key not in gone}
    assert miscounted_in(left) == []
    assert deployment.entries() == {name for name in entries if name.partition("-")[0] not in named}
    assert sum(counts.values()) == len(gone)
    assert list(deployment.stack.rows(subject)) == []
    assert len(entries - deployment.entries()) == len(named) > 0


def test_keys_go_first_and_last_scan_waits_for_caches(deployment: Deployment) -> None:
    def late_write(seconds: float) -> None:
        deployment.slept.append(seconds)
        deployment.fill(Caller("acme"))  # by a function that still knew the key

    deployment.stack._sleep = late_write
    deployment.stack.erase(Subject("acme"))
    assert deployment.slept == [REMEMBERED + 1]
    assert list(deployment.stack.rows(Subject("acme"))) == []


def test_erase_fails_while_a_user_keeps_writing(deployment: Deployment) -> None:
    rows = deployment.stack.rows

    def written_to(subject: Subject) -> Iterator[dict[str, Any]]:
        deployment.fill(Caller("acme", "bob"))
        return rows(subject)

    deployment.stack.rows = written_to  # type: ignore[method-assign]
    with pytest.raises(EraseIncomplete, match="stop the calls"):
        deployment.stack.erase(Subject("acme", "bob"))
    assert deployment.slept == []


def test_export_has_all_rows_as_json_and_no_keys(deployment: Deployment) -> None:
    lines = [json.loads(json.dumps(row)) for row in deployment.stack.export(Subject("acme", "ann@example.com"))]
    kinds = {line["kind"] for line in lines}
    assert {"agents", "versions", "schedules", "definitions", "runs", "responses", "receipts", "stable_keys"} <= kinds
    (response,) = [line["response"] for line in lines if line["kind"] == "responses"]
    assert response["noise"] == hashlib.shake_256(Caller("acme", "ann@example.com").owner.encode()).hexdigest(200_000)
    assert any(line.get("body", {}).get("work", {}).get("input") == "secret" for line in lines)
    assert len(lines) == len({(line["pk"], line.get("sk", line.get("run_id"))) for line in lines})
    text = json.dumps(list(deployment.stack.export(Subject("acme"))))
    assert '"api_keys"' in text
    assert hashlib.sha256(b"acme").hexdigest() not in text


def test_export_decodes_what_a_state_row_remembers(deployment: Deployment) -> None:
    at = next(at for at, row in deployment.all().items() if at[0].startswith("ac#") and "next_run_at" in row)
    row = deployment.table.get_item(Key={"pk": at[0], "sk": at[1]})["Item"]
    deployment.table.put_item(Item=row | {"policy_state": '{"pause": {"reason": "holidays"}}'})
    states = [row.get("policy_state") for row in deployment.stack.export(Subject("ac"))]
    assert {"pause": {"reason": "holidays"}} in states


@pytest.fixture
def cli() -> Iterator[Cli]:
    with mock_aws():
        cli, stack = Cli(Api()), Deployed()
        cli.environment = replace(cli.environment, aws=stack.client)
        for tenant in ("acme", "other"):
            agent: Item = {"pk": tenant, "sk": "A#agt_1", "v": 1, "configuration": '{"name":"a"}'}
            stack.aws["dynamodb"].put_item(TableName=STACK, Item=marshalled(agent))
        yield cli


def test_commands_export_and_erase_in_a_stack(cli: Cli) -> None:
    whose = ("--tenant", "acme", "--stack", STACK)
    result = cli.run("tenants", "export", *whose)
    assert [json.loads(line)["configuration"] for line in result.stdout.splitlines()] == [{"name": "a"}]
    assert cli.json("tenants", "erase", *whose, "--yes") == {"erased": {"agents": 1}}
    assert cli.run("tenants", "export", *whose).stdout == ""
    assert cli.run("tenants", "export", "--tenant", "other", "--stack", STACK).stdout != ""


def test_erase_needs_a_confirmation(cli: Cli) -> None:
    whose = ("--tenant", "acme", "--stack", STACK)
    result = cli.run("tenants", "erase", *whose, stdin="n\n")
    assert result.exit_code != 0
    assert "all data of tenant acme" in result.stderr
    assert cli.run("--on-behalf-of", "ann", "tenants", "erase", *whose, "--yes").exit_code == 0
    assert len(cli.run("tenants", "export", *whose).stdout.splitlines()) == 1
