"""How many webhooks there may be, and how long a poll webhook lives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.webhooks import MOST_POLLED

from tests.support.api import Api
from tests.support.webhooks import URL

HOOKS = "/api/v1/webhooks"


def made(api: Api, **body: Any) -> dict[str, Any]:
    return api.post(HOOKS, body if "poll" in body else {"url": URL, **body}, status=201)


def test_a_poll_webhook_lives_for_a_day(api: Api) -> None:
    one = made(api, poll=True)
    assert (one["poll"], one["url"], one["expires_at"]) == (True, None, "2026-03-03T10:00:00.000Z")
    at = f"{HOOKS}/{one['id']}"
    api.world.clock.advance(86_399)
    api.post(at, {"description": "this does not keep it"})
    api.world.clock.advance(1)
    assert api.get(HOOKS)["data"] == []
    api.ok("GET", at, status=404)
    api.ok("GET", f"{at}/deliveries", status=404)


def test_an_owner_has_five_poll_webhooks_at_most(api: Api) -> None:
    made_ones = [made(api, poll=True) for _ in range(MOST_POLLED)]
    assert api.refused("POST", HOOKS, {"poll": True}, status=400).startswith("poll: there are 5 poll webhooks")
    api.post(HOOKS, {"poll": True}, status=201, X_On_Behalf_Of="ada")
    api.ok("DELETE", f"{HOOKS}/{made_ones[0]['id']}")
    made(api, poll=True)
    api.world.clock.advance(timedelta(days=1).total_seconds())
    made(api, poll=True)
    assert api.get("/api/v1/limits")["webhooks"] == {"limit": 50, "used": 0}


def test_a_tenants_limit_counts_all_its_users(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(webhooks=2))
    first = made(api)
    api.post(HOOKS, {"url": URL}, status=201, X_On_Behalf_Of="ada")
    message = "webhooks: your account has 2 webhooks and may have 2; delete some that you do not need"
    assert api.refused("POST", HOOKS, {"url": URL}, status=400) == message
    assert api.refused("POST", HOOKS, {"url": URL}, status=400, X_On_Behalf_Of="bob") == message
    made(api, poll=True)
    assert api.get("/api/v1/limits")["webhooks"] == {"limit": 2, "used": 2}
    api.ok("DELETE", f"{HOOKS}/{first['id']}")
    assert made(api)["enabled"]
    assert api.ok("POST", HOOKS, {"url": URL}, status=201, Authorization="Bearer local-2")["enabled"]


def test_a_limit_of_zero_is_none(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(webhooks=0))
    for _ in range(60):
        made(api)
    assert api.get("/api/v1/limits")["webhooks"] == {"limit": None, "used": 60}
