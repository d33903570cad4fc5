"""Deliveries over HTTP: see them, send a test, send one again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agent_schedules.domain.deliveries import Attempt, Deliver, DeliveryKey
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.errors import Unavailable

from tests.support.api import Api
from tests.support.delivery_queue import PUBLIC_URL
from tests.support.webhooks import recorded, webhook

UNKNOWN = "dlv_01JD0000000000000000000000"


@pytest.fixture
def hook(api: Api) -> Webhook:
    """A webhook whose receiver is well."""
    made = webhook(api.world).healthy()
    api.world.ports.store.webhooks.save(made)
    return made


def at(one: Webhook, *rest: str) -> str:
    return "/".join(["/api/v1/webhooks", one.key.webhook_id, *rest])


def read(api: Api, one: dict[str, Any]) -> Any:
    key = DeliveryKey("local", one["webhook_id"], one["id"])
    return api.world.ports.store.deliveries.get_with_webhook(key)[1]


def slowed(api: Api, one: Webhook) -> Webhook:
    after = one.failing(api.world.clock())
    api.world.ports.store.webhooks.save(after)
    return after


def test_a_test_is_a_delivery_like_any_other(api: Api, hook: Webhook) -> None:
    sent = api.post(at(hook, "test"), status=202)
    assert (sent["status"], sent["attempts"], sent["next_attempt_at"]) == ("pending", [], "2026-03-02T10:00:00.000Z")
    assert (sent["event"]["type"], sent["event"]["timestamp"]) == ("webhook.test", "2026-03-02T10:00:00.000Z")
    assert sent["event"]["data"]["link"] == f"{PUBLIC_URL}/console/webhooks/{hook.key.webhook_id}"
    (message,) = api.world.deliveries.take_due()
    assert message == Deliver(DeliveryKey("local", hook.key.webhook_id, sent["id"]), 1)
    assert api.get(at(hook, "deliveries", sent["id"])) == sent
    assert api.get(at(hook, "deliveries"))["data"] == [sent]
    assert api.post(at(hook, "test"), status=202)["event"]["id"] != sent["event"]["id"]


def test_a_test_of_a_slow_webhook_waits_with_the_slow(api: Api, hook: Webhook) -> None:
    slowed(api, hook)
    api.post(at(hook, "test"), status=202)
    assert (len(api.world.deliveries.messages), len(api.world.redeliveries.messages)) == (0, 1)


def test_a_delivery_shows_its_attempts(api: Api, hook: Webhook) -> None:
    sent = api.post(at(hook, "test"), status=202)
    now = api.world.clock()
    failed = read(api, sent).failed(Attempt(now, None, "no answer within 10 s", 10_000), None, now, jitter=0)
    api.world.ports.store.deliveries.save(failed)
    api.world.clock.advance(5)
    last = Attempt(api.world.clock(), 200, None, 48)
    api.world.ports.store.deliveries.save(failed.delivered(last, "thanks"))
    seen = api.get(at(hook, "deliveries", sent["id"]))
    assert seen["attempts"] == [
        {
            "at": "2026-03-02T10:00:00.000Z",
            "status_code": None,
            "error": "no answer within 10 s",
            "duration_ms": 10_000,
        },
        {"at": "2026-03-02T10:00:05.000Z", "status_code": 200, "error": None, "duration_ms": 48},
    ]
    assert (seen["status"], seen["response_body"], seen["next_attempt_at"]) == ("delivered", "thanks", None)
    assert seen["expires_at"] == "2026-03-09T10:00:05.000Z"


@pytest.mark.parametrize("code", [200, 410])
def test_a_replay_sends_the_same_event_as_a_new_delivery(api: Api, hook: Webhook, code: int) -> None:
    over = recorded(api.world, hook, code=code)
    api.world.clock.advance(60)
    again = api.post(at(hook, "deliveries", over.key.delivery_id, "replay"), status=202)
    assert (again["status"], again["replay_of"], again["event"]["id"]) == ("pending", over.key.delivery_id, "evt_0")
    assert again["id"] != over.key.delivery_id
    assert [message.key.delivery_id for message in api.world.redeliveries.take_due()] == [again["id"]]
    listed = api.get(at(hook, "deliveries"))["data"]
    assert [one["id"] for one in listed] == [again["id"], over.key.delivery_id]


def test_a_retry_of_a_replay_or_a_test_sends_nothing_more(api: Api, hook: Webhook) -> None:
    path = at(hook, "deliveries", recorded(api.world, hook).key.delivery_id, "replay")
    for sending in (path, at(hook, "test")):
        first, again = (api.post(sending, status=202, Idempotency_Key=sending) for _ in range(2))
        assert first == again
    assert (len(api.world.redeliveries.messages), len(api.world.deliveries.messages)) == (1, 1)


def test_a_message_that_is_not_taken_is_found_later(api: Api, hook: Webhook) -> None:
    def down(_: object) -> None:
        raise Unavailable("SQS did not answer")

    api.world.deliveries.before = down
    sent = api.post(at(hook, "test"), status=202)
    due = api.world.ports.store.deliveries.due(api.world.now + 300, limit=10)
    assert due == [DeliveryKey("local", hook.key.webhook_id, sent["id"])]


def test_a_pending_delivery_is_not_replayed(api: Api, hook: Webhook) -> None:
    sent = api.post(at(hook, "test"), status=202)
    assert "is pending" in api.refused("POST", at(hook, "deliveries", sent["id"], "replay"), status=409)


def test_a_disabled_webhook_is_sent_nothing(api: Api, hook: Webhook) -> None:
    over = recorded(api.world, hook)
    api.post(at(hook), {"enabled": False})
    for path in (at(hook, "test"), at(hook, "deliveries", over.key.delivery_id, "replay")):
        assert "`enabled`" in api.refused("POST", path, status=409)


def test_a_delivery_is_gone_after_a_week(api: Api, hook: Webhook) -> None:
    over = recorded(api.world, hook)
    path = at(hook, "deliveries", over.key.delivery_id)
    api.world.clock.advance(7 * 86_400 - 1)
    api.get(path)
    api.world.clock.advance(1)
    assert api.refused("GET", path, status=404).startswith(f"delivery_id: no delivery {over.key.delivery_id}")
    api.refused("POST", f"{path}/replay", status=404)
    assert api.get(at(hook, "deliveries"))["data"] == []


def test_the_list_filters_by_status_and_pages(api: Api, hook: Webhook) -> None:
    wanted = [recorded(api.world, hook, number, code=410 if number % 2 else 200) for number in range(9)]
    dead = [one.key.delivery_id for one in reversed(wanted) if one.status == "dead"]
    found: list[str] = []
    path: str | None = at(hook, "deliveries?status=dead&limit=3")
    while path:
        page = api.get(path)
        found += [one["id"] for one in page["data"]]
        after = page["next_cursor"]
        path = at(hook, f"deliveries?status=dead&limit=3&after={after}") if page["has_more"] else None
    assert found == dead
    page = api.get(at(hook, "deliveries?limit=3"))
    cursor = page["next_cursor"]
    assert api.refused("GET", at(hook, f"deliveries?status=dead&after={cursor}"), status=400).startswith("after: ")
    other = webhook(api.world)
    assert api.refused("GET", at(other, f"deliveries?after={cursor}"), status=400).startswith("after: ")
    assert api.refused("GET", at(hook, "deliveries?status=lost"), status=400).startswith("status: ")


def test_a_delivery_belongs_to_its_webhook(api: Api, hook: Webhook) -> None:
    other = webhook(api.world)
    over = recorded(api.world, hook)
    assert api.refused("GET", at(other, "deliveries", over.key.delivery_id), status=404).startswith("delivery_id: ")
    for odd in (UNKNOWN, "none", over.key.delivery_id + "0", "E#1"):
        api.refused("GET", at(hook, "deliveries", odd.replace("#", "%23")), status=404)
        api.refused("POST", at(hook, "deliveries", odd.replace("#", "%23"), "replay"), status=404)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer local-2"}, {"X_On_Behalf_Of": "ada"}])
def test_another_owners_deliveries_are_not_there(api: Api, hook: Webhook, headers: dict[str, str]) -> None:
    over = recorded(api.world, hook)
    for method, path in [
        ("GET", at(hook, "deliveries")),
        ("GET", at(hook, "deliveries", over.key.delivery_id)),
        ("POST", at(hook, "deliveries", over.key.delivery_id, "replay")),
        ("POST", at(hook, "test")),
    ]:
        assert api.refused(method, path, status=404, **headers).startswith("webhook_id: ")


def test_a_users_webhook_gets_a_test_of_its_own(api: Api) -> None:
    sent = api.post("/api/v1/webhooks", {"url": "https://example.com/"}, status=201, X_On_Behalf_Of="ada@x")
    path = f"/api/v1/webhooks/{sent['id']}/test"
    delivery = api.post(path, status=202, X_On_Behalf_Of="ada@x")
    (message,) = api.world.redeliveries.take_due()
    assert message.key.owner.startswith("local:")
    assert message.key.webhook == WebhookKey(message.key.owner, sent["id"])
    assert delivery["event"]["data"]["user_sha256"] == message.key.owner.partition(":")[2]
    assert "ada@x" not in json.dumps(delivery)
