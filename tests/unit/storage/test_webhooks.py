"""Webhooks and deliveries in the table: what is written is read back, under the locks that are promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.deliveries import Attempt, Delivery, DeliveryKey
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import MOST_POLLED, Webhook, WebhookKey
from agent_schedules.errors import ConditionFailed, QuotaExceeded
from agent_schedules.storage import keys
from agent_schedules.storage.store import Store

from tests.support.fake_table import FakeTable

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SECOND = int(NOW.timestamp())
CALL = RequestContext(Caller("acme"))
PLAIN = Webhook(WebhookKey("acme", "whk_1"), "https://example.com/", NOW, NOW)
FULL = replace(
    PLAIN.rotated(NOW).failing(NOW),
    description="d",
    events=frozenset({"run.failed", "run.completed"}),
    agent_id="agt_1",
    schedule_id="sched_1",
    metadata=(("team", "news"), ("x", "")),
    format="slack",
    include_output=True,
    all_users=True,
    disabled_reason="failing",
    rev=1,
)
DELIVERY = Delivery.first(DeliveryKey("acme", "whk_1", "dlv_1"), '{"id":"evt_1"}', NOW)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def store(table: FakeTable) -> Store:
    return Store(table)


def polled(number: int) -> Webhook:
    key = WebhookKey("acme", f"whk_{number}")
    return replace(PLAIN, key=key, url=None, expires_at=NOW + timedelta(hours=24))


@pytest.mark.parametrize("webhook", [PLAIN, FULL, polled(1)])
def test_a_webhook_is_read_back_as_it_was_written(store: Store, webhook: Webhook) -> None:
    store.webhooks.create(CALL, webhook, at_most=1)
    assert store.webhooks.get(webhook.key) == webhook
    assert store.webhooks.of_owner("acme") == [webhook]
    assert store.webhooks.of_owner("acme:user") == []


def test_a_write_of_a_webhook_needs_the_state_that_was_read(store: Store) -> None:
    store.webhooks.create(CALL, PLAIN, at_most=0)
    store.webhooks.save(PLAIN.failing(NOW))
    with pytest.raises(ConditionFailed):
        store.webhooks.save(PLAIN.healthy(slow=True))
    with pytest.raises(ConditionFailed):
        store.webhooks.delete(CALL, PLAIN, now=SECOND)


def test_the_tenants_counter_holds_the_limit(store: Store, table: FakeTable) -> None:
    other = replace(PLAIN, key=WebhookKey("acme:user", "whk_2"))
    store.webhooks.create(CALL, PLAIN, at_most=1)
    with pytest.raises(QuotaExceeded):
        store.webhooks.create(CALL, other, at_most=1)
    store.webhooks.delete(CALL, PLAIN, now=SECOND)
    store.webhooks.create(CALL, other, at_most=1)
    assert store.webhooks.count("acme").webhooks == 1
    assert {pk for pk, sk in table.items if sk.startswith("W#")} == {"acme:user"}


def test_poll_webhooks_have_a_limit_of_their_own(store: Store) -> None:
    for number in range(MOST_POLLED):
        store.webhooks.create(CALL, polled(number), at_most=1)
    with pytest.raises(QuotaExceeded):
        store.webhooks.create(CALL, polled(9), at_most=1)
    store.webhooks.delete(CALL, polled(0), now=SECOND)
    store.webhooks.create(CALL, polled(9), at_most=1)
    assert store.webhooks.count("acme").webhooks == 0


def test_an_expired_poll_webhook_makes_room(store: Store) -> None:
    for number in range(MOST_POLLED):
        store.webhooks.create(CALL, polled(number), at_most=1)
    later = NOW + timedelta(hours=24)
    new = replace(polled(9), created_at=later, expires_at=later + timedelta(hours=24))
    store.webhooks.create(CALL, new, at_most=1)
    assert [one.key.webhook_id for one in store.webhooks.page("acme", Paging(), now=later).items] == ["whk_9"]


def test_all_webhooks_of_an_owner_are_found(store: Store) -> None:
    wanted = [f"whk_{number:03d}" for number in range(250)]
    for name in wanted:
        store.webhooks.create(CALL, replace(PLAIN, key=WebhookKey("acme", name)), at_most=0)
    assert [one.key.webhook_id for one in store.webhooks.of_owner("acme")] == wanted


@pytest.mark.parametrize(
    "delivery",
    [
        DELIVERY,
        replace(DELIVERY, replay_of="dlv_0"),
        replace(DELIVERY.failed(Attempt(NOW, None, "e", 1), None, NOW, jitter=0), rev=1),
        replace(DELIVERY.failed(Attempt(NOW, 500, "e", 1), "no", NOW, jitter=1), rev=1),
        replace(DELIVERY.delivered(Attempt(NOW, 200, None, 1), "yes"), rev=1),
        replace(DELIVERY.dead("gone", NOW), rev=1),
        replace(DELIVERY.held(NOW), rev=1),
    ],
)
def test_a_delivery_is_read_back_with_its_webhook(store: Store, delivery: Delivery) -> None:
    assert store.deliveries.get_with_webhook(DELIVERY.key) == (None, None)
    store.deliveries.save(delivery)
    store.webhooks.create(CALL, PLAIN, at_most=0)
    assert store.deliveries.get_with_webhook(DELIVERY.key) == (PLAIN, delivery)


def test_a_write_of_a_delivery_needs_the_state_that_was_read(store: Store) -> None:
    store.deliveries.save(DELIVERY)
    with pytest.raises(ConditionFailed):
        store.deliveries.save(DELIVERY)
    store.deliveries.save(DELIVERY.held(NOW))
    with pytest.raises(ConditionFailed):
        store.deliveries.save(DELIVERY.dead("gone", NOW))


def test_only_pending_deliveries_are_due_for_a_look(store: Store, table: FakeTable) -> None:
    store.deliveries.save(DELIVERY)
    assert store.deliveries.due(SECOND + 299, limit=10) == []
    assert store.deliveries.due(SECOND + 300, limit=10) == [DELIVERY.key]
    store.deliveries.save(DELIVERY.held(NOW))
    assert store.deliveries.due(SECOND + 9_999, limit=10) == []
    at = keys.delivery_key(DELIVERY.key)
    assert table.items[at.pk, at.sk]["ttl"] == SECOND + 7 * 86_400


def test_an_events_delivery_has_one_id_that_sorts_by_time() -> None:
    first = ids.delivery_id("whk_1", "evt_1", SECOND * 1000)
    assert first == ids.delivery_id("whk_1", "evt_1", SECOND * 1000)
    assert ids.is_id(first, "dlv")
    others = {
        ids.delivery_id("whk_2", "evt_1", SECOND * 1000),
        ids.delivery_id("whk_1", "evt_2", SECOND * 1000),
        ids.delivery_id("whk_1", "evt_1", SECOND * 1000, nonce="1"),
    }
    assert len(others | {first}) == 4
    assert ids.delivery_id("whk_1", "evt_1", SECOND * 1000 + 1) > max(others)


def test_a_page_of_deliveries_shows_those_of_a_status(store: Store) -> None:
    for number in range(30):
        key = replace(DELIVERY.key, delivery_id=f"dlv_{number:02d}")
        delivery = replace(DELIVERY, key=key)
        store.deliveries.save(replace(delivery.held(NOW), rev=1) if number % 3 else delivery)
    webhook, found = DELIVERY.key.webhook, list[str]()
    after, more = None, True
    while more:
        paging = Paging(limit=4, after=after)
        _, page = store.deliveries.page(webhook, paging, status="pending", now=NOW)
        found += [one.key.delivery_id for one in page.items]
        after, more = page.last, page.more
    assert found == [f"dlv_{number:02d}" for number in range(27, -1, -3)]
    _, everything = store.deliveries.page(webhook, Paging(limit=100), status=None, now=NOW)
    assert (len(everything.items), everything.more) == (30, False)
    assert store.deliveries.page(webhook, Paging(), status=None, now=NOW + timedelta(days=7))[1].items == []
