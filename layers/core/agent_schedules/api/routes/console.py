"""The routes of the console, and of a browser that opens the service's bare address. Not part of the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from agent_schedules.api.lazy_route import LazyRoute

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def console_routes(local_key: str | None) -> APIRouter:
    """Return the routes. `local_key`: a key that the sign-in names, for the local stack."""
    router = APIRouter(route_class=LazyRoute, include_in_schema=False)

    # The console is imported when a browser first asks for it: a cold start of an API call does not wait for it.

    @router.api_route("/", methods=METHODS)
    def front(request: Request) -> Response:
        """Lead a browser to the console. Everyone else gets the 404 of an unknown path."""
        if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404)
        return RedirectResponse("/console", 303)

    @router.get("/console/assets/{digest}/{name}")
    def asset(request: Request, digest: str, name: str) -> Response:
        """Return a file that never changes under its address."""
        from agent_schedules.console import site  # noqa: PLC0415 - see above

        reply = site.asset(digest, name, **_asked(request))
        if reply is None:
            raise HTTPException(404)
        return Response(reply.body, reply.status, reply.headers)

    @router.get("/docs")
    def reference(request: Request) -> Response:
        """Return the page, on which its scripts show the API's description. A program gets the description itself."""
        if "text/html" not in request.headers.get("accept", ""):
            return _description()
        return page(request)

    @router.get("/console")
    @router.get("/console/{path:path}")
    def page(request: Request, path: str = "") -> Response:
        """Return the page; its scripts read the path."""
        from agent_schedules.console import site  # noqa: PLC0415 - see above

        if path.startswith("assets/"):
            raise HTTPException(404)
        reply = site.page(local_key, **_asked(request))
        return Response(reply.body, reply.status, reply.headers)

    return router


def reference_route() -> APIRouter:
    """Return the route of `/docs` for a deployment without the console."""
    router = APIRouter(route_class=LazyRoute, include_in_schema=False)
    router.get("/docs")(_description)
    return router


def _description() -> Response:
    return RedirectResponse("/openapi.json", 303)


def _asked(request: Request) -> dict[str, str]:
    """Return the two headers that choose between forms of the same file."""
    sent = {"accepts": "accept-encoding", "known": "if-none-match"}
    return {name: request.headers.get(header, "") for name, header in sent.items()}
