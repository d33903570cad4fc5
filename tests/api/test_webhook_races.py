"""Calls about webhooks that race: a limit holds, and each change takes effect or is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import MOST_POLLED
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.webhooks import CreateWebhookBody
from agent_schedules.services import webhooks
from agent_schedules.storage.table import Write

from tests.support.api import Api
from tests.support.webhooks import URL, webhook
from tests.support.world import World


def created_at_once(world: World, body: dict[str, Any], number: int) -> int:
    """How many of so many creates, each in a thread, found room."""
    made: list[str] = []
    refused: list[str] = []

    def create() -> None:
        try:
            sent = CreateWebhookBody.model_validate(body)
            made.append(webhooks.create_webhook(world.ports, RequestContext(world.caller), sent).key.webhook_id)
        except InvalidRequest as error:
            refused.append(error.message)

    threads = [threading.Thread(target=create) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) + len(refused) == number
    return len(made)


def test_the_limit_holds_when_many_create_at_once() -> None:
    world = World()
    world.with_limits(quotas=Quotas(webhooks=3))
    assert created_at_once(world, {"url": URL}, 8) == 3
    assert world.ports.store.webhooks.count("local").webhooks == len(world.ports.store.webhooks.of_owner("local")) == 3


def test_the_limit_of_poll_webhooks_holds_too() -> None:
    world = World()
    assert created_at_once(world, {"poll": True}, 7) == MOST_POLLED
    assert len(world.ports.store.webhooks.of_owner("local")) == MOST_POLLED


def between(api: Api, other: Callable[[], Any]) -> None:
    """Let something else happen between the next call's reading and its commit."""

    def before(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        other()

    api.world.table.before_write = before


def test_a_limit_that_is_met_meanwhile_is_a_400(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(webhooks=1))
    between(api, lambda: webhook(api.world))
    assert api.ok("POST", "/api/v1/webhooks", {"url": URL}, status=400)["error"]["message"].startswith("webhooks: ")


def test_a_change_and_the_notifiers_note_both_hold(api: Api) -> None:
    made = webhook(api.world)
    at = f"/api/v1/webhooks/{made.key.webhook_id}"
    between(api, lambda: api.world.ports.store.webhooks.save(made.failing(api.world.clock())))
    changed = api.post(at, {"description": "d"})
    assert (changed["description"], changed["failing_since"]) == ("d", "2026-03-02T10:00:00.000Z")


def test_a_change_that_races_with_a_disabling_keeps_it(api: Api) -> None:
    made = webhook(api.world)
    at = f"/api/v1/webhooks/{made.key.webhook_id}"
    between(api, lambda: api.world.ports.store.webhooks.save(made.disabled("gone", api.world.clock())))
    assert api.post(at, {"description": "d"})["disabled_reason"] == "gone"


def test_two_rotations_at_once_are_two(api: Api) -> None:
    at = f"/api/v1/webhooks/{webhook(api.world).key.webhook_id}"
    secrets: list[str] = []

    def rotate() -> None:
        api.world.clock.advance(1)
        secrets.append(api.post(f"{at}/rotate")["secret"])

    between(api, rotate)
    secrets.append(api.post(f"{at}/rotate")["secret"])
    assert len(set(secrets)) == 2
    (one,) = api.world.ports.store.webhooks.of_owner("local")
    assert list(one.signing_versions(api.world.clock())) == [1, 2, 3]


@pytest.mark.parametrize("change", [{"description": "d"}, None])
def test_a_change_that_races_with_a_deletion_is_a_404(api: Api, change: dict[str, Any] | None) -> None:
    at = f"/api/v1/webhooks/{webhook(api.world).key.webhook_id}"
    between(api, lambda: api.ok("DELETE", at))
    api.post(at if change else f"{at}/rotate", change, status=404)
    assert api.world.ports.store.webhooks.count("local").webhooks == 0


def test_a_deletion_that_races_with_another_counts_once(api: Api) -> None:
    made = webhook(api.world)
    webhook(api.world)
    at = f"/api/v1/webhooks/{made.key.webhook_id}"
    between(api, lambda: api.ok("DELETE", at))
    assert api.client.delete(at).status_code in {200, 404}
    assert api.world.ports.store.webhooks.count("local").webhooks == 1


def test_a_create_for_a_client_that_is_gone_is_undone(api: Api) -> None:
    api.monotonic = 0.0

    def late(_: Sequence[Write]) -> None:
        api.monotonic = 4.6
        api.world.table.after_write = lambda _: None

    api.world.table.after_write = late
    answer = api.client.post("/api/v1/webhooks", json={"url": URL})
    assert answer.status_code == 503
    assert api.world.ports.store.webhooks.of_owner("local") == []
    assert api.world.ports.store.webhooks.count("local").webhooks == 0
