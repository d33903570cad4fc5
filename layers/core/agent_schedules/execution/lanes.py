"""Bounds how many deliveries to one webhook are under way at once, so that a slow receiver takes no other's place."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from agent_schedules.domain.webhooks import WebhookKey
from agent_schedules.errors import Busy

MOST = 10  # deliveries to a webhook at once, in one invocation
WAIT = 5  # seconds, at least, after which a delivery that found no place is tried again


class Lanes:
    """The deliveries that are under way in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[WebhookKey] = Counter()

    @contextmanager
    def place(self, webhook: WebhookKey) -> Iterator[None]:
        """Hold one of the webhook's places. Raises Busy if all are taken."""
        with self._lock:
            if self._taken[webhook] >= MOST:
                raise Busy(WAIT)
            self._taken[webhook] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[webhook] -= 1
                if not self._taken[webhook]:
                    del self._taken[webhook]
