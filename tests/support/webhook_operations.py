"""One request for every operation of webhooks, as in `operations.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.given import Given, Request
from tests.support.webhooks import URL, recorded, webhook


def _made(**request: Any) -> Callable[[Given], Request]:
    """A request about a new webhook."""
    return lambda given: Request(path={"webhook_id": webhook(given.api.world).key.webhook_id}, **request)


def _made_twice(given: Given) -> Request:
    request = Request({"url": URL}, status=201, headers={"Idempotency-Key": "k"})
    given.api.post("/api/v1/webhooks", request.body, status=201, Idempotency_Key="k")
    return request


def _polled(given: Given) -> Request:
    return Request(path={"webhook_id": webhook(given.api.world, poll=True).key.webhook_id})


def _listed(given: Given) -> Request:
    for _ in range(given.page + 1):
        webhook(given.api.world)
    return Request(query=f"limit={given.page}")


def _deliveries(query: str = "") -> Callable[[Given], Request]:
    def prepare(given: Given) -> Request:
        made = webhook(given.api.world)
        for number in range(120):
            recorded(given.api.world, made, number)
        return Request(path={"webhook_id": made.key.webhook_id}, query=f"limit={given.page}{query}")

    return prepare


def _delivery(status: int = 200) -> Callable[[Given], Request]:
    def prepare(given: Given) -> Request:
        made = webhook(given.api.world)
        over = recorded(given.api.world, made)
        return Request(path={"webhook_id": made.key.webhook_id, "delivery_id": over.key.delivery_id}, status=status)

    return prepare


WEBHOOKS: dict[str, Callable[[Given], Request]] = {
    "list_webhooks": _listed,
    "create_webhook": lambda _: Request({"url": URL}, status=201),
    "create_webhook, with an idempotency key": lambda _: Request(
        {"url": URL}, status=201, headers={"Idempotency-Key": "k"}
    ),
    "create_webhook, its repeat": _made_twice,
    "create_webhook, to poll": lambda _: Request({"poll": True}, status=201),
    "get_webhook": _made(),
    "update_webhook": _made(body={"description": "other"}),
    "update_webhook, nothing new": _made(body={"url": URL}),
    "delete_webhook": _made(),
    "delete_webhook, to poll": _polled,
    "rotate_webhook_secret": _made(),
    "test_webhook": _made(status=202),
    "list_webhook_deliveries": _deliveries(),
    "list_webhook_deliveries, that none matches": _deliveries("&status=dead"),
    "get_webhook_delivery": _delivery(),
    "replay_webhook_delivery": _delivery(202),
}
