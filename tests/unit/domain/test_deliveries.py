"""A delivery: what becomes of it after each attempt, and its message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agent_schedules.domain.deliveries import (
    LONGEST_BODY,
    MOST_ATTEMPTS,
    WAITS,
    Attempt,
    Deliver,
    Delivery,
    DeliveryKey,
    deliver_of,
)

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SECOND = int(NOW.timestamp())
KEY = DeliveryKey("acme", "whk_1", "dlv_1")
FIRST = Delivery.first(KEY, '{"id":"evt_1","type":"run.failed"}', NOW)
BODY = {"v": 1, "kind": "deliver", "owner": "acme", "webhook_id": "whk_1", "delivery_id": "dlv_1", "attempt": 1}


def attempt(code: int | None = 500, at: datetime = NOW) -> Attempt:
    return Attempt(at, code, None if code == 200 else f"answered {code}", 12)


def after(failures: int) -> Delivery:
    delivery = FIRST
    for _ in range(failures):
        delivery = delivery.failed(attempt(), "no", NOW, jitter=0)
    return delivery


def test_a_new_delivery_is_due_and_is_looked_at_later() -> None:
    assert (FIRST.next_attempt_at, FIRST.look_at, FIRST.over) == (SECOND, SECOND + 300, False)
    assert (FIRST.event_id, FIRST.event_type, FIRST.message) == ("evt_1", "run.failed", Deliver(KEY, 1))


def test_a_delivery_that_succeeds_is_over() -> None:
    delivered = after(1).delivered(attempt(200), "yes")
    assert (delivered.status, delivered.over, delivered.response_body) == ("delivered", True, "yes")
    assert (delivered.next_attempt_at, delivered.look_at, delivered.rev) == (None, None, 3)
    assert [one.status_code for one in delivered.attempts] == [500, 200]


def test_each_failure_waits_longer_until_the_delivery_is_dead() -> None:
    waits = [(after(number).next_attempt_at or 0) - SECOND for number in range(1, MOST_ATTEMPTS)]
    assert tuple(waits) == WAITS
    dead = after(MOST_ATTEMPTS)
    assert (dead.status, dead.reason, dead.next_attempt_at, len(dead.attempts)) == ("dead", "exhausted", None, 10)


@pytest.mark.parametrize(("failures", "look"), [(1, 5 + 300), (2, 300 + 300), (3, 1_800 - 300), (9, 86_400 - 300)])
def test_the_reconciler_looks_early_where_no_message_waits(failures: int, look: int) -> None:
    assert after(failures).look_at == SECOND + look


def test_a_look_leaves_time_for_the_message_that_it_sends() -> None:
    waiting = after(3)
    assert waiting.looked(SECOND + 1_500).look_at == SECOND + 1_800 + 300
    assert waiting.looked(SECOND + 9_000).look_at == SECOND + 9_000 + 300


def test_what_is_kept_of_an_answer_is_bounded() -> None:
    kept = FIRST.failed(Attempt(NOW, None, "e" * 9_999, 1), "é" * 9_999, NOW, jitter=0)
    assert kept.response_body == "é" * (LONGEST_BODY // 2)
    assert kept.attempts[0].error == "e" * 300


def test_a_delivery_without_further_attempts_says_why() -> None:
    later = NOW + timedelta(seconds=9)
    dead = FIRST.dead("webhook_deleted", later)
    assert (dead.status, dead.reason, dead.updated_at, dead.look_at) == ("dead", "webhook_deleted", later, None)
    assert FIRST.held(later).status == "held"


@pytest.mark.parametrize("message", [Deliver(KEY, 1, '{"id":"evt_1"}'), Deliver(KEY, 10)])
def test_a_message_is_read_back_as_it_was_written(message: Deliver) -> None:
    assert deliver_of(message.body()) == message


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "hint"},
        {"owner": "a#b"},
        {"webhook_id": ""},
        {"delivery_id": "a b"},
        {"attempt": 0},
        {"attempt": 11},
        {"attempt": "1"},
        {"event": 1},
        {"event": "\ud800"},
    ],
)
def test_a_body_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        deliver_of(BODY | change)


@pytest.mark.parametrize("body", [None, [], "deliver", {}])
def test_a_body_that_is_no_message_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        deliver_of(body)
