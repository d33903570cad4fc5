"""One request to an ASGI app in this thread, whatever its bytes: no client in between that refuses or mends them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Raw:
    """A request."""

    method: str
    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def ask(app: ASGIApp, request: Raw) -> Answer:
    """Send it."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": request.method, "path": request.path, "raw_path": request.path.encode("utf-8", "surrogateescape"),
        "query_string": request.query, "headers": list(request.headers),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent: list[Message] = []
    waiting: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def one() -> None:
        await app(scope, receive, send)

    asyncio.run(one())
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], body)
