"""One ASGI middleware around every route: request id, time of arrival, authentication, limit on the body, HEAD, and
the answer to unexpected exceptions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_schedules.api.auth import Authenticator, scope_of
from agent_schedules.errors import AgentSchedulesError, InvalidRequest, TooManyRequests
from agent_schedules.telemetry import count, fault, hashed, logger

LARGEST_BODY = 256 * 1024  # bytes (contract D44)
GIVES_UP = 30.0  # seconds that API Gateway waits at most: an older request is an event replayed from a file
RETRY_AFTER = 1  # seconds: short, because the SDK sleeps for all of it (contract 1.2)


def refusal(error: AgentSchedulesError) -> JSONResponse:
    """Return the answer to an error that was raised on purpose."""
    retry_after = error.retry_after if isinstance(error, TooManyRequests) else RETRY_AFTER
    return envelope(error.status, error.message, retry_after=retry_after)


def envelope(
    status: int,
    message: str,
    *,
    details: Any = None,
    headers: Mapping[str, str] | None = None,
    retry_after: int = RETRY_AFTER,
) -> JSONResponse:
    """Return the error answer in the envelope of contract 1.4. `retry_after`: seconds, for a 429 or 503."""
    error: dict[str, Any] = {"message": message}
    if details is not None:
        error["details"] = details
    extra = {"Retry-After": str(retry_after)} if status in {429, 503} else {}
    return JSONResponse({"error": error}, status, {**(headers or {}), **extra})


class RequestMiddleware:
    """Passes a request on with `state.caller` and `state.elapsed` set, or answers it with an error envelope.

    `elapsed()` returns the real seconds since the request reached API Gateway, so that it includes a cold start.
    Without an API Gateway it counts from the start of the middleware.
    """

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._monotonic = monotonic
        self._wall = wall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(12)}"
        logger.thread_safe_append_keys(request_id=request_id)
        answered = False
        arrived = self._monotonic() - self._waited(scope)
        scope.setdefault("state", {})["elapsed"] = lambda: self._monotonic() - arrived
        head = scope["method"] == "HEAD"
        if head:  # answer as GET without the body (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}

        async def send_with_id(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                _note(message["status"])
                MutableHeaders(scope=message)["x-request-id"] = request_id
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._admitted(scope, receive, send_with_id)
        except AgentSchedulesError as error:
            await refusal(error)(scope, receive, send_with_id)
        except ClientDisconnect:
            return  # the client has gone before its body was read, so nothing was done
        except Exception as error:  # a defect: whatever it is, the caller gets the envelope and the log its place
            logger.error("fault", extra=fault(error))
            if not answered:
                message = f"An internal error occurred; the request id is {request_id}"
                await envelope(500, message)(scope, receive, send_with_id)

    def _waited(self, scope: Scope) -> float:
        """Return the seconds since API Gateway received the request; 0 without an API Gateway."""
        epoch = scope.get("aws.event", {}).get("requestContext", {}).get("timeEpoch")
        waited = self._wall() - epoch / 1000 if isinstance(epoch, int) else 0.0
        return waited if 0 < waited < GIVES_UP else 0.0

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["path"].startswith("/api/"):
            caller = self._authenticator.caller(
                _joined(headers, "authorization"),
                _joined(headers, "x-on-behalf-of"),
                scope_of(scope["method"], scope["path"]),
            )
            scope["state"]["caller"] = caller
            logger.thread_safe_append_keys(owner=hashed(caller.owner))
        if "content-length" in headers and "transfer-encoding" in headers:
            # Two lengths allow request smuggling: servers may disagree on where the body ends (RFC 9112, 6.1).
            message = "Content-Length: cannot be sent with Transfer-Encoding; send one of the two"
            await envelope(400, message, headers={"Connection": "close"})(scope, receive, send)
            return
        if _announced_length(headers) > LARGEST_BODY:
            raise _too_large()
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise _too_large()  # the route then gets no part of the body to act on
            return message

        await self._app(scope, bounded, send)


def _note(status: int) -> None:
    """Count an error answer."""
    if status >= 500:
        count("RequestsUnavailable" if status == 503 else "Requests5xx")
    elif status >= 400:
        count("RequestsUnauthorized" if status == 401 else "RequestsRefused")


def _joined(headers: Headers, name: str) -> str | None:
    """Return the header. Several lines are joined by commas, as API Gateway does; the result is then not valid."""
    values = headers.getlist(name)
    return ",".join(values) if values else None


def _announced_length(headers: Headers) -> int:
    """Return the body's size by `Content-Length`, or 0 if that is not a number. 20 digits suffice for the check."""
    length = headers.get("content-length", "")[:20]
    return int(length) if length.isascii() and length.isdigit() else 0


def _too_large() -> InvalidRequest:
    return InvalidRequest(f"body: must be at most {LARGEST_BODY // 1024} KB; shorten the input")
