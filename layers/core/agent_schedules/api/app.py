"""Create the app of the HTTP API, and turn errors into envelopes (contract 1.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route

from agent_schedules.api.auth import Authenticator
from agent_schedules.api.dependencies import described
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.middleware import RequestMiddleware, envelope, refusal
from agent_schedules.api.openapi import describe
from agent_schedules.api.routes.agents import agent_routes
from agent_schedules.api.routes.backfills import backfill_routes
from agent_schedules.api.routes.bulk import bulk_routes
from agent_schedules.api.routes.by_key import by_key_routes
from agent_schedules.api.routes.console import console_routes, reference_route
from agent_schedules.api.routes.fleet import fleet_routes
from agent_schedules.api.routes.keys import key_routes
from agent_schedules.api.routes.occurrences import occurrence_routes
from agent_schedules.api.routes.previews import preview_routes
from agent_schedules.api.routes.quotas import limit_routes
from agent_schedules.api.routes.run_lists import run_list_routes
from agent_schedules.api.routes.runs import run_routes
from agent_schedules.api.routes.schedules import schedule_routes
from agent_schedules.api.routes.skips import skip_routes
from agent_schedules.api.routes.triggers import trigger_routes
from agent_schedules.api.routes.webhooks import webhook_routes
from agent_schedules.api.routes.whoami import whoami_routes
from agent_schedules.api.validation_errors import field_of, problem_of
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.ports import Ports

MOST_NAMED, MOST_PROBLEMS = 5, 50  # most problems in the message, and in its details


class Health(BaseModel):
    """The status of the service."""

    status: Literal["ok"] = "ok"


def create_app(
    ports: Ports,
    authenticator: Authenticator,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    console: bool = True,
    local_key: str | None = None,
) -> FastAPI:
    """Return the ASGI app over these ports. The same app runs in Lambda, in the local stack and in tests.

    `monotonic` measures how many real seconds a caller has waited. `console` serves the console, whose sign-in names
    `local_key`: only the local stack has such a key. Requests are handled in the event loop's thread,
    without a thread pool, because Lambda sends one request at a time.
    """
    app = FastAPI(
        title="agent schedules",
        version="1",
        summary="Saved LLM agents, run on a schedule: once, every N seconds, or cron in a time zone.",
        redirect_slashes=False,
        docs_url=None,  # the console has its own page there
        redoc_url=None,
    )
    routers = [
        service_routes(),
        by_key_routes(ports),
        agent_routes(ports),
        schedule_routes(ports),
        skip_routes(ports),
        backfill_routes(ports),
        trigger_routes(ports),
        run_routes(ports),
        preview_routes(ports),
        occurrence_routes(ports),
        limit_routes(ports),
        fleet_routes(ports),
        bulk_routes(ports),
        run_list_routes(ports),
        webhook_routes(ports),
        whoami_routes(),
        key_routes(ports),
        console_routes(local_key) if console else reference_route(),
    ]
    routes = [route for router in routers for route in router.routes]
    _add_error_handlers(app, routes)
    # include_router would build every route at start.
    app.router.routes.extend(routes)
    app.add_middleware(RequestMiddleware, authenticator=authenticator, monotonic=monotonic)
    describe(app)
    return app


def service_routes() -> APIRouter:
    """Return the routes that do not concern an agent. They come first, because later routes would take their paths for
    an agent's id."""
    router = APIRouter(route_class=LazyRoute)

    @router.get("/healthz", tags=["service"], operation_id="healthz", responses=described(400, 500))
    def healthz() -> Health:
        """Return `ok` while the service is up."""
        return Health()

    # Out of scope (contract 6). Without this route the path would be taken for an agent's id.
    @router.api_route("/api/v1/agents/function-tools", methods=["GET", "POST", "DELETE"], include_in_schema=False)
    def function_tools() -> None:
        raise HTTPException(404)

    return router


def _add_error_handlers(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    @app.exception_handler(AgentSchedulesError)
    async def known(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AgentSchedulesError)
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        problems = [
            {"field": field_of(problem["loc"], problem["type"]), "message": problem_of(problem)}
            for problem in error.errors()[:MOST_PROBLEMS]
        ]
        text = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems[:MOST_NAMED])
        return envelope(400, text, details=problems)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        path = request.scope["path"]
        if error.status_code == 404 and path.endswith("/") and _methods(routes, request, path.rstrip("/")):
            return envelope(404, f"No such route: {path[:200]} ends with a slash; send the path without it")
        if error.status_code == 404:
            return envelope(404, f"No such route: {request.method} {path[:200]}; /docs lists them")
        if error.status_code == 405:
            allowed = ", ".join(sorted(_methods(routes, request, path))) or "GET, HEAD"
            message = f"{request.method} is not allowed here; use {_either(allowed)}. /docs lists the routes"
            return envelope(405, message, headers={"Allow": allowed})
        return envelope(
            400 if error.status_code < 500 else error.status_code, "The request body could not be read as JSON"
        )


def _either(allowed: str) -> str:
    """Return the methods as a choice: `POST`, `GET, HEAD or POST`."""
    return " or ".join(allowed.rsplit(", ", 1))


def _methods(routes: Sequence[BaseRoute], request: Request, path: str) -> set[str]:
    """Return the methods of a path. Starlette alone returns those of the first matching route only."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches({**request.scope, "path": path})[0] is not Match.NONE:
            found |= route.methods or set()
    return found | ({"HEAD"} if "GET" in found else set())
