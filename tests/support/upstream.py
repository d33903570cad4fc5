"""Servers of other people, as functions: what the adapters' connections lead to in a test."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
from agent_schedules.adapters.http_pool import CURRENT
from urllib3 import HTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


class Pool(PoolManager):
    """Connections that lead to `answer`, which is told the timeouts of the call too."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        super().__init__()
        self._answer = answer

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **sent: Any
    ) -> Any:
        """One call, as urllib3 makes it of a request."""
        assert not redirect
        assert sent["retries"] is False
        timeout: Timeout = sent["timeout"]
        told = {"timeout": {"connect": timeout.connect_timeout, "read": timeout.read_timeout}}
        request = httpx.Request(method, url, headers=sent["headers"], content=sent.get("body"), extensions=told)
        CURRENT.get().sent = True
        try:
            answer = self._answer(request)
        except (ConnectTimeoutError, NewConnectionError):
            CURRENT.get().sent = False
            raise
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return HTTPResponse(
            io.BytesIO(b"".join(answer.stream)),
            headers=dict(answer.headers),
            status=answer.status_code,
            preload_content=sent.get("preload_content", True),
        )
