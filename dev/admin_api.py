"""The operator's API of the local stack: `/local/keys` next to the service, whose table is inside this process.

A caller sends the key `local`, which is public. A browser page of another origin cannot send it, and a page whose own
host name resolves to 127.0.0.1 (DNS rebinding) is refused by its Host header.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from agent_schedules.api.middleware import envelope
from agent_schedules.api.strict_json import loads
from agent_schedules.domain.api_keys import ApiKey
from agent_schedules.domain.api_keys import Scope as KeyScope
from agent_schedules.errors import AgentSchedulesError, InvalidRequest, Unauthorized
from agent_schedules.services.api_keys import Keyring
from agent_schedules.timestamps import text_of
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")
"""The host names under which the local stack answers."""
FIELDS = ("tenant", "scope", "name", "expires_at")
"""The members of the body that makes a key."""
NULLABLE = ("name", "expires_at")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def with_admin_api(app: ASGIApp, keyring: Keyring) -> Starlette:
    """Return the app with the operator's routes in front of it."""

    async def create(request: Request) -> Response:
        body = await _body(request)
        expires = _text(body, "expires_at")
        key, secret = keyring.create(
            _text(body, "tenant") or "",
            cast("KeyScope", _text(body, "scope") or "write"),  # the keyring refuses any other text
            name=_text(body, "name"),
            expires_at=_moment(expires) if expires is not None else None,
        )
        return JSONResponse(_shown(key) | {"key": secret}, 201)

    async def listed(request: Request) -> Response:
        _admit(request)
        return JSONResponse({"data": [_shown(key) for key in keyring.list(_tenant(request))]})

    async def revoke(request: Request) -> Response:
        _admit(request)
        return JSONResponse(_shown(keyring.revoke(_tenant(request), request.path_params["key_id"])))

    async def other_method(request: Request) -> Response:
        allowed = "DELETE" if "key_id" in request.path_params else "GET, POST"
        raise HTTPException(405, headers={"Allow": allowed})

    routes = [
        Route("/local/keys", create, methods=["POST"]),
        Route("/local/keys", listed, methods=["GET"]),
        Route("/local/keys/{key_id}", revoke, methods=["DELETE"]),
        # Without these two, the mounted service answers that there is no such route.
        Route("/local/keys", other_method, methods=METHODS),
        Route("/local/keys/{key_id}", other_method, methods=METHODS),
        Mount("/", app),
    ]
    handlers = {AgentSchedulesError: _refused, HTTPException: _elsewhere}
    return Starlette(routes=routes, middleware=[Middleware(_HostCheck)], exception_handlers=handlers)


class _HostCheck:
    """Refuses a request for any other host, with an error in the API's form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and Headers(scope=scope).get("host", "").partition(":")[0] not in HOSTS:
            refused = envelope(400, f"Host: must be {' or '.join(HOSTS)}; use one of these names in the URL")
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _admit(request: Request) -> None:
    if request.headers.get("authorization") != "Bearer local":
        raise Unauthorized("Send `Authorization: Bearer local`")


async def _body(request: Request) -> dict[str, Any]:
    _admit(request)
    try:
        body = loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidRequest("body: must be a JSON object")
    for name in body.keys() - set(FIELDS):
        raise InvalidRequest(f"{name[:64]}: must not be sent; send only {', '.join(FIELDS)}")
    return body


def _text(body: dict[str, Any], name: str) -> str | None:
    """Return a member of the body, None if it is left out. Only the two that a key may lack may be null."""
    value = body.get(name)
    if not isinstance(value, str) and (name in body) and (value is not None or name not in NULLABLE):
        raise InvalidRequest(f"{name}: must be a string")
    return value


def _tenant(request: Request) -> str:
    """Return the tenant in the query. Raises InvalidRequest for any other query."""
    query = request.query_params.multi_items()
    for name, _ in query:
        if name != "tenant":
            raise InvalidRequest(f"{name[:64]}: must not be sent; send only tenant")
    if len(query) > 1:
        raise InvalidRequest("tenant: must be sent once")
    return query[0][1] if query else ""


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment.astimezone(UTC)  # overflows for the last hours of the year 9999
    except (ValueError, OverflowError):
        raise InvalidRequest("expires_at: must be a time such as 2026-12-31T00:00:00Z") from None
    return moment


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AgentSchedulesError)
    return envelope(error.status, error.message)


def _elsewhere(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that neither has a route for, such as one whose target is a whole URL."""
    assert isinstance(error, HTTPException)
    method, path = request.method, request.scope["path"][:200]
    if error.status_code == 404:
        return envelope(404, f"No such route: {method} {path}; send a path that begins with /. /docs lists them")
    return envelope(error.status_code, f"{method} {path}: this method is not supported here", headers=error.headers)


def _shown(key: ApiKey) -> dict[str, Any]:
    times = {
        name: text_of(moment) if (moment := getattr(key, name)) else None
        for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    }
    return {"id": key.id, "tenant": key.tenant, "scope": key.scope, "name": key.name, **times}
