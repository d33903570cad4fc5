"""What the world is told of, as the real use cases change the table."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from agent_schedules import bootstrap
from agent_schedules.adapters.dynamodb import marshalled
from agent_schedules.adapters.event_bus import EventBus
from agent_schedules.errors import Unavailable
from agent_schedules.schemas.requests import CreateRunBody, UpdateScheduleBody
from agent_schedules.services import agents, runs, schedules
from agent_schedules.storage.events import SOURCE, Event, events_of
from agent_schedules.storage.table import Check, Put, Write
from moto import mock_aws

from dev.fake_aws.lambda_runtime import Context
from tests.support.world import World

ROOT = Path(__file__).parents[3]
MINUTELY = {"type": "interval", "interval_seconds": 60}
SECRET = "a prompt that no one else may see"


class Watched:
    """A world whose changes are announced."""

    def __init__(self) -> None:
        self.world = World()
        self.heard: list[Event] = []
        self._before: dict[tuple[str, str], Any] = {}
        self.world.table.before_write = self._remember
        self.world.table.after_write = self._tell

    def _remember(self, _: Sequence[Write]) -> None:
        self._before = {at: dict(item) for at, item in self.world.table.items.items()}

    def _tell(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if not isinstance(write, Check):
                key = write.item if isinstance(write, Put) else vars(write.key)
                at = str(key["pk"]), str(key["sk"])
                self.heard += events_of(self._before.get(at), self.world.table.items.get(at))

    def kinds(self) -> list[str]:
        """What was heard since the last time."""
        kinds = [event.kind for event in self.heard]
        self.heard.clear()
        return kinds


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_life_of_a_schedule(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(MINUTELY)
    assert watched.kinds() == ["schedule.created"]
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    world.pass_time(65)
    assert watched.kinds() == ["run.created", "run.completed"]
    schedules.update_schedule(*at, UpdateScheduleBody.model_validate({"name": "n"}))
    assert watched.kinds() == ["schedule.updated"]
    schedules.pause_schedule(*at)
    world.clock.advance(600)
    schedules.resume_schedule(*at)
    assert watched.kinds() == ["schedule.paused", "schedule.resumed", "occurrence.skipped"]
    world.queue.messages.clear()
    world.clock.advance(4 * 3600)
    world.hint(schedule)
    assert watched.kinds()[-1] == "occurrence.missed"
    watched.kinds()
    schedules.delete_schedule(*at)
    assert watched.kinds() == ["schedule.deleted"]


def test_a_once_completes(watched: Watched) -> None:
    watched.world.create({"type": "once", "run_at": "2026-03-02T10:00:00Z"})
    watched.world.pass_time(5)
    assert watched.kinds() == ["schedule.created", "schedule.completed", "run.created", "run.completed"]


@pytest.mark.parametrize(("model", "end"), [("echo", "completed"), ("fail", "failed"), ("reject", "failed")])
def test_a_run_of_its_own(watched: Watched, model: str, end: str) -> None:
    world = watched.world
    agent = world.agent(model)
    runs.create_run(world.ports, world.call, agent.id, CreateRunBody(input="x"))
    world.gateway.polls = 2
    world.pass_time(30)
    assert watched.kinds() == ["run.created", f"run.{end}"]


def test_a_cancelled_run(watched: Watched) -> None:
    world = watched.world
    run = runs.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="x")).run
    runs.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
    assert watched.kinds() == ["run.created", "run.cancelled"]


def test_events_say_which_and_why_and_never_what(watched: Watched) -> None:
    world = watched.world
    world.caller = type(world.caller)("local", "ada@example.com")
    schedule = world.create(MINUTELY, input=SECRET, metadata={"k": SECRET})
    world.pass_time(65)
    completed = watched.heard[-1]
    assert completed.kind == "run.completed"
    assert completed.detail | {
        "tenant": "local", "agent_id": schedule.key.agent_id, "schedule_id": schedule.key.schedule_id,
        "status": "completed", "trigger": "schedule", "scheduled_for": "2026-03-02T10:01:00Z",
    } == completed.detail  # fmt: skip
    told = json.dumps([event.detail for event in watched.heard])
    assert SECRET not in told
    assert "ada@" not in told
    assert len({event.detail["id"] for event in watched.heard}) == len(watched.heard)


def test_what_is_nobodys_business_is_not_told(watched: Watched) -> None:
    world = watched.world
    agent = world.agent()
    agents.delete_agent(world.ports, world.call, agent.id)
    assert watched.kinds() == []


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
    bootstrap.install_bus(bus)
    assert handler()(event, Context("publisher", 60)) == {"published": 2}
    assert [event.kind for event in bus.heard] == ["run.completed", "schedule.completed"]


def test_a_bus_that_does_not_answer_gets_the_batch_again(event: dict[str, Any]) -> None:
    bootstrap.install_bus(Refusing())
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
        bus.publish([Event("run.completed", {"run_id": str(number)}) for number in range(23)])
    calls: Any = sent
    assert [len(call["Entries"]) for call in calls] == [10, 10, 3]
    assert calls[0]["Entries"][0] == {
        "Source": SOURCE, "DetailType": "run.completed", "Detail": '{"run_id":"0"}', "EventBusName": "bus",
    }  # fmt: skip
