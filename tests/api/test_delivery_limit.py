"""How many tests and replays of webhooks a tenant's callers may ask for in a minute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.deliveries import MOST_ASKED

from tests.support.api import Api
from tests.support.webhooks import URL, recorded, webhook

HOOKS = "/api/v1/webhooks"
MESSAGE = (
    "deliveries: your account may send 60 tests and replays in a minute, and this minute's are used; "
    "send the call again in 60 seconds"
)


@pytest.fixture
def api() -> Api:
    return Api()


def made(api: Api, **headers: Any) -> str:
    return f"{HOOKS}/{api.post(HOOKS, {'url': URL}, status=201, **headers)['id']}"


def used_up(api: Api, at: str) -> None:
    for _ in range(MOST_ASKED):
        api.post(f"{at}/test", status=202)


def test_tests_and_replays_share_a_limit_of_a_minute(api: Api) -> None:
    hook = webhook(api.world)
    at = f"{HOOKS}/{hook.key.webhook_id}"
    again = f"{at}/deliveries/{recorded(api.world, hook).key.delivery_id}/replay"
    for number in range(MOST_ASKED):
        api.post(again if number % 2 else f"{at}/test", status=202)
    before = api.traces()
    for path in (again, f"{at}/test"):
        assert api.refused("POST", path, status=429) == MESSAGE
    assert api.traces() == before
    assert len(api.world.redeliveries.messages) == MOST_ASKED
    api.world.clock.advance(59)
    assert api.refused("POST", again, status=429).endswith("send the call again in 1 seconds")
    api.world.clock.advance(1)
    api.post(again, status=202)


def test_a_refusal_says_when_it_may_be_repeated(api: Api) -> None:
    at = made(api)
    used_up(api, at)
    answer = api.client.post(f"{at}/test")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.json() == {"error": {"message": MESSAGE}}
    api.world.clock.advance(59.5)
    assert api.client.post(f"{at}/test").headers["retry-after"] == "1"


def test_another_webhook_gives_an_account_no_more(api: Api) -> None:
    first = made(api)
    used_up(api, first)
    api.ok("DELETE", first)
    api.refused("POST", f"{made(api)}/test", status=429)
    api.refused("POST", f"{made(api, X_On_Behalf_Of='ada')}/test", status=429, X_On_Behalf_Of="ada")
    other = {"Authorization": "Bearer local-2"}
    api.post(f"{made(api, **other)}/test", status=202, **other)


def test_a_repeat_of_a_test_is_answered_at_a_full_limit(api: Api) -> None:
    at = made(api)
    first = api.post(f"{at}/test", status=202, Idempotency_Key="k")
    for _ in range(MOST_ASKED - 1):
        api.post(f"{at}/test", status=202)
    assert api.post(f"{at}/test", status=202, Idempotency_Key="k") == first
    api.refused("POST", f"{at}/test", status=429, Idempotency_Key="other")


def test_a_refused_test_sends_and_counts_nothing(api: Api) -> None:
    at = made(api)
    api.post(at, {"enabled": False})
    for _ in range(MOST_ASKED + 1):
        api.refused("POST", f"{at}/test", status=409)
    api.post(at, {"enabled": True})
    used_up(api, at)


def test_counts_of_minutes_expire(api: Api) -> None:
    at = made(api)
    api.post(f"{at}/test", status=202)
    api.world.clock.advance(2 * 3600)
    api.world.table.expire(api.world.now)
    assert not any(sk.startswith("C#deliveries#") for _, sk in api.world.table.items)


def test_the_local_stack_limits_no_tests(api: Api) -> None:
    at = made(api)
    setup = api.world.ports.webhooks
    assert setup is not None
    api.world.ports.__dict__["webhooks"] = replace(setup, local=True)
    used_up(api, at)
    api.post(f"{at}/test", status=202)
