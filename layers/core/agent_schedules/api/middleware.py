"""What stands before every route, as one ASGI middleware: request id, time of arrival, authentication, size of the
body, HEAD, and the last word on faults."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_schedules.api.auth import Authenticator, scope_of
from agent_schedules.errors import AgentSchedulesError, InvalidRequest
from agent_schedules.telemetry import count, fault, hashed, logger

LARGEST_BODY = 256 * 1024  # bytes (contract D44)
GIVES_UP = 30.0  # seconds: no request waits longer at API Gateway, so an older one is an event from a file
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


class RequestMiddleware:
    """Lets a request through to the app with `state.caller` and `state.elapsed` set, or answers it with the envelope.

    `elapsed()` is how many real seconds ago the request reached the front door: API Gateway's own time where there is
    one, which counts the wait for a cold start too.
    """

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        *,
        inline: bool = False,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._monotonic = monotonic
        self._wall = wall
        self._inline = inline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(12)}"
        logger.thread_safe_append_keys(request_id=request_id)
        answered = False
        arrived = self._monotonic() - self._waited(scope)
        scope.setdefault("state", {})["elapsed"] = lambda: self._monotonic() - arrived
        head = scope["method"] == "HEAD"
        if head:  # what GET answers, without its body (RFC 9110, 9.3.2)
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
            await envelope(error.status, error.message)(scope, receive, send_with_id)
        except ClientDisconnect:
            return  # nobody is there to be answered, and nothing was done
        except Exception as error:
            logger.error("fault", extra=fault(error))
            if not answered:
                message = f"An internal error occurred; the request id is {request_id}"
                await envelope(500, message)(scope, receive, send_with_id)

    def _waited(self, scope: Scope) -> float:
        """Seconds from API Gateway's reception of the request until now; 0 without an API Gateway."""
        epoch = scope.get("aws.event", {}).get("requestContext", {}).get("timeEpoch")
        waited = self._wall() - epoch / 1000 if isinstance(epoch, int) else 0.0
        return waited if 0 < waited < GIVES_UP else 0.0

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["path"].startswith("/api/"):
            find = partial(
                self._authenticator.caller,
                _joined(headers, "authorization"),
                _joined(headers, "x-on-behalf-of"),
                scope_of(scope["method"], scope["path"]),
            )
            caller = find() if self._inline else await run_in_threadpool(find)
            scope["state"]["caller"] = caller
            logger.thread_safe_append_keys(owner=hashed(caller.owner))
        if "content-length" in headers and "transfer-encoding" in headers:
            # Two lengths: what one server takes for the body another may take for the next request (RFC 9112, 6.1).
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
                raise _too_large()  # whoever reads the body gets no part of it to act on
            return message

        await self._app(scope, bounded, send)


def _note(status: int) -> None:
    """Count an answer that is not a success."""
    if status >= 500:
        count("RequestsUnavailable" if status == 503 else "Requests5xx")
    elif status >= 400:
        count("RequestsUnauthorized" if status == 401 else "RequestsRefused")


def _joined(headers: Headers, name: str) -> str | None:
    """The header; sent more than once it is what API Gateway makes of it, one value that nobody meant."""
    values = headers.getlist(name)
    return ",".join(values) if values else None


def _announced_length(headers: Headers) -> int:
    """The size of the body, if the request says it in digits; the first 20 are enough to know better."""
    length = headers.get("content-length", "")[:20]
    return int(length) if length.isascii() and length.isdigit() else 0


def _too_large() -> InvalidRequest:
    return InvalidRequest(f"body: must be at most {LARGEST_BODY // 1024} KB; shorten the input")
