"""Deliveries: their attempts and when they are made, what ends them, and what their receivers get."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from agent_schedules.domain.deliveries import JITTER, LONGEST_RETRY_AFTER, WAITS
from agent_schedules.errors import Unavailable
from agent_schedules.ports import NotDelivered, Reply
from agent_schedules.storage.keys import delivery_key, webhook_key
from standardwebhooks.webhooks import Webhook as Receiver

from tests.support.delivery_queue import MASTER
from tests.support.notifier import Delivering
from tests.support.webhooks import URL

SENT = NotDelivered("no answer within 10 s")


@pytest.fixture
def one() -> Delivering:
    return Delivering()


def test_first_success_ends_a_delivery(one: Delivering) -> None:
    event = one.event()
    delivery = one.until_over(one.publish(event))
    assert (delivery.status, delivery.response_body, len(delivery.attempts)) == ("delivered", "ok", 1)
    assert delivery.attempts[0].status_code == 200
    assert delivery.attempts[0].milliseconds == 50
    (post,) = one.sender.posts
    assert (post.url, post.body) == (URL, event.body.encode())
    assert post.headers["webhook-id"] == event.id
    assert post.headers["Content-Type"] == "application/json"
    assert not any(queue.messages for queue in one.queues)


def test_first_success_costs_one_read_and_one_write(one: Delivering) -> None:
    one.publish()
    table = one.world.table
    table.meter.calls.clear()
    before = (table.meter.read_units, table.meter.write_units)
    one.work()
    assert table.meter.calls == ["get", "write"]
    assert (table.meter.read_units - before[0], table.meter.write_units - before[1]) == (2, 1)
    assert one.world.redeliveries.calls == 0


@pytest.mark.parametrize("answer", [SENT, 500, 404, 301, 400, 199, 600])
def test_ten_attempts_at_their_times_and_then_dead(one: Delivering, answer: NotDelivered | int) -> None:
    one.sender.answers = [answer]
    delivery = one.until_over(one.publish())
    assert (delivery.status, delivery.reason, len(delivery.attempts)) == ("dead", "exhausted", 10)
    times = [post.at for post in one.sender.posts]
    gaps = [after - before for before, after in pairwise(times)]
    for gap, wait in zip(gaps, WAITS, strict=True):
        assert wait <= gap <= wait * (1 + JITTER) + 2
    assert len({post.headers["webhook-id"] for post in one.sender.posts}) == 1
    assert len({post.headers["webhook-timestamp"] for post in one.sender.posts}) == 10
    assert len({post.headers["webhook-signature"] for post in one.sender.posts}) == 10
    assert not any(queue.messages for queue in one.queues)


def test_attempts_after_a_failure_are_on_the_second_queue(one: Delivering) -> None:
    one.sender.answers = [500]
    one.publish()
    one.work()
    assert [waiting.message.attempt for waiting in one.world.redeliveries.messages] == [2]
    assert one.world.redeliveries.messages[0].message.event is None
    one.publish()
    one.work()
    assert one.results[-2:] == ["moved", "pending"]


def test_new_webhook_uses_the_second_queue_until_it_answers() -> None:
    one = Delivering(known=False)
    one.publish()
    one.work()
    assert one.results == ["moved", "delivered"]
    assert one.seen().slow is False
    one.publish()
    one.work()
    assert one.results[2:] == ["delivered"]


@pytest.mark.parametrize(("takes", "slow"), [(1.9, False), (2.1, True)])
def test_slow_receiver_uses_the_second_queue(one: Delivering, takes: float, slow: bool) -> None:
    one.sender.takes = takes
    one.publish()
    one.work()
    assert one.seen().slow is slow
    one.publish()
    one.work()
    assert one.results == (["delivered", "moved", "delivered"] if slow else ["delivered", "delivered"])


@pytest.mark.parametrize(("status", "asked", "waits"), [
    (503, 60.0, 60), (429, 3_600.0, 3_600), (429, 1e9, LONGEST_RETRY_AFTER), (503, 0.0, 5), (500, 600.0, 5),
])  # fmt: skip
def test_retry_after_makes_the_next_attempt_later(one: Delivering, status: int, asked: float, waits: int) -> None:
    one.sender.answers = [Reply(status, b"", asked), 200]
    delivery = one.until_over(one.publish())
    first, second = (post.at for post in one.sender.posts)
    assert waits <= second - first <= waits * (1 + JITTER) + 2
    assert delivery.status == "delivered"


def test_only_the_start_of_an_answer_is_kept(one: Delivering) -> None:
    one.sender.answers = [Reply(200, b"\xff" + b"x" * 65_536, None)]
    delivery = one.until_over(one.publish())
    assert delivery.status == "delivered"
    assert delivery.response_body is not None
    assert len(delivery.response_body.encode()) <= 1024


def test_poll_webhook_only_records() -> None:
    one = Delivering(poll=True)
    delivery = one.until_over(one.publish())
    assert (delivery.status, delivery.attempts) == ("held", ())
    assert not one.sender.posts
    one.world.clock.advance(86_400)
    late = one.until_over(one.publish())
    assert (late.status, late.reason) == ("dead", "webhook_deleted")


def test_copies_of_a_poll_webhooks_message_record_once() -> None:
    one = Delivering(poll=True)
    message = one.message()
    others = [lambda: one.notifier.handle(message, first=True)]

    def copy_comes_first(_: object) -> None:
        while others:
            assert others.pop()() == "held"

    one.world.table.before_write = copy_comes_first
    assert one.notifier.handle(message, first=True) == "superseded"
    stored = one.stored(message.key)
    assert stored is not None
    assert stored.status == "held"


def test_deleted_webhook_gets_nothing(one: Delivering) -> None:
    one.sender.answers = [500]
    key = one.publish()
    one.work()
    del one.world.table.items[(at := webhook_key(one.hook.key)).pk, at.sk]
    assert (one.until_over(key).reason, len(one.sender.posts)) == ("webhook_deleted", 1)


def test_receivers_with_either_secret_verify_after_a_rotation(one: Delivering) -> None:
    from agent_schedules.domain.webhook_signatures import secret_of

    one.world.ports.store.webhooks.save(one.seen().rotated(one.world.clock()))
    one.world.clock.moment = one.world.clock.moment.replace(year=2026)
    one.publish()
    one.work()
    (post,) = one.sender.posts
    assert len(post.headers["webhook-signature"].split()) == 2
    for version in (1, 2):
        receiver = Receiver(secret_of(MASTER, one.hook.key.webhook_id, version))
        assert receiver.sign(
            post.headers["webhook-id"], one.world.clock.moment.replace(microsecond=0), post.body.decode()
        ) in post.headers["webhook-signature"]  # fmt: skip


def test_repeated_messages_make_no_second_attempt(one: Delivering) -> None:
    message = one.message()
    one.world.deliveries.send([message] * 3, delay=0)
    one.work()
    assert one.results == ["delivered", "made", "made"]
    assert len(one.sender.posts) == 1


def test_copies_at_the_same_time_are_recorded_once(one: Delivering) -> None:
    message = one.message()
    results: list[str] = []

    def again() -> None:
        one.sender.before = lambda: None
        results.append(one.notifier.handle(message, first=True))

    one.sender.before = again
    results.append(one.notifier.handle(message, first=True))
    assert results == ["delivered", "superseded"]
    stored = one.stored(message.key)
    assert stored is not None
    assert len(stored.attempts) == 1


def test_expired_delivery_is_dropped(one: Delivering) -> None:
    key = one.publish()
    one.sender.answers = [500]
    one.work()
    del one.world.table.items[(at := delivery_key(key)).pk, at.sk]
    one.world.clock.advance(10)
    one.work()
    assert one.results[-1] == "unknown"


def test_master_secret_that_cannot_be_read_sends_nothing(one: Delivering) -> None:
    def unavailable() -> bytes:
        raise Unavailable("Secrets Manager does not answer")

    notifier = replace(one.notifier, webhooks=replace(one.notifier.webhooks, master=unavailable))
    with pytest.raises(Unavailable):
        notifier.handle(one.message(), first=True)
    assert not one.sender.posts


def test_log_of_a_failed_delivery_has_no_url_and_no_data(one: Delivering, caplog: pytest.LogCaptureFixture) -> None:
    one.sender.answers = [500]
    event = one.event()
    one.publish(event)
    one.work()
    said = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert one.hook.key.webhook_id in said
    assert URL not in said
    assert event.data["run_id"] not in said
