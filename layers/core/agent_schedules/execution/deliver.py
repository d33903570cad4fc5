"""Make one attempt of a delivery, and arrange for the next one.

The steps are: read the webhook and the delivery, send, note the webhook's health if it changed, write the delivery, and
send the message of the next attempt. A crash repeats the message. A repeat after the delivery was written finds that
this attempt was made, and does nothing. Earlier, it sends again, with the same `webhook-id`. A message that is missing
after a crash between the last two steps is sent by the reconciler (`redeliver.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from agent_schedules.domain.deliveries import LONGEST_MESSAGE_WAIT, Attempt, DeadReason, Deliver, Delivery
from agent_schedules.domain.delivery_bodies import body_of, run_of
from agent_schedules.domain.webhook_signatures import signed_headers
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.errors import ConditionFailed, NotFound, Unavailable
from agent_schedules.execution import webhook_health
from agent_schedules.execution.lanes import Lanes
from agent_schedules.ports import NotDelivered, Ports, Reply, Sender, Webhooks
from agent_schedules.storage.output_text import output_text
from agent_schedules.telemetry import about, count, logger
from agent_schedules.timestamps import floor_seconds

SECONDS = 10  # that a receiver has for its answer
SLOW = timedelta(seconds=2)
"""An answer that takes longer puts the webhook into the second queue."""
GONE = 410
ASK_TO_WAIT = frozenset({429, 503})
"""The statuses whose `Retry-After` counts."""


@dataclass(frozen=True)
class Notifier:
    """Makes the attempts of deliveries."""

    ports: Ports
    webhooks: Webhooks
    sender: Sender
    lanes: Lanes

    def handle(self, message: Deliver, *, first: bool) -> str:
        """Make the attempt of a message. Returns the result, for logs and tests.

        `first`: the message is of the first queue, which is for receivers that are well. Raises Unavailable, and Busy
        if the webhook has as many deliveries under way as it may have.
        """
        now = self.ports.now()
        webhook, stored = self.ports.store.deliveries.get_with_webhook(message.key)
        delivery = stored or _new(message, self.ports)
        if delivery is None:  # it has expired
            return "unknown"
        if delivery.over or len(delivery.attempts) >= message.attempt:
            return "made"
        if webhook is None or webhook.expired(now):
            return self._dead(delivery, "webhook_deleted")
        if not webhook.enabled:
            return self._dead(delivery, "webhook_disabled")
        if webhook.url is None:
            return self._saved(delivery.held(now))
        early = (delivery.next_attempt_at or 0) - floor_seconds(now)
        if early > 0:
            self.webhooks.redeliveries.send([message], delay=min(early, LONGEST_MESSAGE_WAIT))
            return "early"
        if first and webhook.slow:
            self.webhooks.redeliveries.send([message], delay=0)
            return "moved"
        with self.lanes.place(webhook.key):
            return self._attempt(webhook, webhook.url, delivery)

    def _attempt(self, webhook: Webhook, url: str, delivery: Delivery) -> str:
        run = run_of(webhook, delivery)
        output = None
        if run is not None:
            try:
                output = output_text(self.ports.store.runs.view(run, now=self.ports.now()).response) or ""
            except NotFound:  # it has expired
                output = ""
        body = body_of(webhook, delivery, output)
        began = self.ports.now()
        headers = {
            "Content-Type": "application/json",
            **signed_headers(webhook, self.webhooks.master(), event_id=delivery.event_id, body=body, now=began),
        }
        reply: Reply | None = None
        try:
            reply = self.sender.post(url, headers, body, seconds=SECONDS)
            error = None if 200 <= reply.status < 300 else _refusal(reply.status)
        except NotDelivered as failed:
            error = failed.reason
        now = self.ports.now()
        took = now - began
        attempt = Attempt(began, None if reply is None else reply.status, error, round(took.total_seconds() * 1000))
        text = None if reply is None else reply.content.decode("utf-8", "replace")
        if error is None:
            webhook_health.succeeded(self.ports, webhook, slow=took > SLOW)
            return self._saved(delivery.delivered(attempt, text))
        return self._failed(webhook, delivery, attempt, text, reply)

    def _failed(
        self, webhook: Webhook, delivery: Delivery, attempt: Attempt, text: str | None, reply: Reply | None
    ) -> str:
        now = self.ports.now()
        gone = reply is not None and reply.status == GONE
        logger.info(
            "delivery failed", extra=_about(delivery, status=reply and reply.status, attempt=len(delivery.attempts) + 1)
        )
        first = delivery.attempts[0] if delivery.attempts else attempt
        over = webhook_health.failed(self.ports, webhook, now, tried_since=first.at, gone=gone)
        after = delivery.failed(
            attempt,
            text,
            now,
            jitter=int.from_bytes(self.ports.entropy(2)) / 0xFFFF,
            retry_after=reply.retry_after if reply is not None and reply.status in ASK_TO_WAIT else None,
        )
        if over is not None:  # not for a 410 of a URL that was changed meanwhile: the next attempt goes to the new one
            after = replace(after.dead(over, now), rev=after.rev)
        result = self._saved(after, failed=True)
        if after.over:
            return result
        wait = (after.next_attempt_at or 0) - floor_seconds(now)
        if result == "pending" and wait <= LONGEST_MESSAGE_WAIT:
            try:
                self.webhooks.redeliveries.send([after.message], delay=wait)
            except Unavailable:
                logger.warning("redelivery not sent", extra=_about(after))  # the reconciler finds it
        return result

    def _dead(self, delivery: Delivery, reason: DeadReason) -> str:
        return self._saved(delivery.dead(reason, self.ports.now()))

    def _saved(self, delivery: Delivery, *, failed: bool = False) -> str:
        try:
            self.ports.store.deliveries.save(delivery)
        except ConditionFailed:  # a copy of the message was handled at the same time
            return "superseded"
        count("DeliveriesFailed", failed)
        count("DeliveriesDead", delivery.status == "dead")
        count("DeliveriesSucceeded", delivery.status == "delivered")
        return delivery.status


def _new(message: Deliver, ports: Ports) -> Delivery | None:
    """Return a delivery that has no row yet: its first write expects none."""
    if message.event is None:
        return None
    return replace(Delivery.first(message.key, message.event, ports.now()), rev=0)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"answered {status}; redirects are not followed"
    return f"answered {status}"


def _about(delivery: Delivery, **more: object) -> dict[str, object]:
    return about(delivery.key, event_type=delivery.event_type, **more)
