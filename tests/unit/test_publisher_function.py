"""The publisher function, and the bus behind it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from agent_schedules import bootstrap
from agent_schedules.adapters.dynamodb import marshalled
from agent_schedules.adapters.event_bus import EventBus
from agent_schedules.domain.events import SOURCE, Event
from agent_schedules.errors import Unavailable
from agent_schedules.execution.publish import Outlets
from agent_schedules.ports import Bus
from moto import mock_aws

from dev.fake_aws.lambda_runtime import Context
from tests.support.world import World

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Refusing:
    """A bus that does not answer."""

    def publish(self, _: Sequence[Event]) -> None:
        """See `Bus.publish`."""
        raise Unavailable("EventBridge did not answer")


class Listening:
    """A bus that remembers."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        """See `Bus.publish`."""
        self.heard += events


@pytest.fixture
def event() -> Iterator[dict[str, Any]]:
    yield json.loads((ROOT / "events" / "publisher_changes.json").read_text())
    bootstrap.forget()


def outlets(bus: Bus) -> Outlets:
    """This bus, and an empty table."""
    world = World()
    return Outlets(world.ports.store, bus, None, world.clock)


def handler() -> Any:
    """Import the publisher again, over the installed bus."""
    spec = importlib.util.spec_from_file_location("publisher", ROOT / "functions" / "publisher" / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lambda_handler


def test_the_function_announces_what_the_stream_brings(event: dict[str, Any]) -> None:
    bus = Listening()
    bootstrap.install_outlets(outlets(bus))
    assert handler()(event, Context("publisher", 60)) == {"published": 2}
    assert [event.kind for event in bus.heard] == ["run.completed", "schedule.completed"]


def test_a_bus_that_does_not_answer_gets_the_batch_again(event: dict[str, Any]) -> None:
    bootstrap.install_outlets(outlets(Refusing()))
    with pytest.raises(Unavailable):
        handler()(event, Context("publisher", 60))


def test_the_event_file_is_what_the_code_writes(event: dict[str, Any]) -> None:
    world = World()
    world.create({"type": "once", "run_at": "2026-03-02T10:00:00Z"})
    world.pass_time(5)
    stored = {sk.split("#")[0]: item for (_, sk), item in world.table.items.items() if not sk.startswith("K")}
    run, state = (record["dynamodb"]["NewImage"] for record in event["Records"])
    assert set(run) == set(marshalled(stored["R"])) - {"response"}
    assert set(state) == set(marshalled(stored["S"]))


def test_eventbridge_gets_ten_at_a_time() -> None:
    with mock_aws():
        client = boto3.client("events", region_name="us-east-1")
        client.create_event_bus(Name="bus")
        sent: list[int] = []
        client.meta.events.register("provide-client-params.events.PutEvents", lambda params, **_: sent.append(params))
        bus = EventBus(client, "bus")
        bus.publish([Event("run.completed", AT, "local", {"run_id": str(number)}) for number in range(23)])
    calls: Any = sent
    assert [len(call["Entries"]) for call in calls] == [10, 10, 3]
    assert calls[0]["Entries"][0] == {
        "Source": SOURCE, "DetailType": "run.completed", "Detail": '{"run_id":"0"}', "EventBusName": "bus",
    }  # fmt: skip
