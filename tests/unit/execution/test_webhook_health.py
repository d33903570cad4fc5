"""How attempts that fail disable a webhook, and what its callers do meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_schedules.ports import NotDelivered
from agent_schedules.storage.keys import webhook_key
from agent_schedules.telemetry import taken

from tests.support.notifier import Delivering
from tests.support.webhooks import URL

SENT = NotDelivered("no answer within 10 s")


@pytest.fixture
def one() -> Delivering:
    return Delivering()


def test_answer_410_disables_the_webhook(one: Delivering) -> None:
    taken()
    one.sender.answers = [410]
    delivery = one.until_over(one.publish())
    assert (delivery.status, delivery.reason, len(delivery.attempts)) == ("dead", "gone", 1)
    assert one.seen().disabled_reason == "gone"
    assert taken()[0] == {"DeliveriesFailed": 1, "DeliveriesDead": 1, "WebhooksDisabled": 1}
    later = one.until_over(one.publish())
    assert (later.status, later.reason, later.attempts) == ("dead", "webhook_disabled", ())
    assert len(one.sender.posts) == 1


def test_five_days_of_failures_disable_the_webhook(one: Delivering) -> None:
    one.sender.answers = [SENT]
    first = one.until_over(one.publish())
    began = one.seen().failing_since
    assert (first.reason, one.seen().enabled) == ("exhausted", True)
    assert began is not None
    second = one.until_over(one.publish())
    assert (second.status, second.reason) == ("dead", "webhook_disabled")
    assert one.seen().disabled_reason == "failing"
    assert 5 * 86_400 <= (one.world.clock.moment - began).total_seconds() <= 6.2 * 86_400
    assert one.seen().version == one.hook.version + 1


def test_a_failure_of_weeks_ago_takes_no_later_retries(one: Delivering) -> None:
    one.sender.answers = [SENT]
    assert one.until_over(one.publish()).reason == "exhausted"
    one.world.clock.advance(30 * 86_400)
    one.sender.answers = [500, 500, 200]
    delivery = one.until_over(one.publish())
    assert (delivery.status, len(delivery.attempts)) == ("delivered", 3)
    assert (one.seen().enabled, one.seen().failing_since) == (True, None)


def test_a_success_forgets_earlier_failures(one: Delivering) -> None:
    one.sender.answers = [500, 200]
    one.until_over(one.publish())
    assert (one.seen().failing_since, one.seen().slow, one.seen().enabled) == (None, False, True)


def test_webhooks_row_is_written_only_when_its_health_changes(one: Delivering) -> None:
    for _ in range(3):
        one.publish()
    one.work()
    assert one.seen().rev == one.hook.rev
    one.sender.answers = [500]
    for _ in range(3):
        one.publish()
    one.work()
    assert one.seen().rev == one.hook.rev + 1


@pytest.mark.parametrize("status", [500, 410])
def test_webhook_deleted_during_an_attempt_is_the_reason(one: Delivering, status: int) -> None:
    def delete() -> None:
        del one.world.table.items[(at := webhook_key(one.hook.key)).pk, at.sk]

    one.sender.answers = [status]
    one.sender.after = delete
    key = one.publish()
    one.work()
    delivery = one.stored(key)
    assert delivery is not None
    assert (delivery.status, delivery.reason, len(delivery.attempts)) == ("dead", "webhook_deleted", 1)


def test_webhook_that_is_disabled_while_it_fails_stays_so(one: Delivering) -> None:
    one.sender.answers = [500]
    one.sender.after = lambda: one.world.ports.store.webhooks.save(one.seen().disabled("caller", one.world.clock()))
    key = one.publish()
    one.work()
    one.sender.after = lambda: None
    delivery = one.until_over(key)
    assert (delivery.reason, one.seen().disabled_reason) == ("webhook_disabled", "caller")


def test_failures_of_the_url_before_a_change_are_not_noted(one: Delivering) -> None:
    def move() -> None:
        after = one.seen().updated(replace(one.seen(), url="https://other.example/"), one.world.clock())
        one.world.ports.store.webhooks.save(after)
        one.sender.after = lambda: None

    one.sender.answers = [410, 200]
    one.sender.after = move
    delivery = one.until_over(one.publish())
    assert one.seen().enabled
    assert (delivery.status, [attempt.status_code for attempt in delivery.attempts]) == ("delivered", [410, 200])
    assert [post.url for post in one.sender.posts] == [URL, "https://other.example/"]
