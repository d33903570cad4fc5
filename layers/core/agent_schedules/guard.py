"""What stands before every route, as one ASGI middleware: request id, authentication, size of the body, and the
last word on faults."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_schedules.auth import Authenticator
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.telemetry import logger

LARGEST_BODY = 256 * 1024  # bytes (contract D44)
RETRY_AFTER = {"Retry-After": "1"}  # the SDK sleeps whatever it is told, so it is told little (contract 1.2)


def envelope(
    status: int, message: str, *, details: Any = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer to everything that is not a success (contract 1.4)."""
    error: dict[str, Any] = {"message": message}
    if details is not None:
        error["details"] = details
    extra = RETRY_AFTER if status in {429, 503} else {}
    return JSONResponse({"error": error}, status, {**(headers or {}), **extra})


class Guard:
    """Lets a request through to the app with `state.caller` set, or answers it with the envelope."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(12)}"
        answered = False

        async def send_with_id(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self._admitted(scope, receive, send_with_id)
        except AgentSchedulesError as error:
            await envelope(error.status, error.message)(scope, receive, send_with_id)
        except Exception:
            logger.exception("fault", extra={"request_id": request_id})
            if not answered:
                message = f"An internal error occurred; the request id is {request_id}"
                await envelope(500, message)(scope, receive, send_with_id)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["path"].startswith("/api/"):
            scope.setdefault("state", {})["caller"] = await run_in_threadpool(
                self._authenticator.caller, headers.get("authorization"), headers.get("x-on-behalf-of")
            )
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > LARGEST_BODY:
            await _too_large()(scope, receive, send)
            return
        received = 0
        over = False

        async def bounded() -> Message:
            nonlocal received, over
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                over = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def send_unless_over(message: Message) -> None:
            if not over:
                await send(message)

        await self._app(scope, bounded, send_unless_over)
        if over:
            await _too_large()(scope, receive, send)


def _too_large() -> JSONResponse:
    return envelope(400, f"body: must be at most {LARGEST_BODY // 1024} KB; shorten the input")
