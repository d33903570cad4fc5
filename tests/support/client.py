"""A client of an ASGI app, which answers in the caller's thread."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message


class Client(httpx.Client):
    """Starlette's client changes threads a dozen times for each request, which takes longer than most requests."""

    def __init__(
        self, app: ASGIApp, *, base_url: str = "http://testserver", headers: dict[str, str] | None = None
    ) -> None:
        self.app: Any = app
        super().__init__(transport=_Transport(app), base_url=base_url, headers=headers)


class _Transport(httpx.BaseTransport):
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the app's answer. What the app raises is raised here."""
        path, _, query = request.url.raw_path.partition(b"?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "root_path": "",
            "method": request.method, "path": unquote(path.decode()), "raw_path": path, "query_string": query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": request.url.scheme, "client": ("127.0.0.1", 1),
            "server": (request.url.host, request.url.port or 80),
        }  # fmt: skip
        body = request.read()
        sent: list[Message] = []

        async def answer() -> None:
            answered = asyncio.Event()
            waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def receive() -> Message:
                if not waiting:
                    await answered.wait()
                return waiting.pop() if waiting else {"type": "http.disconnect"}

            async def send(message: Message) -> None:
                sent.append(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    answered.set()

            await self._app(scope, receive, send)

        _run(answer())
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def _run(answer: Coroutine[Any, Any, None]) -> None:
    """Run to the end; in another thread, if this one is answering a request, during which this one happens."""
    if asyncio._get_running_loop() is not None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, answer).result()
    elif threading.current_thread() is threading.main_thread():
        _loop().run_until_complete(answer)
    else:
        asyncio.run(answer)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of the main thread. To make one takes as long as to answer a request."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop
