"""The gateway for the local stack's functions: an invocation that waits for it frees its place for others.

In Lambda each invocation has a machine of its own. Here invocations share threads, and one that waits for a model uses
no processor.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from agent_schedules.ports import Gateway


class WaitingGateway:
    """A `Gateway` that is called while `waiting` holds."""

    def __init__(self, gateway: Gateway, waiting: Callable[[], AbstractContextManager[None]], speed: float) -> None:
        """`speed` is stack seconds per real second. A send is given stack seconds, and waits in real ones."""
        self.background = gateway.background
        self.patience = gateway.patience
        self.extensions = gateway.extensions
        self._gateway = gateway
        self._waiting = waiting
        self._speed = max(speed, 1)

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`."""
        with self._waiting():
            return self._gateway.create(
                request,
                idempotency_key=idempotency_key,
                on_behalf_of=on_behalf_of,
                seconds=seconds / self._speed,
            )

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        with self._waiting():
            return self._gateway.retrieve(response_id, on_behalf_of=on_behalf_of, seconds=seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        with self._waiting():
            return self._gateway.cancel(response_id, on_behalf_of=on_behalf_of, seconds=seconds)
