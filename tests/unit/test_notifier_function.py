"""The notifier function as SQS invokes it: all records of a batch at once, and at most ten to one webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.domain.deliveries import Deliver
from agent_schedules.execution.lanes import MOST
from agent_schedules.ports import Reply

from dev.fake_aws.lambda_runtime import Context
from tests.support.notifier import OK, Delivering

FIRST, LATER = ("arn:aws:sqs:eu-central-1:123456789012:stack-DeliveryQueue", "arn:aws:sqs:eu-central-1:123:stack-Re")


class Function:
    """The function with its queues, and the waits that it asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.one = Delivering()
        self.waits: dict[bool, dict[str, int]] = {True: {}, False: {}}
        bootstrap.install(
            bootstrap.Wiring(
                self.one.world.ports,
                self.one.world.authenticator,
                retry_deliveries={first: waits.update for first, waits in self.waits.items()},
                delivery_queue="stack-DeliveryQueue",
            )
        )
        monkeypatch.setattr(bootstrap, "notifier", lambda: self.one.notifier)

    def invoke(self, messages: list[Deliver | str], *, queue: str = FIRST, receives: int = 1) -> Any:
        """Give the function a batch."""
        from functions.notifier.handler import lambda_handler

        records = [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": message if isinstance(message, str) else json.dumps(message.body()),
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "eventSourceARN": queue,
            }
            for number, message in enumerate(messages)
        ]
        return lambda_handler({"Records": records}, Context("notifier", 60))


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    yield Function(monkeypatch)
    bootstrap.forget()


@pytest.mark.parametrize(("queue", "result"), [(FIRST, 0), (LATER, 1)])
def test_slow_webhooks_message_moves_to_the_second_queue(function: Function, queue: str, result: int) -> None:
    one = function.one
    one.world.ports.store.webhooks.save(one.seen().healthy(slow=True))
    assert function.invoke([one.message()], queue=queue) == {"batchItemFailures": []}
    assert (len(one.sender.posts), len(one.world.redeliveries.messages)) == (result, 1 - result)


def test_ten_to_a_webhook_at_once_and_the_rest_later(function: Function) -> None:
    one = function.one
    all_here = threading.Barrier(MOST + 1, timeout=30)
    refused = threading.Semaphore(0)

    class Holding:
        def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Reply:
            all_here.wait()
            assert refused.acquire(timeout=30)
            return OK

    one.notifier = replace(one.notifier, sender=Holding())
    answers: list[Any] = []
    messages: list[Deliver | str] = [one.message() for _ in range(25)]
    place = one.notifier.lanes.place
    counted = threading.Semaphore(0)

    def counting(webhook: Any) -> Any:
        counted.release()
        return place(webhook)

    object.__setattr__(one.notifier.lanes, "place", counting)
    thread = threading.Thread(target=lambda: answers.append(function.invoke(messages, queue=LATER)))
    thread.start()
    all_here.wait()
    for _ in range(25):  # each of them has asked for a place
        assert counted.acquire(timeout=30)
    refused.release(25)
    thread.join(30)
    failed = answers[0]["batchItemFailures"]
    assert len(failed) == 15
    assert set(function.waits[False].values()) == {5}
    assert len(function.waits[False]) == 15
    assert not function.waits[True]


def test_wait_for_a_place_grows(function: Function) -> None:
    one = function.one
    places = [one.notifier.lanes.place(one.hook.key) for _ in range(MOST)]
    for place in places:
        place.__enter__()
    function.invoke([one.message()], queue=LATER, receives=6)
    assert function.waits[False] == {"r0": 64}


def test_record_that_cannot_be_read_fails_alone(function: Function) -> None:
    answer = function.invoke([function.one.message(), "{}", "not json"])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    assert function.waits[True] == {"r1": 2, "r2": 2}
    assert len(function.one.sender.posts) == 1
