"""The played functions: the limits of the deployed ones, and room for others while one waits for a gateway."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.sqs_batch import per_record

from dev.fake_aws.lambda_runtime import THREADS, WAITING, LambdaRuntime, function_limits
from dev.kept_messages import KeptMessages
from dev.template import load_template
from dev.waiting_gateway import WaitingGateway
from tests.support.fakes import FakeGateway

PATIENCE = 30.0  # seconds until a test says that something does not come


class Worker:
    """A worker whose runs wait for a model, and whose hints do not."""

    def __init__(self, gateway_mode: str = "synchronous") -> None:
        self.answered = threading.Event()
        self.asking = threading.Semaphore(0)
        self.hinted = threading.Event()
        self.batches: list[int] = []
        self.seconds = 0.0
        self.functions = LambdaRuntime(
            runner=self.handle,
            worker=self.handle,
            reconciler=self.handle,
            publisher=self.handle,
            notifier=self.handle,
            limits=function_limits(gateway_mode),
            clock=lambda: datetime.now(UTC),
            speed=1,
            kept=KeptMessages(Path(":memory:")),
        )

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """One invocation."""
        self.batches.append(len(event["Records"]))
        self.seconds = context.get_remaining_time_in_millis() / 1000
        if event["Records"][0]["body"] == "hint":
            self.hinted.set()
        else:
            with self.functions.waiting():
                self.asking.release()
                self.answered.wait(PATIENCE)
        return {"batchItemFailures": []}


@pytest.fixture
def worker() -> Any:
    made = Worker()
    yield made
    made.answered.set()
    made.functions.stop()


def test_runs_that_wait_for_a_model_hold_up_no_claim(worker: Worker) -> None:
    for _ in range(WAITING):
        worker.functions.send("run", 0)
    waiting = 0
    while waiting < WAITING // 2:
        worker.functions.pump()
        assert worker.asking.acquire(timeout=PATIENCE), f"only {waiting} of them were begun"
        waiting += 1
    worker.functions.send("hint", 0, hint=True)
    worker.functions.pump()
    assert worker.hinted.wait(PATIENCE)
    # The other half is for claims, but for runs that were begun before the last of these said that it waits.
    assert THREADS < waiting < len(worker.batches) <= waiting + THREADS + 1


@pytest.mark.parametrize("mode", ["background", "synchronous"])
def test_a_function_has_the_limits_of_the_deployed_one(mode: str) -> None:
    worker = Worker(mode)
    worker.answered.set()
    for _ in range(20):
        worker.functions.send("run", 0)
    worker.functions.pump()
    assert worker.asking.acquire(timeout=PATIENCE)
    worker.functions.stop()
    found = load_template()["Mappings"]["ByGatewayMode"][mode]
    assert (worker.seconds, max(worker.batches)) == (found["Timeout"], found["BatchSize"])


def test_a_send_waits_for_real_as_long_as_its_function_may() -> None:
    given: list[float] = []
    gateway = FakeGateway()
    answer: Callable[..., dict[str, Any]] = gateway.create

    def create(request: dict[str, Any], *, seconds: float, **named: Any) -> dict[str, Any]:
        given.append(seconds)
        return answer(request, seconds=seconds, **named)

    gateway.create = create  # type: ignore[method-assign]
    functions = Worker().functions
    for speed in (0.5, 1, 60):
        asked = WaitingGateway(gateway, functions.waiting, speed)
        asked.create({"model": "m", "input": ""}, idempotency_key="run_1", on_behalf_of=None, seconds=600 * speed)
    functions.stop()
    assert given == [300, 600, 600]


def test_a_batch_that_waits_holds_up_no_other_of_the_process() -> None:
    answered = threading.Event()

    def batch(number: int, body: str) -> dict[str, Any]:
        record = {"messageId": "1", "receiptHandle": "1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        return {"Records": [record] * number}

    def handle(body: dict[str, Any]) -> None:
        if body["waits"]:
            assert answered.wait(PATIENCE)

    waiting = threading.Thread(
        target=per_record, args=(batch(10, '{"waits": true}'), handle), kwargs={"retry": lambda _: None}
    )
    waiting.start()
    try:
        assert per_record(batch(2, '{"waits": false}'), handle, retry=lambda _: None) == {"batchItemFailures": []}
        assert waiting.is_alive()
    finally:
        answered.set()
        waiting.join()
