"""Webhooks in the table (decision 19).

The tenant's counter changes in the transaction of a create or a delete, so that the limit holds under concurrency. Poll
webhooks expire by themselves. An item of their owner lists them, and each create of one rewrites it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import cast

from agent_schedules.domain.event_data import DisabledReason
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.quotas import TenantCount
from agent_schedules.domain.request_context import RECEIPT_SECONDS, RequestContext
from agent_schedules.domain.webhooks import MOST_POLLED, Format, Webhook, WebhookKey
from agent_schedules.errors import QuotaExceeded
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at, moment, moment_or_none
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.counters import tenant_count, webhook_addition
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.table import Delete, Item, Put, Write
from agent_schedules.timestamps import ceil_seconds, floor_seconds

QUERIED = 200
"""Rows of one query of an owner's webhooks."""


class WebhookStore(TransactionalStore):
    """A change raises ConditionFailed if another came first."""

    def create(self, call: RequestContext, webhook: Webhook, *, at_most: int) -> None:
        """Commit a new webhook. Raises QuotaExceeded at the tenant's limit or the owner's limit of poll webhooks."""
        self._create(
            call,
            webhook.key.webhook_id,
            Put(webhook_item(webhook), "absent"),
            *self._counting(webhook, 1, at_most=at_most),
            unless=keys.webhook_key(webhook.key),
            now=floor_seconds(webhook.created_at),
        )

    def undo_create(self, call: RequestContext, webhook: Webhook) -> None:
        """Undo a create whose answer did not reach the client. Raises ConditionFailed if the webhook changed since."""
        self._table.write(
            Delete(keys.webhook_key(webhook.key), {"rev": webhook.rev}),
            *self._counting(webhook, -1),
            *self._without_record(call),
        )

    def get(self, key: WebhookKey) -> Webhook | None:
        """Return a webhook, expired or not."""
        (item,) = self._table.get([keys.webhook_key(key)])
        return webhook_of(item)

    def get_to_delete(self, key: WebhookKey) -> tuple[Webhook | None, bool]:
        """Return a webhook, and whether it was deleted within the last day."""
        item, note = self._table.get([keys.webhook_key(key), keys.webhook_key(key, deleted=True)])
        return webhook_of(item), note is not None

    def count(self, owner: str) -> TenantCount:
        """Return the counts of an owner's tenant."""
        (item,) = self._table.get([keys.tenant_counter_key(owner)])
        return tenant_count(item)

    def of_owner(self, owner: str) -> list[Webhook]:
        """Return all webhooks of an owner, also disabled and expired ones. One strongly consistent query as a rule."""
        rows: list[Item] = []
        more = True
        while more:
            last = str(rows[-1]["sk"]) if rows else None
            page = self._table.query(owner, "W#", limit=QUERIED, newest_first=False, start_after=last)
            rows += page.items
            more = page.more and bool(page.items)
        return [webhook for webhook in map(webhook_of, rows) if webhook is not None]

    def page(self, owner: str, paging: Paging, *, now: datetime) -> Slice[Webhook]:
        """Return a page of an owner's webhooks."""
        after = keys.webhook_key(WebhookKey(owner, paging.after)) if paging.after else None
        page = self._page(owner, "W#", paging, after=after)
        shown = [webhook for webhook in map(webhook_of, page.items) if webhook is not None and not webhook.expired(now)]
        return Slice(shown, page.more, last=str(page.items[-1]["sk"]).removeprefix("W#") if page.items else None)

    def change(self, call: RequestContext, webhook: Webhook) -> None:
        """Commit a caller's change, as the successor of what was read."""
        put = Put(webhook_item(webhook), {"rev": webhook.rev - 1})
        self._commit(call, webhook.key.webhook_id, put, now=floor_seconds(webhook.updated_at))

    def save(self, webhook: Webhook) -> None:
        """Write a webhook as the successor of what was read: its health, or that it is disabled."""
        self._table.write(Put(webhook_item(webhook), {"rev": webhook.rev - 1}))

    def delete(self, call: RequestContext, webhook: Webhook, *, now: int) -> None:
        """Commit a deletion, and a note of it for its repeat. Its deliveries expire by themselves."""
        at = keys.webhook_key(webhook.key, deleted=True)
        self._commit(
            call,
            webhook.key.webhook_id,
            Delete(keys.webhook_key(webhook.key), {"rev": webhook.rev}),
            Put(item_at(at, ttl=now + RECEIPT_SECONDS), "anything"),
            *self._counting(webhook, -1),
            now=now,
        )

    def _counting(self, webhook: Webhook, number: int, *, at_most: int = 0) -> list[Write]:
        if webhook.expires_at is None:
            return [webhook_addition(webhook.key.owner, number, at_most=at_most)]
        at = keys.poll_webhooks_key(webhook.key.owner)
        (item,) = self._table.get([at])
        ends: dict[str, int] = json.loads(str(item["ends"])) if item is not None else {}
        now = floor_seconds(webhook.created_at)
        ends = {name: end for name, end in ends.items() if end > now and name != webhook.key.webhook_id}
        if number > 0:
            if len(ends) >= MOST_POLLED:
                raise QuotaExceeded(1)
            ends[webhook.key.webhook_id] = ceil_seconds(webhook.expires_at)
        after = item_at(at, ends=json_text(ends), rev=1, ttl=max(ends.values(), default=None))
        if item is None:
            return [Put(after, "absent")]
        rev = cast(int, item["rev"])
        return [Put({**after, "rev": rev + 1}, {"rev": rev})]


