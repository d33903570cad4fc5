"""Every call that an operator's command makes to AWS is in its row of docs/reference/permissions.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from agent_schedules.bootstrap import wire
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.requests import CreateAgentBody, CreateScheduleBody
from agent_schedules.services import agents, schedules
from agent_schedules.settings import Settings
from botocore.client import BaseClient
from moto import mock_aws

from agent_schedules_cli.operator.tenant_data import Subject
from dev.template import table_definition
from tests.cli import test_doctor, test_keys, test_recount, test_reindex, test_tenants
from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.deployed import STACK, Deployed

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "permissions.md"
WITHIN = {
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""The actions that IAM knows for the parts of a transaction."""
ACTIONS = {"SendMessageBatch": "SendMessage", "ListFunctionEventSourceMappings": "ListEventSourceMappings"}

Asked = set[str]
Watch = Callable[[], Any]


def actions_of(client: BaseClient, operation: str, sent: dict[str, Any]) -> Iterator[str]:
    """The actions that IAM checks for a call."""
    service = client.meta.service_model.service_name
    if operation == "TransactWriteItems":
        yield from (f"{service}:{WITHIN[kind]}" for part in sent["TransactItems"] for kind in part)
    else:
        yield f"{service}:{ACTIONS.get(operation, operation)}"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Asked, Watch]]:
    """Moto, what was asked of it within a `watch`, and that."""
    asked: Asked = set()
    watching = False
    clients: Any = BaseClient  # the types of botocore hide the method that all calls pass through
    call = clients._make_api_call

    def noted(self: BaseClient, operation: str, sent: dict[str, Any]) -> Any:
        if watching:
            asked.update(actions_of(self, operation, sent))
        return call(self, operation, sent)

    @contextmanager
    def watched() -> Iterator[None]:
        nonlocal watching
        watching = True
        try:
            yield
        finally:
            watching = False

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    with mock_aws():
        yield asked, watched


def row(command: str) -> str:
    """The permissions of a command, as the page has them."""
    (found,) = [
        line for line in PAGE.read_text().splitlines() if line.startswith("|") and command in line.split("|")[1]
    ]
    return found.split("|")[2]


def listed(*commands: str) -> set[str]:
    """The actions in the rows of these commands. A name without a service is of the service before it."""
    found: set[str] = set()
    for command in commands:
        service = ""
        for prefix, action in re.findall(r"`(?:([a-z]+):)?([A-Z][A-Za-z]+)`", row(command)):
            service = prefix or service
            found.add(f"{service}:{action}")
    return found


def doctor(watched: Watch) -> None:
    command = test_doctor.Doctor()
    with watched():
        command.found()


def audit(watched: Watch) -> None:
    command = test_doctor.Doctor()
    ports = wire(Settings.from_env(command.stack.environment)).ports
    command.environment = replace(command.environment, now=ports.now)
    call = RequestContext(command.api.world.caller)
    agent = agents.create_agent(ports, call, CreateAgentBody(name="a", model="echo"))
    body = CreateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 7200}, "input": "x"})
    names = [schedules.create_schedule(ports, call, agent.id, body).key.schedule_id for _ in range(2)]
    boto3.client("scheduler").delete_schedule(Name=names[0], GroupName=STACK)
    command.stack.stray("left-behind")
    with watched():
        assert "drift" in command.found("--audit")
        assert command.found("--audit", "--repair")["drift"][0] == "warn"


def keys(watched: Watch) -> None:
    command = test_keys.Keys(where=["--stack", STACK])
    with watched():
        made = command.keys("create", "--tenant", "acme")["id"]
        assert command.keys("list", "--tenant", "acme")["data"]
        command.keys("revoke", made, "--tenant", "acme")


def tenants(watched: Watch) -> None:
    command, stack = Cli(Api()), Deployed()
    command.environment = replace(command.environment, aws=stack.client)
    filled = test_tenants.Deployment()
    with watched():
        assert command.run("tenants", "export", "--tenant", "acme", "--stack", STACK).exit_code == 0
        command.json("tenants", "erase", "--tenant", "acme", "--stack", STACK, "--yes")
        list(filled.stack.export(Subject("ac")))
        assert filled.stack.erase(Subject("ac"))


def reindex(watched: Watch) -> None:
    command = test_reindex.Deployment().cli
    with watched():
        assert command.run("reindex", "--table", "table").stdout.startswith("5 rows")
    stack = Deployed()
    command.environment = replace(command.environment, aws=stack.client)
    with watched():
        assert command.run("reindex", "--stack", STACK).exit_code == 0


def recount(watched: Watch) -> None:
    deployed = test_recount.Deployment()
    for item in deployed.rows():
        if item["sk"]["S"] == "C":
            deployed.dynamodb.put_item(TableName="table", Item=item | {"schedules": {"N": "-3"}})
    with watched():
        assert deployed.recount("--repair")[0] == 0
    deployed.cli.environment = replace(deployed.cli.environment, aws=Deployed().client)
    with watched():
        assert deployed.cli.run("recount", "--stack", STACK).exit_code == 0


def copy_table(watched: Watch) -> None:
    command = Cli(Api())
    command.environment = replace(command.environment, aws=boto3.client)  # type: ignore[arg-type] # its overloads name each service
    dynamodb = boto3.client("dynamodb")
    for name in ("restored", "new"):
        dynamodb.create_table(TableName=name, **table_definition())
    dynamodb.put_item(TableName="restored", Item={"pk": {"S": "local"}, "sk": {"S": "A#1"}})
    with watched():
        assert command.run("copy-table", "--from", "restored", "--to", "new").stdout.startswith("1 rows")


STACKS = ("make key",)
"""Whose row says what `--stack` needs."""
COMMANDS: dict[str, tuple[Callable[[Watch], None], tuple[str, ...]]] = {
    "`doctor`": (doctor, ()),
    "make audit": (audit, ("`doctor`",)),
    "make key": (keys, ()),
    "tenants export": (tenants, STACKS),
    "reindex": (reindex, STACKS),
    "make recount": (recount, STACKS),
    "make copy-table": (copy_table, ()),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_call_of_a_command_is_in_its_row(watch: tuple[Asked, Watch], command: str) -> None:
    asked, watched = watch
    act, same = COMMANDS[command]
    act(watched)
    assert asked
    shared = {"cloudformation:DescribeStacks", "lambda:GetFunctionConfiguration"} if same == STACKS else listed(*same)
    assert asked - listed(command) - shared == set()


def test_every_command_of_the_page_is_compared() -> None:
    table = [line.split("|")[1] for line in PAGE.read_text().split("## ")[0].splitlines() if line.startswith("| ")]
    untried = ("`make deploy`", "verify-aws", "gateway's secret")
    left = [name for name in table[1:] if not any(command in name for command in (*COMMANDS, *untried))]
    assert left == []
