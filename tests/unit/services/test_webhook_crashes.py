"""A process that dies, or an answer that is lost, between any two effects of a call about a webhook: the call's repeat
ends as if nothing had happened, and nothing is lost or counted twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.errors import Unavailable, Uncertain
from agent_schedules.schemas.webhooks import CreateWebhookBody, UpdateWebhookBody
from agent_schedules.services import deliveries, webhooks
from agent_schedules.storage.table import Write
from agent_schedules.storage.webhooks import webhook_of

from tests.support.fuse import Died, Fuse
from tests.support.webhooks import URL, recorded, webhook
from tests.support.world import World

TWICE = 2


def named(world: World) -> RequestContext:
    """The call of one request, which its repeat has too."""
    return replace(world.call, idempotency_key=IdempotencyKey("k" * 64, "f" * 64))


def create(world: World, _: Webhook) -> None:
    webhooks.create_webhook(world.ports, named(world), CreateWebhookBody(url=f"{URL}/new"))


def create_to_poll(world: World, _: Webhook) -> None:
    webhooks.create_webhook(world.ports, named(world), CreateWebhookBody(poll=True))


def update(world: World, made: Webhook) -> None:
    body = UpdateWebhookBody(description="changed", enabled=False)
    webhooks.update_webhook(world.ports, world.call, made.key.webhook_id, body)


def rotate(world: World, made: Webhook) -> None:
    webhooks.rotate_webhook(world.ports, named(world), made.key.webhook_id)


def delete(world: World, made: Webhook) -> None:
    webhooks.delete_webhook(world.ports, world.call, made.key.webhook_id)


def delete_to_poll(world: World, _: Webhook) -> None:
    for polled in [one for one in world.ports.store.webhooks.of_owner("local") if one.polled]:
        delete(world, polled)


def send_test(world: World, made: Webhook) -> None:
    deliveries.send_test(world.ports, named(world), made.key.webhook_id)


def replay(world: World, made: Webhook) -> None:
    deliveries.replay_delivery(world.ports, named(world), made.key.webhook_id, f"dlv_{0:026d}")


CALLS: dict[str, Callable[[World, Webhook], None]] = {
    "create": create,
    "create to poll": create_to_poll,
    "update": update,
    "rotate": rotate,
    "delete": delete,
    "delete to poll": delete_to_poll,
    "test": send_test,
    "replay": replay,
}


def furnished() -> tuple[World, Webhook]:
    world = World()
    made = webhook(world)
    recorded(world, made)
    webhook(world, poll=True)
    world.clock.advance(60)
    return world, made


def story(name: str, die_at: float) -> tuple[World, Fuse]:
    """A call that dies at one of its effects and is sent again until it is over."""
    world, made = furnished()
    fuse = Fuse()
    fuse.wire(world)
    fuse.left = die_at
    for _ in range(TWICE):
        with suppress(Died):
            CALLS[name](world, made)
            break
        fuse.left = float("inf")
    return world, fuse


def rows(world: World) -> list[Any]:
    """What there is, whatever ids its attempts took."""
    found: list[Any] = []
    for (pk, sk), row in world.table.items.items():
        if sk.startswith("W#"):
            one = webhook_of(row)
            found += [replace(one, key=WebhookKey(pk, ""))] if one is not None else []  # or a placeholder
        if sk.startswith("E#") and "status" in row:
            found.append((row["status"], row.get("replay_of"), row.get("attention_at"), row["rev"]))
        if sk.startswith("I#"):
            found.append(("record", row["ttl"]))
    return sorted(found, key=str)


def counted_right(world: World) -> bool:
    """Whether the counter and the list of poll webhooks say what the rows do."""
    found = world.ports.store.webhooks.of_owner("local")
    listed = str(world.table.items["local", "P#webhooks"]["ends"])
    polled = {one.key.webhook_id for one in found if one.polled}
    return (
        world.ports.store.webhooks.count("local").webhooks == len(found) - len(polled)
        and listed.count("whk_") == len(polled)
        and all(one in listed for one in polled)
    )


def nothing_is_lost(world: World) -> bool:
    """Whether the reconciler finds each pending delivery, whatever became of its message."""
    found = {key.delivery_id for key in world.ports.store.deliveries.due(world.now + 300, limit=100)}
    pending = [sk for (_, sk), row in world.table.items.items() if sk[:2] == "E#" and row.get("status") == "pending"]
    return {sk.removeprefix("E#") for sk in pending} <= found


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_dies_anywhere_is_made_once(name: str) -> None:
    undisturbed, fuse = story(name, float("inf"))
    assert fuse.count >= TWICE
    for die_at in range(1, fuse.count + 1):
        world, _ = story(name, die_at)
        assert rows(world) == rows(undisturbed), die_at
        assert counted_right(world), die_at
        assert nothing_is_lost(world), die_at


def lost(name: str, *, arrives: bool, at: int) -> World:
    """A call at one of whose writes no answer comes, repeated by a client that got none."""
    world, made = furnished()
    writes = 0

    def unanswered(_: Sequence[Write]) -> None:
        nonlocal writes
        writes += 1
        if writes == at:
            raise Uncertain("DynamoDB did not answer in time")

    if arrives:
        world.table.after_write = unanswered
    else:
        world.table.before_write = unanswered
    for _ in range(TWICE):
        with suppress(Unavailable):
            CALLS[name](world, made)
            break
    return world


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("name", CALLS)
def test_a_write_without_an_answer_is_made_once(name: str, arrives: bool) -> None:
    undisturbed, _ = story(name, float("inf"))
    for at in (1, 2):
        world = lost(name, arrives=arrives, at=at)
        assert rows(world) == rows(undisturbed), at
        assert counted_right(world), at
        assert nothing_is_lost(world), at
