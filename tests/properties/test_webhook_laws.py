"""Laws of webhooks: others verify our signatures, and no attempt comes before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import standardwebhooks
from agent_schedules.domain.deliveries import JITTER, LONGEST_RETRY_AFTER, MOST_ATTEMPTS, WAITS, next_attempt
from agent_schedules.domain.webhook_signatures import secret_of, signed_headers
from agent_schedules.domain.webhooks import BOTH_SIGN, Webhook, WebhookKey
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
masters = st.binary(min_size=32, max_size=64)
times = st.floats(1.6e9, 4e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
attempts = st.integers(1, MOST_ATTEMPTS - 1)
jitters = st.floats(0, 1)


def webhook(name: str = "whk_1") -> Webhook:
    return Webhook(WebhookKey("acme", name), "https://example.com/", NOW, NOW)


def verifies(secret: str, body: bytes, headers: dict[str, str], at: datetime) -> bool:
    """Whether the published package of Standard Webhooks accepts a request at that time."""
    with mock.patch("standardwebhooks.webhooks.datetime", wraps=datetime) as clock:
        clock.now.return_value = at
        try:
            standardwebhooks.Webhook(secret).verify(body, headers)
        except standardwebhooks.WebhookVerificationError:
            return False
        return True


@given(masters, st.text(st.sampled_from("0123456789ABCDEF"), min_size=1, max_size=26), st.binary(max_size=200), times)
def test_the_published_package_verifies_each_signature(master: bytes, name: str, text: bytes, now: datetime) -> None:
    body = b'{"x":"' + text.hex().encode() + b'"}'
    one = webhook(f"whk_{name}")
    headers = dict(signed_headers(one, master, event_id="evt_1", body=body, now=now))
    secret = secret_of(master, one.key.webhook_id, 1)
    assert verifies(secret, body, headers, now)
    assert not verifies(secret, body + b" ", headers, now)
    assert not verifies(secret, body, headers | {"webhook-id": "evt_2"}, now)
    assert not verifies(secret_of(master, "whk_other", 1), body, headers, now)
    assert not verifies(secret_of(master + b"x", one.key.webhook_id, 1), body, headers, now)


@pytest.mark.parametrize(
    ("passed", "old"),
    [(timedelta(0), True), (BOTH_SIGN - timedelta(seconds=1), True), (BOTH_SIGN, False), (2 * BOTH_SIGN, False)],
)
@given(master=masters)
def test_both_secrets_verify_for_a_day_after_a_rotation(passed: timedelta, old: bool, master: bytes) -> None:
    rotated, at = webhook().rotated(NOW), NOW + passed
    headers = dict(signed_headers(rotated, master, event_id="evt_1", body=b"{}", now=at))
    assert verifies(secret_of(master, "whk_1", 2), b"{}", headers, at)
    assert verifies(secret_of(master, "whk_1", 1), b"{}", headers, at) is old


@given(attempts, times, jitters)
def test_an_attempt_is_never_early_and_a_fifth_late_at_most(made: int, now: datetime, jitter: float) -> None:
    at = next_attempt(made, now, jitter=jitter)
    assert at is not None
    wait = WAITS[made - 1]
    assert wait <= at - now.timestamp() < wait * (1 + JITTER) + 1


@given(attempts, times, jitters, st.floats(0, 20) | st.floats(0, 10 * LONGEST_RETRY_AFTER))
def test_a_receiver_may_ask_for_more_time_up_to_a_day(made: int, now: datetime, jitter: float, asked: float) -> None:
    at, usual = next_attempt(made, now, jitter=jitter, retry_after=asked), next_attempt(made, now, jitter=jitter)
    assert at is not None
    assert usual is not None
    assert at >= usual
    assert at - now.timestamp() >= min(asked, LONGEST_RETRY_AFTER)
    assert at - now.timestamp() <= max(WAITS[made - 1] * (1 + JITTER), min(asked, LONGEST_RETRY_AFTER)) + 1


@given(times, jitters)
def test_no_attempt_follows_the_last(now: datetime, jitter: float) -> None:
    assert next_attempt(MOST_ATTEMPTS, now, jitter=jitter) is None
