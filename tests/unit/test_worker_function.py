"""The worker function as SQS invokes it: the records of a batch share the time of one invocation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from agent_schedules import bootstrap
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service

from dev.fake_aws.lambda_runtime import Context
from tests.support.world import LEASE, World

BATCH = 10  # records, as in template.yaml
SLOW = 7  # seconds that the gateway takes to accept a request


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    wiring = bootstrap.Wiring(world.ports, world.authenticator)
    bootstrap.install(replace(wiring, retry=lambda waits: None))
    yield world
    bootstrap.forget()


def test_ten_runs_of_a_batch_wait_for_the_gateway_together(world: World) -> None:
    from functions.worker.handler import lambda_handler

    agent = world.agent().id
    runs = [run_service.create_run(world.ports, world.call, agent, CreateRunBody(input="hi")).run for _ in range(BATCH)]
    records = [
        {
            "messageId": f"m{number}",
            "receiptHandle": f"r{number}",
            "body": json.dumps(message.body()),
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for number, message in enumerate(world.queue.take_due())
    ]
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
