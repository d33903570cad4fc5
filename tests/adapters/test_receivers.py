"""A receiver with the published Python package accepts real deliveries, and none that was changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.real_delivery import RealDelivery


class Receiver(HTTPServer):
    """Verifies what it gets; `change` may alter the body first."""

    secret = ""
    change: Any = staticmethod(lambda body: body)
    events: list[Any]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            event = Webhook(self.server.secret).verify(self.server.change(body), dict(self.headers))
        except WebhookVerificationError:
            self.send_response(400)
        else:
            self.server.events.append(event)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize("form", ["standard", "slack"])
def test_receiver_accepts_the_signature(receiver: Receiver, form: str) -> None:
    one = RealDelivery(format=form, include_output=True)
    receiver.secret = one.secret()
    delivery = one.to(receiver.server_port)
    assert (delivery.status, delivery.attempts[0].status_code) == ("delivered", 204)
    (event,) = receiver.events
    assert event["text"].startswith("Run failed") if form == "slack" else event["id"] == delivery.event_id


@pytest.mark.parametrize("version", [1, 2])
def test_receiver_accepts_either_secret_after_a_rotation(receiver: Receiver, version: int) -> None:
    one = RealDelivery()
    one.world.ports.store.webhooks.save(one.seen().rotated(one.world.clock.moment))
    receiver.secret = one.secret(version)
    assert one.to(receiver.server_port).status == "delivered"


def test_receiver_refuses_another_secret_and_a_changed_body(receiver: Receiver) -> None:
    one = RealDelivery()
    receiver.secret = one.secret(7)
    assert one.to(receiver.server_port).attempts[0].error == "answered 400"
    receiver.secret = one.secret()
    receiver.change = lambda body: body.replace("failed", "passed")
    assert one.to(receiver.server_port).attempts[0].error == "answered 400"
    assert not receiver.events
