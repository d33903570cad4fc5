"""A notifier over a world of fakes, with receivers that a test scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_schedules.domain.deliveries import Deliver, Delivery, DeliveryKey
from agent_schedules.domain.events import Event, Kind, event, event_id, link_to
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.execution.deliver import Notifier
from agent_schedules.execution.lanes import Lanes
from agent_schedules.execution.redeliver import redeliver
from agent_schedules.ids import delivery_id
from agent_schedules.ports import NotDelivered, Reply
from agent_schedules.timestamps import text_of

from tests.support.delivery_queue import PUBLIC_URL, FakeDeliveryQueue, Waiting
from tests.support.fakes import FakeClock
from tests.support.webhooks import webhook
from tests.support.world import World

OK = Reply(200, b"ok", None)
AGENT = "agt_01JD0000000000000000000001"
SWEEP = 300  # seconds between two passes of the reconciler


@dataclass(frozen=True)
class Post:
    """One request that a receiver got."""

    at: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class FakeSender:
    """`Sender` whose answers come in turn, the last one for ever."""

    clock: FakeClock
    answers: list[Reply | NotDelivered | int] = field(default_factory=lambda: [OK])
    takes: float = 0.05
    """Seconds until an answer."""
    posts: list[Post] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Reply:
        """See `Sender.post`."""
        assert seconds == 10
        self.before()
        self.posts.append(Post(int(self.clock.moment.timestamp()), url, dict(headers), body))
        self.clock.advance(self.takes)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.after()
        if isinstance(answer, NotDelivered):
            raise answer
        return Reply(answer, b"", None) if isinstance(answer, int) else answer


class Delivering:
    """A world with a notifier and one webhook, whose receiver is known to be well."""

    def __init__(self, world: World | None = None, *, known: bool = True, **body: Any) -> None:
        self.world = world or World()
        self.sender = FakeSender(self.world.clock)
        assert self.world.ports.webhooks is not None
        self.notifier = Notifier(self.world.ports, self.world.ports.webhooks, self.sender, Lanes())
        self.hook = webhook(self.world, **body)
        if known and self.hook.url is not None:
            self.hook = self.hook.healthy()
            self.world.ports.store.webhooks.save(self.hook)
        self._number = 0
        self.results: list[str] = []

    def event(self, kind: Kind = "run.failed", **data: Any) -> Event:
        """A new event of a run."""
        self._number += 1
        now = self.world.clock.moment
        run = {
            "agent_id": AGENT, "run_id": f"run_{self._number:026d}", "schedule_id": None, "trigger": "schedule",
            "status": kind.partition(".")[2], "agent_version": 1, "scheduled_for": text_of(now),
            "completed_at": text_of(now), "error_code": "timeout" if kind == "run.failed" else None,
        }  # fmt: skip
        link = link_to(PUBLIC_URL, "agents", AGENT, "runs", str(run["run_id"]))
        number = event_id(str(self._number), kind)
        return event(kind, id_=number, at=now, owner=self.world.caller.owner, link=link, **run | data)

    def message(self, one: Event | None = None) -> Deliver:
        """The message of an event's first attempt, as the publisher makes it."""
        one = one or self.event()
        name = delivery_id(self.hook.key.webhook_id, one.id, int(one.at.timestamp() * 1000))
        return Deliver(DeliveryKey(self.hook.key.owner, self.hook.key.webhook_id, name), 1, one.body)

    def publish(self, one: Event | None = None) -> DeliveryKey:
        """Put the message on the first queue; its delivery's key."""
        message = self.message(one)
        self.world.deliveries.send([message], delay=0)
        return message.key

    def work(self) -> int:
        """Handle all that is due on both queues, and what comes of it; how much that was."""
        done = 0
        for queue in (self.world.deliveries, self.world.redeliveries):
            while messages := queue.take_due():
                for message in messages:
                    self.results.append(self.notifier.handle(message, first=queue is self.world.deliveries))
                    done += 1
        return done

    def until_over(self, key: DeliveryKey, *, most: int = 6 * 86_400) -> Delivery:
        """Let time pass, with the reconciler, until the delivery is over or `most` seconds have passed."""
        end, sweep = self.world.now + most, self.world.now + SWEEP
        while self.world.now < end:
            self.work()
            found = self.stored(key)
            if found is not None and found.over:
                return found
            due = [_second(one) for queue in self.queues for one in queue.messages]
            soonest = max(min([*due, sweep]), self.world.now + 1)
            self.world.clock.advance(soonest - self.world.clock.moment.timestamp())
            if self.world.now >= sweep:
                redeliver(self.world.ports)
                sweep += SWEEP
        found = self.stored(key)
        assert found is not None
        return found

    @property
    def queues(self) -> tuple[FakeDeliveryQueue, FakeDeliveryQueue]:
        """Both queues."""
        return self.world.deliveries, self.world.redeliveries

    def stored(self, key: DeliveryKey) -> Delivery | None:
        """The delivery's row."""
        return self.world.ports.store.deliveries.get_with_webhook(key)[1]

    def seen(self) -> Webhook:
        """The webhook as it is."""
        found = self.world.ports.store.webhooks.get(self.hook.key)
        assert found is not None
        return found


def _second(waiting: Waiting) -> float:
    return waiting.due.timestamp()
