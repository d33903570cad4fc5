"""Deliveries in the table. Pending ones are in a shard of their own of the attention index, and all of them expire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from agent_schedules.domain.deliveries import Attempt, DeadReason, Delivery, DeliveryKey, DeliveryStatus
from agent_schedules.domain.paging import CANDIDATES, Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at, moment
from agent_schedules.storage.base import TransactionalStore, concurrently
from agent_schedules.storage.counters import asked_addition
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.table import Item, Put
from agent_schedules.storage.webhooks import webhook_of
from agent_schedules.timestamps import ceil_seconds, floor_seconds, text_of


class DeliveryStore(TransactionalStore):
    """Each method makes one or two calls to the table."""

    def create(self, call: RequestContext, delivery: Delivery, *, at_most: int) -> None:
        """Commit a delivery that a caller asked for. `at_most` are those of its tenant in a minute; 0: no limit.

        Raises QuotaExceeded at that limit, and as `_create` does.
        """
        now = floor_seconds(delivery.created_at)
        self._create(
            call,
            delivery.key.delivery_id,
            Put(delivery_item(delivery), "absent"),
            *([asked_addition(delivery.key.owner, now // 60, at_most=at_most)] if at_most else []),
            unless=keys.delivery_key(delivery.key),
            now=now,
        )

    def save(self, delivery: Delivery) -> None:
        """Write a delivery as the successor of what was read: of no row, if its `rev` is 1.

        Raises ConditionFailed if another write came first.
        """
        expect = {"rev": delivery.rev - 1}
        self._table.write(Put(delivery_item(delivery), expect if delivery.rev > 1 else "absent"))

    def get_with_webhook(self, key: DeliveryKey) -> tuple[Webhook | None, Delivery | None]:
        """Return a delivery and its webhook, expired or not, from one strongly consistent read."""
        webhook, delivery = self._table.get([keys.webhook_key(key.webhook), keys.delivery_key(key)])
        return webhook_of(webhook), delivery_of(key, delivery)

    def many(self, wanted: Sequence[DeliveryKey]) -> list[Delivery]:
        """Return those of up to 100 deliveries that exist, from one read."""
        rows = self._table.get([keys.delivery_key(key) for key in wanted]) if wanted else []
        found = (delivery_of(key, row) for key, row in zip(wanted, rows, strict=True))
        return [delivery for delivery in found if delivery is not None]

    def page(
        self, webhook: WebhookKey, paging: Paging, *, status: DeliveryStatus | None, now: datetime
    ) -> tuple[Webhook | None, Slice[Delivery]]:
        """Return a webhook and a page of its deliveries; with a `status`, of those among `CANDIDATES` that have it."""
        after = DeliveryKey(webhook.owner, webhook.webhook_id, paging.after) if paging.after else None
        looked_at = paging.limit if status is None else CANDIDATES
        page, owning = concurrently(
            lambda: self._table.query(
                keys.within(webhook.owner, webhook.webhook_id),
                "E#",
                limit=looked_at + 1,
                newest_first=paging.newest_first,
                start_after=keys.delivery_key(after).sk if after is not None else None,
            ),
            lambda: self._table.get([keys.webhook_key(webhook)])[0],
        )
        found: list[Delivery] = []
        seen = 0
        for item in page.items[:looked_at]:
            if len(found) == paging.limit:
                break
            seen += 1
            delivery = delivery_of(_key_of(item), item)
            if delivery is not None and delivery.expires_at > now and status in {None, delivery.status}:
                found.append(delivery)
        last = _key_of(page.items[seen - 1]).delivery_id if seen else None
        return webhook_of(owning), Slice(found, page.more or seen < len(page.items), last=last)

    def due(self, now: int, *, limit: int) -> list[DeliveryKey]:
        """Return pending deliveries whose time (UTC seconds) to be looked at has come, the oldest first."""
        return [_key_of(item) for item in self._due(keys.DELIVERIES, now, limit=limit)]


def _key_of(item: Item) -> DeliveryKey:
    owner, _, webhook_id = str(item["pk"]).rpartition("#")
    return DeliveryKey(owner, webhook_id, str(item["sk"]).removeprefix("E#"))


def delivery_item(delivery: Delivery) -> Item:
    """Return the row of a delivery."""
    attempts = [[text_of(one.at), one.status_code, one.error, one.milliseconds] for one in delivery.attempts]
    return item_at(
        keys.delivery_key(delivery.key),
        event=delivery.event,
        status=delivery.status,
        attempts=json_text(attempts),
        created_at=delivery.created_at,
        updated_at=delivery.updated_at,
        response_body=delivery.response_body,
        next_attempt_at=delivery.next_attempt_at,
        reason=delivery.reason,
        replay_of=delivery.replay_of,
        ttl=ceil_seconds(delivery.expires_at),
        rev=delivery.rev,
        **keys.attention_in(keys.DELIVERIES, delivery.look_at),
    )


def delivery_of(key: DeliveryKey, item: Item | None) -> Delivery | None:
    """Return the delivery in a row, or None for no row and for the placeholder of a create that was given up."""
    if item is None or "status" not in item:
        return None
    return Delivery(
        key=key,
        event=str(item["event"]),
        created_at=moment(item, "created_at"),
        updated_at=moment(item, "updated_at"),
        status=cast(DeliveryStatus, item["status"]),
        attempts=tuple(
            Attempt(datetime.fromisoformat(at), code, error, milliseconds)
            for at, code, error, milliseconds in json.loads(str(item["attempts"]))
        ),
        response_body=str(item["response_body"]) if "response_body" in item else None,
        next_attempt_at=cast(int | None, item.get("next_attempt_at")),
        look_at=cast(int | None, item.get("attention_at")),
        reason=cast(DeadReason | None, item.get("reason")),
        replay_of=str(item["replay_of"]) if "replay_of" in item else None,
        rev=cast(int, item["rev"]),
    )
