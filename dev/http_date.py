"""The header `Date` of the local stack, from the stack's own clock: a client learns from it what time it is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def dated(app: ASGIApp, now: Callable[[], datetime]) -> ASGIApp:
    """Return the app with a `Date` in every answer."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Date"] = format_datetime(now(), usegmt=True)
            await send(message)

        await app(scope, receive, send_dated)

    return answer
