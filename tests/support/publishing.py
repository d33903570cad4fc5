"""The publisher over a world in memory: a bus and queues that remember, and changes to feed it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.domain.deliveries import Deliver
from agent_schedules.domain.events import Event
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.execution.publish import Outlets, publish
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Item
from agent_schedules.storage.webhooks import webhook_item

from tests.support.delivery_queue import fake_webhooks
from tests.support.fuse import Died, Fuse
from tests.support.world import World

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


class FakeBus:
    """`Bus` that remembers."""

    def __init__(self, burn: Callable[[], None]) -> None:
        self.heard: list[Event] = []
        self.calls = 0
        self._burn = burn

    def publish(self, events: Sequence[Event]) -> None:
        """See `Bus.publish`. Half of a call may be published when the process dies."""
        self.calls += 1
        self._burn()
        half = len(events) // 2
        self.heard += events[:half]
        self._burn()
        self.heard += events[half:]
        self._burn()


class FakeDeliveries:
    """A queue of deliveries that remembers."""

    def __init__(self, burn: Callable[[], None]) -> None:
        self.messages: list[Deliver] = []
        self._burn = burn

    def send(self, messages: Sequence[Deliver], *, delay: int) -> None:
        """See `Queue.send`."""
        if not messages or delay:
            raise AssertionError(f"{len(messages)} messages, delay {delay}")
        self._burn()
        half = len(messages) // 2
        self.messages += messages[:half]
        self._burn()
        self.messages += messages[half:]
        self._burn()


class Publisher:
    """The publisher of one world. `fuse` kills it between two effects."""

    def __init__(self, *, bus: bool = True, webhooks: bool = True) -> None:
        self.world = World()
        self.fuse = Fuse()
        self.world.table.before_write = self.world.table.after_write = self.fuse.burn
        self.world.table.before_read = self.fuse.burn
        self.bus = FakeBus(self.fuse.burn)
        self.first, self.again = FakeDeliveries(self.fuse.burn), FakeDeliveries(self.fuse.burn)
        self.outlets = Outlets(
            self.world.ports.store,
            self.bus if bus else None,
            fake_webhooks(self.first, self.again) if webhooks else None,
            self.world.clock,
            "https://console.example",
        )

    def webhook(self, name: str, *, owner: str = "local", **values: Any) -> Webhook:
        """A webhook of that owner."""
        values = {"url": "https://receiver.example/", **values}
        webhook = Webhook(WebhookKey(owner, name), created_at=START, updated_at=START, **values)
        self.world.table.items[owner, f"W#{name}"] = webhook_item(webhook)
        return webhook

    def publish(self, changes: Sequence[Change]) -> int:
        """Deliver a batch of the stream."""
        return publish(self.outlets, [event for change in changes for event in events_of(change)])

    def stream(self, changes: Sequence[Change], *, bisect: bool) -> None:
        """Deliver a batch as Lambda does: again after a failure, in halves if it `bisect`s."""
        if not changes:
            return
        try:
            self.publish(changes)
        except Died:
            parts = (changes[: len(changes) // 2], changes[len(changes) // 2 :]) if bisect else (changes,)
            for part in parts:
                self.stream(part, bisect=bisect and len(part) > 1)

    @property
    def told(self) -> dict[str, str]:
        """The events on the bus: the kind of each id."""
        return {event.id: event.kind for event in self.bus.heard}

    def sent(self, webhook: str) -> set[str]:
        """The ids of the deliveries to a webhook."""
        messages = [*self.first.messages, *self.again.messages]
        return {message.key.delivery_id for message in messages if message.key.webhook_id == webhook}


def run_row(number: int, status: str, *, owner: str = "local", second: float = 0, schedule: str | None = "s") -> Item:
    """The row of a run, which ended at that second if it has."""
    row: Item = {
        "pk": f"{owner}#agt_1", "sk": f"R#run_{number}", "v": 1, "run_id": f"run_{number}", "status": status,
        "trigger": "schedule", "agent_version": 1, "scheduled_for": 60 * number, "rev": 1,
    }  # fmt: skip
    if schedule is not None:
        row["schedule_id"] = schedule
    if status != "submitting":
        at = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds")
        row |= {"rev": 2, "completed_at": at.replace("+00:00", "Z")}
    return row


def ended(number: int, status: str, second: float, **row: Any) -> Change:
    """The end of a run."""
    before, after = run_row(number, "submitting", **row), run_row(number, status, second=second, **row)
    return Change(before, after, START + timedelta(seconds=int(second)))
