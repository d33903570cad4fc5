"""What each function asks of AWS is what its role allows: the real adapters at work on moto, held against the template.

Both ways: a call that is not granted would fail in AWS only, and a grant that nothing uses is one too many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.schedules import Schedule
from agent_schedules.execution import reconcile, retention
from agent_schedules.execution.publish import Outlets, publish
from agent_schedules.schemas.bulk import PauseAllBody, ResumeAllBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import bulk
from agent_schedules.services.key_usage import LastUse
from agent_schedules.storage.events import events_of
from agent_schedules.storage.store import Store
from moto import mock_aws

from dev.template import load_template, table_definition
from tests.support.backfills import backfill
from tests.support.client import Client
from tests.support.notifier import Delivering
from tests.support.pauses import pause
from tests.support.publishing import START, ended
from tests.support.webhooks import webhook as hook
from tests.support.world import LOCAL_KEYS, World
from tests.template.every_operation import SPECS, everything_asked_of_the_api
from tests.template.reading import as_list, as_text

RESOURCES: dict[str, dict[str, Any]] = load_template()["Resources"]
WITHIN = {
    "TransactWriteItems": {
        "Put": "PutItem",
        "Delete": "DeleteItem",
        "Update": "UpdateItem",
        "ConditionCheck": "ConditionCheckItem",
    }
}
ASKED = ("dynamodb", "scheduler")


def granted(*names: str) -> set[str]:
    """The actions on the table, its indexes and the group that roles and policies of the template allow."""
    found: set[str] = set()
    for name in names:
        properties = RESOURCES[name]["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for statement in (statement for document in documents for statement in document["Statement"]):
            if statement.get("Effect") != "Allow":  # API keys' items (test_key_items.py), or for the gateway's secret
                continue
            for resource in as_list(statement["Resource"]):
                _, _, index = as_text(resource).partition("/index/")
                found |= {f"{action} {index}".rstrip() for action in as_list(statement["Action"])}
    return {action for action in found if action.split(":")[0] in ASKED}


class Deployment:
    """A world whose table and entries are AWS's, and what was asked of them since the last time."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        dynamodb, scheduler = boto3.client("dynamodb"), boto3.client("scheduler")
        dynamodb.create_table(TableName="table", **table_definition())
        scheduler.create_schedule_group(Name="group")
        self.world = World(datetime.now(UTC).replace(microsecond=0).isoformat())
        for item in self.world.table.items.values():
            boto3.resource("dynamodb").Table("table").put_item(Item=item)
        for client in (dynamodb, scheduler):
            client.meta.events.register("before-parameter-build", self._note)
        to = Destination("group", "arn:aws:lambda:us-east-1:1:function:r:live", "arn:aws:iam::1:role/r", "arn:d")
        self.world.ports = replace(
            self.world.ports, store=Store(DynamoTable(dynamodb, "table")), scheduler=EventBridgeScheduler(scheduler, to)
        )

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if model.name in WITHIN:
            kinds = {kind for action in params["TransactItems"] for kind in action}
            self.asked |= {f"{service}:{WITHIN[model.name][kind]}" for kind in kinds}
        else:
            index = f" {params['IndexName']}" if "IndexName" in params else ""
            self.asked.add(f"{service}:{model.name}{index}")

    def taken(self) -> set[str]:
        """What was asked since the last time."""
        asked, self.asked = self.asked, set()
        return asked

    def all_due(self) -> list[Schedule]:
        """Schedules of all kinds, whose times have passed."""
        tomorrow = (self.world.clock() + timedelta(days=1)).isoformat()
        specs = [*SPECS, {"type": "once", "run_at": tomorrow}]
        schedules = [self.world.create(spec) for spec in [*specs, SPECS[0]]]
        pause(self.world, schedules[-1], until=tomorrow)
        self.world.clock.advance(8 * 86_400)
        return schedules


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment()


def client_of(deployed: Deployment) -> Client:
    ports = deployed.world.ports
    client = Client(
        create_app(
            ports,
            Authenticator(
                ports.store.keys.find,
                now=deployed.world.clock,
                used=LastUse(ports.store.keys.note_use),
                also=LOCAL_KEYS,
            ),
        )
    )
    client.headers["Authorization"] = "Bearer local"
    return client


def documented() -> set[tuple[str, str]]:
    """Every operation of the API."""
    from tools.openapi import TARGET

    paths = json.loads(TARGET.read_text("utf-8"))["paths"]
    return {(method.upper(), path) for path, operations in paths.items() for method in operations}


def test_the_api_asks_what_its_role_allows(deployed: Deployment) -> None:
    with client_of(deployed) as client:
        assert everything_asked_of_the_api(client, deployed.world) == documented()
    assert deployed.taken() == granted("ApiRole", "CorePolicy")


def hints(world: World, schedules: list[Schedule]) -> None:
    for schedule in schedules:
        world.hint(schedule, world.now)


