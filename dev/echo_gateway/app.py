"""The local echo gateway: OpenAI's Responses API over HTTP, answered by scripted models on the stack's clock.

Models: `echo`, `slow-<seconds>`, `fail`, `incomplete`, `reject` and `flaky-<n>`; see `create_gateway`.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.echo_gateway.ledger import Ledger
from dev.echo_gateway.requests import Refusal, read_body
from dev.echo_gateway.responses import Accepted

MAX_BODY_BYTES = 4 * 1024 * 1024
_POLL_SECONDS = 0.02  # real seconds between looks at the stack's clock while a synchronous request is held
_OFFERED = "echo, slow-<seconds>, fail, incomplete, reject, flaky-<n>"
# The digits are bounded so that every due time is still a date.
_MODEL = re.compile(r"echo|fail|incomplete|reject|slow-([0-9]{1,9}(?:\.[0-9]{1,6})?)|flaky-([0-9]{1,6})")


class _Gateway:
    def __init__(self, clock: Callable[[], datetime], ledger: Ledger, api_key: str | None) -> None:
        self._clock = clock
        self._ledger = ledger
        self._api_key = api_key

    async def create(self, request: Request) -> JSONResponse:
        self._authorise(request)
        key = request.headers.get("idempotency-key") or None
        posts = 0 if key is None else self._ledger.posted(key)
        body = await _json_body(request)
        asked = read_body(body)
        # No await from here to accept(), or two posts of one key could both find no response.
        entry = None if key is None else self._ledger.by_key.get(key)
        repeated = entry is not None
        if entry is None:
            _admit(asked.model, posts)
            headers = {name: value for name, value in request.headers.items() if name != "authorization"}
            entry = Accepted(f"resp_{secrets.token_hex(16)}", self._clock(), key, headers, body)
            self._ledger.accept(entry)
        if entry.asked.background:
            return JSONResponse(entry.response(entry.status(self._clock()) if repeated else "queued"))
        while entry.status(self._clock()) == "in_progress" and not await request.is_disconnected():
            await asyncio.sleep(_POLL_SECONDS)
        return JSONResponse(entry.response(entry.status(self._clock())))

    async def retrieve(self, request: Request) -> JSONResponse:
        entry = self._find(request)
        return JSONResponse(entry.response(entry.status(self._clock())))

    async def cancel(self, request: Request) -> JSONResponse:
        entry = self._find(request)
        if not entry.asked.background:
            raise Refusal(400, "Cannot cancel a synchronous response.")
        if entry.status(self._clock()) == "in_progress":
            self._ledger.cancel(entry)
        return JSONResponse(entry.response(entry.status(self._clock())))

    def _authorise(self, request: Request) -> None:
        if self._api_key is None:
            return
        sent = request.headers.get("authorization", "")
        if not secrets.compare_digest(sent.encode(), f"Bearer {self._api_key}".encode()):
            raise Refusal(401, "Incorrect API key provided, or none.", code="invalid_api_key")

    def _find(self, request: Request) -> Accepted:
        self._authorise(request)
        named = request.path_params["id"]
        if named not in self._ledger.by_id:
            raise Refusal(404, f"Response with id '{named}' not found.")
        return self._ledger.by_id[named]


async def _json_body(request: Request) -> dict[str, Any]:
    raw, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        # A body that is too long is read to its end but not kept: a client that is still sending would miss the answer.
        if size <= MAX_BODY_BYTES:
            raw += chunk
    if size > MAX_BODY_BYTES:
        raise Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        body = from_json(bytes(raw), allow_inf_nan=False)
        json.dumps(body, allow_nan=False)  # 1e999 reads as infinity, which could not be echoed
    except ValueError as error:
        raise Refusal(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return body


def _admit(model: str, posts: int) -> None:
    """Raise the refusal of the model, if any. `posts` counts the posts of the request's key, 0 without one."""
    match = _MODEL.fullmatch(model)
    if match is None:
        message = f"The model '{model}' does not exist: this is the local echo gateway, which offers {_OFFERED}."
        raise Refusal(404, message, param="model", code="model_not_found")
    if model == "reject":
        raise Refusal(400, "The model `reject` refuses every request.", param="model", code="invalid_value")
    failures = int(match[2] or 0)
    # Without a key two posts cannot be recognised as one request, so each is a first one.
    if posts <= failures and failures:
        raise Refusal(503, "The model `flaky` is not available yet.", code="server_error", retry="0")


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):  # the router's: no such path or method
        error = Refusal(error.status_code, error.detail)
    assert isinstance(error, Refusal)
    return JSONResponse({"error": error.error}, error.http, headers=error.headers)


def create_gateway(clock: Callable[[], datetime], journal: Path | None = None, api_key: str | None = None) -> Starlette:
    """Return the gateway as an ASGI app with the route `/responses`. Its `Ledger` is `app.state.ledger`.

    `echo` answers with the input's text at once, `slow-<seconds>` after that time on `clock` (aware UTC);
    `fail` fails, `incomplete` stops half-way, `reject` is refused with 400, and `flaky-<n>` answers 503 to
    the first n posts of an Idempotency-Key (to every post without one), then echoes.

    With a `journal`, responses and keys outlive the process. With an `api_key`, requests must bear it.
    """
    ledger = Ledger(journal)
    gateway = _Gateway(clock, ledger, api_key)
    app = Starlette(
        routes=[
            Route("/responses", gateway.create, methods=["POST"]),
            Route("/responses/{id}", gateway.retrieve, methods=["GET"]),
            Route("/responses/{id}/cancel", gateway.cancel, methods=["POST"]),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _refused},
    )
    app.state.ledger = ledger
    return app
