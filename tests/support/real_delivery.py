"""Deliveries by the real sender, in real time, to a receiver on this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agent_schedules.adapters.webhook_sender import WebhookSender
from agent_schedules.domain.deliveries import Delivery
from agent_schedules.domain.webhook_signatures import secret_of

from tests.support.delivery_queue import MASTER
from tests.support.notifier import Delivering


class RealDelivery(Delivering):
    """A notifier whose one webhook is a receiver at a port."""

    def __init__(self, **body: Any) -> None:
        super().__init__(**body)
        self.world.clock.moment = datetime.now(UTC)
        assert self.notifier.webhooks is not None
        self.notifier = replace(self.notifier, sender=WebhookSender(local=True))

    def secret(self, version: int = 1) -> str:
        """The secret as the receiver has it."""
        return secret_of(MASTER, self.hook.key.webhook_id, version)

    def to(self, port: int) -> Delivery:
        """An event's delivery to the receiver at that port."""
        found = self.seen()
        if found.url != (url := f"http://127.0.0.1:{port}/hooks?a=b"):
            self.world.ports.store.webhooks.save(replace(found, url=url, rev=found.rev + 1))
        key = self.publish()
        self.work()
        delivery = self.stored(key)
        assert delivery is not None
        return delivery
