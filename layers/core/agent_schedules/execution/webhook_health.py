"""Note how well a webhook's receiver does, and disable a webhook whose receiver is gone.

The row of a webhook is written only when its health changes, so a healthy receiver costs no write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from agent_schedules.domain.deliveries import DeadReason
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.errors import ConditionFailed
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, count, logger

PATIENCE = timedelta(days=5)
"""A webhook whose attempts all failed for so long is disabled."""
CHANCE = timedelta(days=1)
"""A delivery is tried for so long before it disables its webhook: the last failure may have been long before it."""
TRIES = 3  # against other writes of the row

Change = Callable[[Webhook], Webhook]


def succeeded(ports: Ports, webhook: Webhook, *, slow: bool) -> None:
    """Note an attempt that succeeded. `slow`: its answer took long."""

    def change(found: Webhook) -> Webhook:
        return found if found.failing_since is None and found.slow == slow else found.healthy(slow=slow)

    _write(ports, webhook, change)


def failed(ports: Ports, webhook: Webhook, now: datetime, *, tried_since: datetime, gone: bool) -> DeadReason | None:
    """Note an attempt that failed. Returns why no other may follow it, or None if one may.

    `tried_since`: when its delivery was first tried. `gone`: its receiver wants no more.
    """

    def change(found: Webhook) -> Webhook:
        if gone:
            return found.disabled("gone", now)
        lasting = found.failing_since is not None and now - found.failing_since >= PATIENCE
        if lasting and now - tried_since >= CHANCE:
            return found.disabled("failing", now)
        return found if found.failing_since is not None and found.slow else found.failing(now)

    after = _write(ports, webhook, change)
    if after is None:
        return "webhook_deleted"
    if after.enabled:
        return None
    return "gone" if gone else "webhook_disabled"


def _write(ports: Ports, webhook: Webhook, change: Change) -> Webhook | None:
    """Write the webhook as changed, if it changes. Returns it as it is then; None if it is gone.

    A write that came first is read and changed in its turn. A webhook that keeps changing stays as it is: the next
    attempt notes its health.
    """
    found: Webhook | None = webhook
    for _ in range(TRIES):
        if found is None or not found.enabled or found.url != webhook.url:
            return found
        after = change(found)
        if after is found:
            return found
        try:
            ports.store.webhooks.save(after)
        except ConditionFailed:
            found = ports.store.webhooks.get(webhook.key)
            continue
        if after.disabled_reason is not None:
            count("WebhooksDisabled")
            logger.warning("webhook disabled", extra=about(webhook.key, reason=after.disabled_reason))
        return after
    return found
