"""Webhooks and deliveries as tests bring them about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.deliveries import Attempt, Delivery, DeliveryKey
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.schemas.webhooks import CreateWebhookBody
from agent_schedules.services import webhooks

from tests.support.world import World

URL = "https://example.com/hooks"


def webhook(world: World, caller: Caller | None = None, **body: Any) -> Webhook:
    """A new webhook, of the world's caller if no other is given."""
    sent = body if "poll" in body else {"url": URL, **body}
    call = RequestContext(caller or world.caller)
    return webhooks.create_webhook(world.ports, call, CreateWebhookBody.model_validate(sent))


def recorded(world: World, one: Webhook, number: int = 0, *, code: int = 200) -> Delivery:
    """A delivery that is over after one attempt with that answer; another one for each number."""
    now = world.clock()
    key = DeliveryKey(one.key.owner, one.key.webhook_id, f"dlv_{number:026d}")
    event = f'{{"id":"evt_{number}","type":"run.failed","timestamp":"{now.isoformat()}","data":{{}}}}'
    first = Delivery.first(key, event, now)
    ok = 200 <= code < 300
    made = Attempt(now, code, None if ok else f"answered {code}", 12)
    after = first.delivered(made, "ok") if ok else first.failed(made, "no", now, jitter=0)
    if not ok:
        after = after.dead("gone", now)
    after = replace(after, rev=1)
    world.ports.store.deliveries.save(after)
    return after


def furnished_webhooks(world: World, caller: Caller | None = None, **body: Any) -> tuple[list[str], list[str]]:
    """The ids of a webhook and of its deliveries: one that is over and one that is dead."""
    made = webhook(world, caller, **body)
    number = sum(sk.startswith("E#") for _, sk in world.table.items)
    over = [recorded(world, made, number), recorded(world, made, number + 1, code=410)]
    return [made.key.webhook_id], [one.key.delivery_id for one in over]