def hints_to_repair(world: World, schedules: list[Schedule]) -> None:
    for schedule in schedules:
        world.hint(schedule, None, repair=True)


@pytest.mark.slow
@pytest.mark.parametrize("come", [hints, hints_to_repair])
def test_runner_and_worker_ask_what_their_roles_allow(
    deployed: Deployment, come: Callable[[World, list[Schedule]], None]
) -> None:
    schedules = deployed.all_due()
    deployed.taken()
    come(deployed.world, schedules)
    asked = deployed.taken()
    deployed.world.pass_time(30)  # the worker starts runs, polls them, and takes hints of its own
    assert asked | deployed.taken() <= granted("RunnerRole", "CorePolicy") <= granted("WorkerRole", "CorePolicy")


def test_the_publisher_asks_what_its_role_allows(deployed: Deployment) -> None:
    ports, clock = deployed.world.ports, deployed.world.clock
    outlets = Outlets(ports.store, None, ports.webhooks, clock)
    hook(deployed.world, metadata={"team": "search"})
    deployed.taken()
    for status in ("failed", "completed"):
        clock.advance(1)
        second = clock.moment.timestamp() - START.timestamp()
        changes = [ended(number, status, second, schedule=f"s{number}") for number in range(2)]
        publish(outlets, [event for change in changes for event in events_of(change)])
    publish(outlets, events_of(ended(1, "failed", second)))
    own = {action for action in granted("PublisherRole") if "Stream" not in action and "Shard" not in action}
    assert deployed.taken() == own - {"dynamodb:GetRecords"}


def test_the_notifier_asks_what_its_role_allows(deployed: Deployment) -> None:
    one = Delivering(deployed.world, include_output=True)
    deployed.taken()
    one.sender.answers = [500, 200]
    one.sender.after = lambda: deployed.world.ports.store.webhooks.save(one.seen().healthy())  # it came first
    key = one.publish(one.event("run.completed"))
    one.work()
    one.sender.after = lambda: None
    asked = deployed.taken()
    assert asked == granted("NotifierRole")
    assert one.until_over(key).status == "delivered"
    assert deployed.taken() <= granted("NotifierRole", "ReconcilerRole")


@pytest.mark.slow
def test_a_job_is_what_the_worker_has_grants_of_its_own_for(deployed: Deployment) -> None:
    for spec in SPECS:
        deployed.world.create(spec)
    deployed.world.clock.advance(1)
    at, asked = (deployed.world.ports, deployed.world.call), set[str]()
    with patch.object(bulk, "STEPS", 0):
        bulk.pause_all(*at, PauseAllBody())
    deployed.taken()
    deployed.world.work()
    asked |= deployed.taken()
    with patch.object(bulk, "STEPS", 0):
        bulk.resume_all(*at, ResumeAllBody())
    deployed.taken()
    deployed.world.work()
    asked |= deployed.taken()
    assert granted("WorkerRole") <= asked <= granted("WorkerRole", "CorePolicy")
    assert deployed.world.ports.store.jobs.forgotten(deployed.world.now + 300, limit=1) == []
    assert deployed.taken() <= granted("ReconcilerRole")


@pytest.mark.slow
def test_settling_uses_every_grant_it_has(deployed: Deployment) -> None:
    schedules = deployed.all_due()
    deployed.taken()
    hints(deployed.world, schedules)
    deployed.world.pass_time(30)
    hints_to_repair(deployed.world, schedules)
    asked = deployed.taken()
    first = schedules[0].state.next_run_at
    assert first is not None
    backfill(deployed.world, schedules[0], first, first + 1)  # a time that was missed
    deployed.taken()
    deployed.world.pass_time(10)
    asked |= deployed.taken()
    assert asked == granted("CorePolicy")


@pytest.mark.slow
def test_the_reconciler_asks_what_its_role_allows(deployed: Deployment) -> None:
    schedules = deployed.all_due()
    with client_of(deployed) as client:
        client.post(f"/api/v1/agents/{schedules[0].key.agent_id}/runs", json={"input": "x"})
    deployed.world.queue.messages.clear()
    deployed.world.clock.advance(3600)
    deployed.taken()
    assert deployed.world.sweep() == len(schedules) + 1
    for seconds in (600, 60):  # a sweep is missing before the first, so both look ahead of the rows' next looks
        deployed.world.clock.advance(seconds)
        deployed.world.sweep()
    key = schedules[0].key
    letter = {"owner": key.owner, "agent_id": key.agent_id, "schedule_id": key.schedule_id}
    reconcile.on_dead_letter(deployed.world.ports, json.dumps(letter | {"scheduled_time": "2026-03-02T10:00:00Z"}))
    asked = deployed.taken()
    agent_service.delete_agent(deployed.world.ports, deployed.world.call, key.agent_id)
    deployed.world.clock.advance(31 * 86_400)
    deployed.taken()
    assert retention.purge(deployed.world.ports) > 0
    assert asked | deployed.taken() == granted("ReconcilerRole")
