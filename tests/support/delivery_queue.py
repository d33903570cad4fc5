"""A strict fake of the queues of deliveries, and what webhooks need in a world of fakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_schedules.domain.deliveries import Deliver, deliver_of
from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.ports import DeliveryQueue, Webhooks

MASTER = b"a master secret of at least 32 bytes"
PUBLIC_URL = "https://schedules.example"


@dataclass
class Waiting:
    """A message on its way."""

    due: datetime
    message: Deliver


class FakeDeliveryQueue:
    """`DeliveryQueue` whose messages a test takes out itself."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.messages: list[Waiting] = []
        self.calls = 0
        self.before: Callable[[Sequence[Deliver]], None] = lambda _: None
        self.after: Callable[[Sequence[Deliver]], None] = lambda _: None
        self._now = now

    def send(self, messages: Sequence[Deliver], *, delay: int) -> None:
        """See `DeliveryQueue.send`; every message goes through its wire form."""
        self.before(messages)
        if not messages or not 0 <= delay <= LONGEST_DELAY:
            raise AssertionError(f"{len(messages)} messages, delay {delay}")
        self.calls += -(-len(messages) // 10)
        due = self._now() + timedelta(seconds=delay)
        self.messages += [Waiting(due, deliver_of(message.body())) for message in messages]
        self.after(messages)

    def take_due(self) -> list[Deliver]:
        """Take out the messages whose time has come, the earliest first."""
        due = sorted((one for one in self.messages if one.due <= self._now()), key=lambda one: one.due)
        self.messages = [one for one in self.messages if one.due > self._now()]
        return [one.message for one in due]


def fake_webhooks(deliveries: DeliveryQueue, redeliveries: DeliveryQueue) -> Webhooks:
    """What webhooks need, over these queues."""
    return Webhooks(deliveries, redeliveries, master=lambda: MASTER, public_url=PUBLIC_URL)
