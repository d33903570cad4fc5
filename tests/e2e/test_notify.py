"""Webhooks of `make run`: its deliveries reach a receiver that is down, comes back, or was not there at a stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.process import PATIENCE, Stack


class Receiver:
    """A receiver that can be switched off and on at the same port."""

    def __init__(self) -> None:
        self.got: SimpleQueue[tuple[str, dict[str, str]]] = SimpleQueue()
        self.answer = 204
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.up()
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def up(self) -> None:
        """Begin to listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(receiver.answer)
                self.end_headers()
                receiver.got.put((body, dict(self.headers)))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def event(self, made: dict[str, Any]) -> Any:
        """The next event, verified with the secret of its webhook."""
        body, headers = self.got.get(timeout=PATIENCE)
        return Webhook(made["secret"]).verify(body, headers)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.down()


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
    stack.post(
        f"/api/v1/agents/{agent}/schedules",
        {
            "schedule": {"type": "interval", "interval_seconds": 900},
            "input": "hello",
            "policies": {"alert_after_seconds": 60},
        },
    )
    told = [receiver.got.get(timeout=PATIENCE)[0] for _ in range(2)]
    assert ['"type":"schedule.silent"' in told[0], '"type":"schedule.recovered"' in told[1]] == [True, True]
