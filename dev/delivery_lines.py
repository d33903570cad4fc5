"""A line for each attempt of a delivery, and for one that ends without an attempt, which `make run` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent_schedules.adapters.dynamodb import unmarshalled
from agent_schedules.domain.deliveries import MOST_ATTEMPTS, Delivery, DeliveryKey
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.storage.deliveries import delivery_of
from agent_schedules.timestamps import floor_seconds

Find = Callable[[WebhookKey], Webhook | None]


def line_of(change: Mapping[str, Any], find: Find) -> str | None:
    """Return the line for a change of the table's stream. None for one that is neither an attempt nor the end of a
    delivery."""
    before, after = _delivery(change.get("OldImage")), _delivery(change.get("NewImage"))
    if after is None or (before is not None and (before.status, before.attempts) == (after.status, after.attempts)):
        return None
    if after.status == "pending" and not after.attempts:  # a test or a replay that was asked for
        return None
    attempted = len(after.attempts) > 0 and (before is None or before.attempts != after.attempts)
    webhook = find(after.key.webhook)
    receiver = after.key.webhook_id if webhook is None or webhook.url is None else webhook.url
    return f"{after.updated_at:%H:%M:%S}  {after.event_type} -> {receiver}  {_result(after, attempted=attempted)}"


def _delivery(image: Any) -> Delivery | None:
    if image is None or not image["sk"]["S"].startswith("E#"):
        return None
    owner, _, webhook_id = image["pk"]["S"].rpartition("#")
    key = DeliveryKey(owner, webhook_id, image["sk"]["S"].removeprefix("E#"))
    return delivery_of(key, unmarshalled(image))


def _result(delivery: Delivery, *, attempted: bool) -> str:
    dead = None if delivery.reason is None else f"dead ({delivery.reason.replace('_', ' ')})"
    if not attempted:
        return dead or delivery.status
    last, number = delivery.attempts[-1], len(delivery.attempts)
    said = str(last.status_code) if last.error is None else last.error
    took = f"{said}, {last.milliseconds} ms, attempt {number} of {MOST_ATTEMPTS}"
    if delivery.next_attempt_at is not None:
        return f"{took}, the next in {delivery.next_attempt_at - floor_seconds(delivery.updated_at)} s"
    return took if dead is None else f"{took}, {dead}"