def webhook_item(webhook: Webhook) -> Item:
    """Return the row of a webhook."""
    return item_at(
        keys.webhook_key(webhook.key),
        url=webhook.url,
        description=webhook.description,
        events=None if webhook.events is None else json_text(sorted(webhook.events)),
        agent_id=webhook.agent_id,
        schedule_id=webhook.schedule_id,
        metadata=json_text(dict(webhook.metadata)) if webhook.metadata else None,
        format=webhook.format,
        include_output=webhook.include_output,
        all_users=webhook.all_users,
        disabled_reason=webhook.disabled_reason,
        secret_version=webhook.secret_version,
        oldest_secret=webhook.oldest_secret,
        rotated_at=webhook.rotated_at,
        failing_since=webhook.failing_since,
        slow=webhook.slow,
        expires_at=webhook.expires_at,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
        version=webhook.version,
        rev=webhook.rev,
        ttl=None if webhook.expires_at is None else ceil_seconds(webhook.expires_at),
    )


def webhook_of(item: Item | None) -> Webhook | None:
    """Return the webhook in a row, or None for no row and for the placeholder of a create that was given up."""
    if item is None or "rev" not in item:
        return None
    return Webhook(
        key=WebhookKey(str(item["pk"]), str(item["sk"]).removeprefix("W#")),
        url=_optional(item, "url"),
        created_at=moment(item, "created_at"),
        updated_at=moment(item, "updated_at"),
        description=_optional(item, "description"),
        events=frozenset(json.loads(str(item["events"]))) if "events" in item else None,
        agent_id=_optional(item, "agent_id"),
        schedule_id=_optional(item, "schedule_id"),
        metadata=tuple(json.loads(str(item["metadata"])).items()) if "metadata" in item else (),
        format=cast(Format, item["format"]),
        include_output=bool(item["include_output"]),
        all_users=bool(item["all_users"]),
        disabled_reason=cast(DisabledReason | None, item.get("disabled_reason")),
        secret_version=cast(int, item["secret_version"]),
        oldest_secret=cast(int, item["oldest_secret"]),
        rotated_at=moment_or_none(item, "rotated_at"),
        failing_since=moment_or_none(item, "failing_since"),
        slow=bool(item["slow"]),
        expires_at=moment_or_none(item, "expires_at"),
        version=cast(int, item["version"]),
        rev=cast(int, item["rev"]),
    )


def _optional(item: Item, name: str) -> str | None:
    return str(item[name]) if name in item else None
