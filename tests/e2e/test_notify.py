"""Webhooks of `make run`: its deliveries reach a receiver that is down, comes back, or was not there at a stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.process import PATIENCE, Stack
from tests.support.webhook_receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def hook(stack: Stack, receiver: Receiver, *events: str) -> dict[str, Any]:
    return stack.post("/api/v1/webhooks", {"url": receiver.url, "events": list(events)})


def start(stack: Stack, model: str) -> str:
    """Start a run of a new agent; its id."""
    return str(stack.post(f"/api/v1/agents/{stack.agent(model)}/runs", {"input": "hello"})["id"])


def deliveries(stack: Stack, made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get(f"/api/v1/webhooks/{made['id']}/deliveries")["data"]
    return found


def test_failed_run_is_told_and_its_delivery_replayed(stack_at: Callable[..., Stack], receiver: Receiver) -> None:
    stack = stack_at()
    made = hook(stack, receiver, "run.failed")
    run = start(stack, "fail")
    event = receiver.event(made)
    assert (event["type"], event["data"]["run_id"]) == ("run.failed", run)
    [delivery] = stack.wait(lambda: deliveries(stack, made))
    assert (delivery["status"], len(delivery["attempts"])) == ("delivered", 1)

    again = f"/api/v1/webhooks/{made['id']}/deliveries/{delivery['id']}/replay"
    assert stack.client.post(again).status_code == 202
    assert receiver.event(made) == event
    assert stack.client.post(f"/api/v1/webhooks/{made['id']}/test").status_code == 202
    assert receiver.event(made)["type"] == "webhook.test"

    stack.wait(lambda: all(one["status"] == "delivered" for one in deliveries(stack, made)))
    assert len(deliveries(stack, made)) == 3
    stack.stop()
    lines = [line for line in stack.said.splitlines() if receiver.url in line]
    assert len(lines) == 3
    assert f"run.failed -> {receiver.url}  204, " in lines[0]


def test_receiver_that_was_down_gets_it_when_it_is_back(stack_at: Callable[..., Stack], receiver: Receiver) -> None:
    stack = stack_at(SPEED="10")  # the second attempt comes after 5 s
    made = hook(stack, receiver, "run.failed")
    receiver.down()
    start(stack, "fail")
    stack.wait(lambda: any(one["attempts"] for one in deliveries(stack, made)))
    receiver.up()
    assert receiver.event(made)["type"] == "run.failed"
    [delivery] = stack.wait(lambda: [one for one in deliveries(stack, made) if one["status"] == "delivered"])
    assert [attempt["error"] is None for attempt in delivery["attempts"]] == [False, True]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_pending_deliveries_survive_a_stop(
    stack_at: Callable[..., Stack], receiver: Receiver, number: signal.Signals
) -> None:
    stack = stack_at()
    made = hook(stack, receiver, "run.failed")
    receiver.down()
    run = start(stack, "fail")
    stack.wait(lambda: deliveries(stack, made))
    stack.stop(number)
    receiver.up()
    stack.start()
    assert receiver.event(made)["data"]["run_id"] == run
    stack.wait(lambda: deliveries(stack, made)[0]["status"] == "delivered")


def test_silent_schedule_is_told_and_its_recovery_too(stack_at: Callable[..., Stack], receiver: Receiver) -> None:
    stack = stack_at(SPEED="200")
    hook(stack, receiver, "schedule.silent", "schedule.recovered")
    agent = stack.agent()
    every = {"type": "interval", "interval_seconds": 900}
    stack.schedule(agent, every, policies={"alert_after_seconds": 60})
    told = [receiver.received.get(timeout=PATIENCE)[0] for _ in range(2)]
    assert ['"type":"schedule.silent"' in told[0], '"type":"schedule.recovered"' in told[1]] == [True, True]
