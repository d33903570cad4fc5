"""A webhook: which events it wants, which secrets sign, and how its state changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agent_schedules.domain.webhooks import BOTH_SIGN, Webhook, WebhookKey

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PLAIN = Webhook(WebhookKey("acme", "whk_1"), "https://example.com/", NOW, NOW)
USER = "acme:" + "a" * 64


@pytest.mark.parametrize(
    ("filters", "event", "wanted"),
    [
        ({}, {}, True),
        ({}, {"kind": "run.started"}, False),
        ({"events": frozenset({"run.started"})}, {"kind": "run.started"}, True),
        ({"events": frozenset({"run.started"})}, {}, False),
        ({"agent_id": "agt_1"}, {"agent_id": "agt_1"}, True),
        ({"agent_id": "agt_1"}, {"agent_id": "agt_2"}, False),
        ({"agent_id": "agt_1"}, {"agent_id": None}, False),
        ({"schedule_id": "sched_1"}, {"schedule_id": "sched_1"}, True),
        ({"schedule_id": "sched_1"}, {"schedule_id": None}, False),
        ({"metadata": (("team", "news"),)}, {"metadata": {"team": "news", "x": "y"}}, True),
        ({"metadata": (("team", "news"),)}, {"metadata": {"team": "sport"}}, False),
        ({"metadata": (("team", "news"),)}, {"metadata": {}}, False),
        ({"metadata": (("team", "news"),)}, {"metadata": None}, True),
        ({}, {"owner": USER}, False),
        ({"all_users": True}, {"owner": USER}, True),
        ({"all_users": True}, {"owner": "acme2:" + "a" * 64}, False),
        ({"all_users": True}, {"owner": "acme2"}, False),
        ({"key": WebhookKey(USER, "whk_1")}, {"owner": USER}, True),
        ({"key": WebhookKey(USER, "whk_1")}, {"owner": "acme"}, False),
    ],
)
def test_a_webhook_wants_what_its_filters_let_pass(filters: Any, event: Any, wanted: bool) -> None:
    given = {"kind": "run.failed", "owner": "acme", "agent_id": "agt_1", "schedule_id": "sched_1"} | event
    assert replace(PLAIN, **filters).wants(given.pop("kind"), **given) is wanted


def test_a_poll_webhook_lives_until_it_expires() -> None:
    polled = replace(PLAIN, url=None, expires_at=NOW + timedelta(hours=24))
    assert polled.polled
    assert polled.live(NOW + timedelta(hours=23, minutes=59))
    assert not polled.live(NOW + timedelta(hours=24))


def test_old_secrets_sign_for_a_day_after_the_last_rotation() -> None:
    once = PLAIN.rotated(NOW)
    assert list(PLAIN.signing_versions(NOW)) == [1]
    assert list(once.signing_versions(NOW + BOTH_SIGN - timedelta(seconds=1))) == [1, 2]
    assert list(once.signing_versions(NOW + BOTH_SIGN)) == [2]


def test_a_second_rotation_within_a_day_stops_no_secret() -> None:
    later = NOW + timedelta(hours=1)
    twice = PLAIN.rotated(NOW).rotated(later)
    assert list(twice.signing_versions(later)) == [1, 2, 3]
    assert list(twice.signing_versions(later + BOTH_SIGN)) == [3]
    after_a_day = PLAIN.rotated(NOW).rotated(NOW + BOTH_SIGN)
    assert list(after_a_day.signing_versions(NOW + BOTH_SIGN)) == [2, 3]


def test_health_changes_no_etag_and_a_disabling_does() -> None:
    failing = PLAIN.failing(NOW)
    assert (failing.failing_since, failing.slow, failing.etag, failing.rev) == (NOW, True, PLAIN.etag, 2)
    assert failing.failing(NOW + timedelta(days=1)).failing_since == NOW
    assert failing.healthy() == replace(PLAIN, rev=3)
    assert failing.disabled("failing", NOW).etag != PLAIN.etag


def test_enabling_it_again_forgets_earlier_failures() -> None:
    disabled = PLAIN.failing(NOW).disabled("failing", NOW)
    enabled = disabled.updated(replace(disabled, disabled_reason=None), NOW)
    assert (enabled.failing_since, enabled.slow, enabled.enabled) == (None, True, True)
    moved = PLAIN.failing(NOW).updated(replace(PLAIN.failing(NOW), url="https://b.example/"), NOW)
    assert (moved.failing_since, moved.slow) == (None, True)
    renamed = disabled.updated(replace(disabled, description="d"), NOW)
    assert (renamed.failing_since, renamed.slow, renamed.enabled) == (NOW, True, False)
