"""The use cases of deliveries: see them, send a test, send one again.

A test and a replay are rows before they are messages. If the message is lost, the reconciler finds the row.
"""

from __future__ import annotations

from contextlib import suppress

from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.deliveries import MOST_ASKED, Delivery, DeliveryKey, DeliveryStatus
from agent_schedules.domain.events import webhook_test
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.errors import Conflict, NotFound, QuotaExceeded, TooManyRequests, Unavailable
from agent_schedules.ports import DeliveryQueue, Ports
from agent_schedules.services.checks import now_ms, require_id
from agent_schedules.services.idempotency import run_idempotently
from agent_schedules.services.webhooks import existing, get_webhook, permitted, webhooks_of
from agent_schedules.timestamps import floor_seconds


def list_deliveries(
    ports: Ports, caller: Caller, webhook_id: str, paging: Paging, *, status: DeliveryStatus | None
) -> Slice[Delivery]:
    """Return a page of a webhook's deliveries. Raises NotFound."""
    webhooks_of(ports)
    key = WebhookKey(caller.owner, require_id(webhook_id, "whk", "webhook"))
    webhook, found = ports.store.deliveries.page(key, paging, status=status, now=ports.now())
    permitted(existing(webhook, webhook_id, now=ports.now()), caller)
    return found


def get_delivery(ports: Ports, caller: Caller, webhook_id: str, delivery_id: str) -> Delivery:
    """Return a delivery, for 7 days after its last change. Raises NotFound."""
    return _read(ports, caller, webhook_id, delivery_id)[1]


def _read(ports: Ports, caller: Caller, webhook_id: str, delivery_id: str) -> tuple[Webhook, Delivery]:
    webhooks_of(ports)
    require_id(webhook_id, "whk", "webhook")
    key = DeliveryKey(caller.owner, webhook_id, require_id(delivery_id, "dlv", "delivery"))
    webhook, delivery = ports.store.deliveries.get_with_webhook(key)
    webhook = permitted(existing(webhook, webhook_id, now=ports.now()), caller)
    if delivery is None or delivery.expires_at <= ports.now():
        raise NotFound(f"delivery_id: no delivery {delivery_id}; one can be read for 7 days after its last change")
    return webhook, delivery


def send_test(ports: Ports, call: RequestContext, webhook_id: str) -> Delivery:
    """Send an event of type `webhook.test` to a webhook.

    Raises Conflict for a disabled one, NotFound or TooManyRequests.
    """
    setup = webhooks_of(ports)

    def perform() -> Delivery:
        webhook = permitted(get_webhook(ports, call.caller, webhook_id), call.caller)
        _must_be_enabled(webhook)
        now, nonce = now_ms(ports), ports.entropy(10).hex()
        event = webhook_test(webhook.key.owner, webhook_id, nonce=nonce, at=now, public_url=setup.public_url)
        delivery_id = ids.delivery_id(webhook_id, event.id, int(now.timestamp() * 1000))
        delivery = Delivery.first(DeliveryKey(call.caller.owner, webhook_id, delivery_id), event.body, now)
        _create(ports, call, delivery)
        _send(setup.redeliveries if webhook.slow else setup.deliveries, delivery)
        return delivery

    return run_idempotently(ports, call, perform, lambda made: get_delivery(ports, call.caller, webhook_id, made))


def replay_delivery(ports: Ports, call: RequestContext, webhook_id: str, delivery_id: str) -> Delivery:
    """Send the event of a delivery that is over once more, as a new delivery.

    Raises Conflict for one that is pending, and for a disabled webhook; NotFound or TooManyRequests.
    """
    setup = webhooks_of(ports)

    def perform() -> Delivery:
        webhook, original = _read(ports, call.caller, webhook_id, delivery_id)
        _must_be_enabled(webhook)
        if not original.over:
            raise Conflict("The delivery is pending, and its attempts go on; replay it when it is over")
        now, nonce = now_ms(ports), ports.entropy(10).hex()
        again = ids.delivery_id(webhook_id, original.event_id, int(now.timestamp() * 1000), nonce=nonce)
        key = DeliveryKey(call.caller.owner, webhook_id, again)
        delivery = Delivery.first(key, original.event, now, replay_of=delivery_id)
        _create(ports, call, delivery)
        _send(setup.redeliveries, delivery)
        return delivery

    return run_idempotently(ports, call, perform, lambda made: get_delivery(ports, call.caller, webhook_id, made))


def _must_be_enabled(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise Conflict("The webhook is disabled; enable it with an update of `enabled` to true, and call again")


def _create(ports: Ports, call: RequestContext, delivery: Delivery) -> None:
    """Commit a delivery that a caller asked for. Raises TooManyRequests where its tenant may have no more by now."""
    at_most = 0 if webhooks_of(ports).local else MOST_ASKED
    try:
        ports.store.deliveries.create(call, delivery, at_most=at_most)
    except QuotaExceeded:
        left = 60 - floor_seconds(delivery.created_at) % 60
        raise TooManyRequests(
            f"deliveries: your account may send {at_most} tests and replays in a minute, and this minute's are used; "
            f"send the call again in {left} seconds",
            retry_after=left,
        ) from None


def _send(queue: DeliveryQueue, delivery: Delivery) -> None:
    with suppress(Unavailable):  # then the reconciler sends it
        queue.send([delivery.message], delay=0)
