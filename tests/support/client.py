"""A client of an ASGI app in this process."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient


@cache
def _portal() -> BlockingPortal:
    """The one event loop of the process that all clients share, in a thread of its own, to the end."""
    running = ExitStack()
    portal = running.enter_context(start_blocking_portal())
    atexit.register(running.close)
    return portal


class Client(TestClient):
    """Starlette's, but for its loops: one for every request, each with new threads, take longer than the requests."""

    __test__ = False

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.portal = _portal()
