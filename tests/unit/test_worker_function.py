"""The worker function as SQS invokes it: the records of a batch share the time of one invocation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.errors import Unavailable
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service

from dev.fake_aws.lambda_runtime import Context
from tests.support.jobs import begin, fleet, seen
from tests.support.world import LEASE, World

BATCH = 10  # records, as in template.yaml
VISIBILITY = 360  # seconds until a message comes again by itself, as in template.yaml
SLOW = 7  # seconds that the gateway takes to accept a request


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    wiring = bootstrap.Wiring(world.ports, world.authenticator)
    bootstrap.install(replace(wiring, retry=lambda waits: None))
    yield world
    bootstrap.forget()


def record(name: str, body: dict[str, Any], receives: int) -> dict[str, Any]:
    """A message as SQS gives it to the function."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {"messageId": name, "receiptHandle": name, "body": json.dumps(body), "attributes": attributes}


def test_ten_runs_of_a_batch_wait_for_the_gateway_together(world: World) -> None:
    from functions.worker.handler import lambda_handler

    agent = world.agent().id
    runs = [run_service.create_run(world.ports, world.call, agent, CreateRunBody(input="hi")).run for _ in range(BATCH)]
    records = [record(f"m{number}", message.body(), 1) for number, message in enumerate(world.queue.take_due())]
    assert len(records) == BATCH
    # The seven seconds pass once, when all ten wait. Alone, one would wait for the others until the barrier breaks.
    together = threading.Barrier(BATCH, action=lambda: world.clock.advance(SLOW), timeout=10)

    def slowly(verb: str) -> None:
        if verb == "create":
            together.wait()

    world.gateway.before = slowly
    answer = lambda_handler({"Records": records}, Context("worker", LEASE))
    assert answer == {"batchItemFailures": []}
    assert len(world.gateway.posts) == BATCH
    world.pass_time(5)
    stored = [world.ports.store.runs.get(run.key) for run in runs]
    assert [run.status for run in stored if run] == ["completed"] * BATCH
    assert len(world.gateway.posts) == BATCH


class Ticking(Context):
    """A context whose time is that of the world's clock."""

    def __init__(self, world: World) -> None:
        super().__init__("worker", LEASE)
        self.began, self.clock = world.clock.moment, world.clock

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the invocation."""
        return int(1000 * (LEASE - (self.clock.moment - self.began).total_seconds()))


def test_a_step_of_a_job_ends_within_its_invocation(world: World) -> None:
    from functions.worker.handler import lambda_handler

    fleet(world, 30)
    job = begin(world)
    world.scheduler.before = lambda *_: world.clock.advance(2.9)  # EventBridge answers late
    left = []
    for number in range(100):
        messages = world.queue.take_due()
        if not messages:
            break
        (message,) = messages
        context = Ticking(world)
        answer = lambda_handler({"Records": [record(f"m{number}", message.body(), 1)]}, context)
        assert answer == {"batchItemFailures": []}
        left.append(context.get_remaining_time_in_millis())
    ended = seen(world, job)
    assert (ended.status, ended.matched, ended.changed) == ("completed", 30, 30)
    assert min(left) > 20_000
    assert len(left) == 5  # the batches are found, and three steps change 11, 11 and 3 of the first one
    assert [verb for verb, _ in world.scheduler.calls].count("remove") == 30  # none is repeated


@dataclass
class Held:
    """A message that SQS has."""

    body: dict[str, Any]
    due: float
    receives: int = 0


@pytest.mark.parametrize("bad", range(1, 8))
@pytest.mark.parametrize("times", [1, 5])
def test_a_chain_to_the_second_outlives_a_failed_record(world: World, bad: int, times: int) -> None:
    from functions.worker.handler import lambda_handler

    waits: dict[str, int] = {}
    bootstrap.install(replace(bootstrap.get(), retry=waits.update))
    schedule = world.create({"type": "interval", "interval_seconds": 10})
    queue: dict[str, Held] = {}
    fails: dict[str, int] = {}

    def down() -> None:
        raise Unavailable("DynamoDB did not answer")

    for _ in range(240):
        for message in world.queue.take_due():
            queue[f"m{len(fails)}"] = Held(message.body(), world.now)
            fails[f"m{len(fails)}"] = times if len(fails) + 1 == bad else 0  # this message's read fails so often
        for name, held in [*queue.items()]:
            if held.due > world.now:
                continue
            held.receives += 1
            world.table.before_read = down if fails[name] >= held.receives else lambda: None
            failed = lambda_handler({"Records": [record(name, held.body, held.receives)]}, Context("worker", LEASE))
            if failed["batchItemFailures"]:
                held.due = world.now + waits.pop(name, VISIBILITY)
            else:
                del queue[name]
        world.clock.advance(1)
    late = [run.created_at.timestamp() - (run.scheduled_for or 0) for run in world.runs(schedule)]
    assert len(late) >= 22  # of 24: none is missing but the last ones
    assert world.records(schedule) == []
    assert max(late) <= 1 + sum(2 << number for number in range(times))
