"""A receiver with the published Python package accepts real deliveries, and none that was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.real_delivery import RealDelivery
from tests.support.webhook_receiver import Receiver


class Verifier(Receiver):
    """Verifies what it gets; `change` may alter the body first."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = ""
        self.change: Callable[[str], str] = lambda body: body
        self.events: list[Any] = []

    def answer(self, body: str, headers: dict[str, str]) -> int:
        try:
            self.events.append(Webhook(self.secret).verify(self.change(body), headers))
        except WebhookVerificationError:
            return 400
        return 204


@pytest.fixture
def receiver() -> Iterator[Verifier]:
    with Verifier() as listening:
        yield listening


@pytest.mark.parametrize("form", ["standard", "slack"])
def test_receiver_accepts_the_signature(receiver: Verifier, form: str) -> None:
    one = RealDelivery(format=form, include_output=True)
    receiver.secret = one.secret()
    delivery = one.to(receiver.port)
    assert (delivery.status, delivery.attempts[0].status_code) == ("delivered", 204)
    (event,) = receiver.events
    assert event["text"].startswith("Run failed") if form == "slack" else event["id"] == delivery.event_id


@pytest.mark.parametrize("version", [1, 2])
def test_receiver_accepts_either_secret_after_a_rotation(receiver: Verifier, version: int) -> None:
    one = RealDelivery()
    one.world.ports.store.webhooks.save(one.seen().rotated(one.world.clock.moment))
    receiver.secret = one.secret(version)
    assert one.to(receiver.port).status == "delivered"


def test_receiver_refuses_another_secret_and_a_changed_body(receiver: Verifier) -> None:
    one = RealDelivery()
    receiver.secret = one.secret(7)
    assert one.to(receiver.port).attempts[0].error == "answered 400"
    receiver.secret = one.secret()
    receiver.change = lambda body: body.replace("failed", "passed")
    assert one.to(receiver.port).attempts[0].error == "answered 400"
    assert not receiver.events
