"""Publish the events of a batch of changes: as deliveries of the webhooks that want them, and on the bus.

The table's stream delivers a batch again until this has returned. Each step repeats itself with the same ids, so a
crash between two steps loses nothing. The bus comes after the webhooks. So a bus that refuses a batch keeps none of its
events from a webhook, and the notifier knows a repeat by the id of its delivery. The later batches of the shard wait
meanwhile, because the bus gets the changes of a row in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from agent_schedules.domain.deliveries import Deliver, DeliveryKey
from agent_schedules.domain.events import Event
from agent_schedules.domain.recoveries import concerned, with_recoveries
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.ids import delivery_id
from agent_schedules.ports import Bus, Webhooks
from agent_schedules.storage.keys import tenant_of
from agent_schedules.storage.store import Store

FIRST = 1  # the number of a delivery's first attempt


@dataclass(frozen=True)
class Outlets:
    """What the publisher publishes to, and the table that it reads."""

    store: Store
    bus: Bus | None
    webhooks: Webhooks | None
    """None: the deployment has no webhooks."""
    now: Callable[[], datetime]
    public_url: str = ""
    """The beginning of links."""


def publish(outlets: Outlets, events: Sequence[Event]) -> int:
    """Publish events, and the recoveries that they are. Returns their number.

    A trouble that begins is written before the bus gets the batch: the batch may be parked, and the webhooks were told
    of the trouble, so they must hear of its end. A trouble that ends is removed after the bus took the batch: until
    then, a repeat finds the same recoveries. Raises Unavailable, or ConditionFailed if another process publishes the
    same changes.
    """
    store = outlets.store.publishing
    schedules = concerned(events)
    before = store.troubles(schedules) if schedules else {}
    told, after = with_recoveries(events, before, public_url=outlets.public_url)
    if outlets.webhooks is not None:
        _deliver(outlets, outlets.webhooks, told)
    changed = [key for key in schedules if before.get(key) != after.get(key)]
    recovered = {event.schedule for event in told if event.kind == "schedule.recovered"}
    for key in changed:
        if key not in recovered:
            store.save_trouble(key, before.get(key), after.get(key))
    if outlets.bus is not None and told:
        outlets.bus.publish(told)
    for key in changed:
        if key in recovered:
            store.save_trouble(key, before.get(key), after.get(key))
    return len(told)


def _deliver(outlets: Outlets, webhooks: Webhooks, events: Sequence[Event]) -> None:
    """Send a message for each event and each webhook that wants it."""
    slow: list[Deliver] = []
    well: list[Deliver] = []
    for event, webhook in _Readers(outlets, events).matches():
        milliseconds = int(event.at.timestamp() * 1000)
        name = delivery_id(webhook.key.webhook_id, event.id, milliseconds)
        key = DeliveryKey(webhook.key.owner, webhook.key.webhook_id, name)
        (slow if webhook.slow else well).append(Deliver(key, FIRST, event.body))
    for queue, messages in ((webhooks.deliveries, well), (webhooks.redeliveries, slow)):
        if messages:
            queue.send(messages, delay=0)


class _Readers:
    """The webhooks of a batch's owners. Each owner's are read once, and metadata only if a webhook asks for it."""

    def __init__(self, outlets: Outlets, events: Sequence[Event]) -> None:
        self._outlets = outlets
        self._events = events
        now = outlets.now()
        owners = dict.fromkeys(owner for event in events for owner in _owners(event))
        self._webhooks = {
            owner: [webhook for webhook in outlets.store.webhooks.of_owner(owner) if webhook.live(now)]
            for owner in owners
        }

    def matches(self) -> Iterator[tuple[Event, Webhook]]:
        """Yield each event with each webhook that wants it."""
        for event, webhook in self._candidates:
            if not webhook.metadata or self._wants(webhook, event, self._metadata_of(event)):
                yield event, webhook

    @cached_property
    def _candidates(self) -> list[tuple[Event, Webhook]]:
        """The matches, where metadata is not compared."""
        return [
            (event, webhook)
            for event in self._events
            for owner in _owners(event)
            for webhook in self._webhooks[owner]
            if self._wants(webhook, event, None)
        ]

    def _metadata_of(self, event: Event) -> Mapping[str, str]:
        return {} if event.schedule is None else self._metadata[event.schedule]

    @cached_property
    def _metadata(self) -> Mapping[Key, Mapping[str, str]]:
        schedules = dict.fromkeys(event.schedule for event, webhook in self._candidates if webhook.metadata)
        return self._outlets.store.publishing.metadata([key for key in schedules if key is not None])

    @staticmethod
    def _wants(webhook: Webhook, event: Event, metadata: Mapping[str, str] | None) -> bool:
        return webhook.wants(
            event.kind,
            owner=event.owner,
            agent_id=event.agent_id,
            schedule_id=event.schedule_id,
            metadata=metadata,
        )


def _owners(event: Event) -> tuple[str, ...]:
    """Return whose webhooks may want an event: those of its owner, and of the owner's tenant."""
    tenant = tenant_of(event.owner)
    return (event.owner,) if tenant == event.owner else (event.owner, tenant)
