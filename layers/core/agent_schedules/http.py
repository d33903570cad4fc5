"""The HTTP API: routes, and the one place where requests and errors become envelopes (contract 1.4). All answers
are JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from agent_schedules import service
from agent_schedules.auth import Authenticator, Caller
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.guard import Guard, envelope
from agent_schedules.ports import Ports
from agent_schedules.service import Paging
from agent_schedules.strictjson import StrictRoute
from agent_schedules.wire import (
    AgentList,
    AgentRunView,
    AgentView,
    CreateAgentBody,
    CreateScheduleBody,
    ErrorEnvelope,
    Listing,
    RunList,
    ScheduleDeleted,
    ScheduleList,
    ScheduleView,
)

FARTHEST_OFFSET = 10_000

_DESCRIPTIONS = {
    400: "The request is wrong; the message names the field and says what to do",
    401: "No API key, or one that is not known",
    404: "No such resource for this caller",
    500: "A fault of this service; nothing about it is the caller's",
    503: "A service below did not answer and nothing was committed; send the call again",
}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The statuses that an operation can answer besides its success."""
    return {
        status: {"model": ErrorEnvelope, "description": _DESCRIPTIONS[status]}
        for status in (400, 401, *statuses, 500, 503)
    }


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _paging(
    limit: Annotated[int, Query(ge=1, le=100)] = 20, order: Annotated[Literal["asc", "desc"], Query()] = "desc"
) -> Paging:
    return Paging(limit=limit, newest_first=order == "desc")


def _offset_paging(
    paging: Annotated[Paging, Depends(_paging)], offset: Annotated[int, Query(ge=0, le=FARTHEST_OFFSET)] = 0
) -> Paging:
    return Paging(limit=paging.limit, newest_first=paging.newest_first, offset=offset)


Called = Annotated[Caller, Depends(_caller)]
AgentId = Annotated[str, Path(description="The agent's id")]
ScheduleId = Annotated[str, Path(description="The schedule's id")]
RunId = Annotated[str, Path(description="The run's id")]
Paged = Annotated[Paging, Depends(_paging)]
OffsetPaged = Annotated[Paging, Depends(_offset_paging)]

L = TypeVar("L", bound=Listing)


def _page(model: type[L], views: list[Any], *, more: bool) -> L:
    return model(
        data=views,
        first_id=views[0].id if views else None,
        last_id=views[-1].id if views else None,
        has_more=more,
    )


class Health(BaseModel):
    """The answer of a service that is up."""

    status: Literal["ok"] = "ok"


def create_app(ports: Ports, authenticator: Authenticator) -> FastAPI:
    """The ASGI app over these ports. The same app runs in Lambda, in the local stack and in tests."""
    app = FastAPI(
        title="agent schedules",
        version="1",
        summary="Saved LLM agents, run on a schedule: once, every N seconds, or cron in a time zone.",
        redirect_slashes=False,
    )
    app.router.route_class = StrictRoute
    _add_error_handlers(app)
    agent = "/api/v1/agents/{agent_id}"

    @app.get("/healthz", tags=["service"], operation_id="healthz")
    def healthz() -> Health:
        """Whether the service is up."""
        return Health()

    @app.get("/api/v1/agents", tags=["agents"], operation_id="list_agents", responses=_errors())
    def list_agents(caller: Called, paging: OffsetPaged, deleted: Annotated[bool, Query()] = False) -> AgentList:
        """Agents, newest first; with `deleted=true` only deleted ones."""
        agents, more = service.list_agents(ports, caller, paging, deleted=deleted)
        return _page(AgentList, [AgentView.of(agent) for agent in agents], more=more)

    @app.post("/api/v1/agents", tags=["agents"], operation_id="create_agent", status_code=201, responses=_errors())
    def create_agent(caller: Called, body: CreateAgentBody) -> AgentView:
        """Save an agent."""
        return AgentView.of(service.create_agent(ports, caller, body))

    @app.get(agent, tags=["agents"], operation_id="get_agent", responses=_errors(404))
    def get_agent(caller: Called, agent_id: AgentId) -> AgentView:
        """One agent."""
        return AgentView.of(service.get_agent(ports, caller, agent_id))

    @app.get(
        f"{agent}/schedules", tags=["agent schedules"], operation_id="list_agent_schedules", responses=_errors(404)
    )
    def list_schedules(caller: Called, agent_id: AgentId, paging: Paged) -> ScheduleList:
        """An agent's schedules, newest first."""
        schedules, more = service.list_schedules(ports, caller, agent_id, paging)
        return _page(ScheduleList, [ScheduleView.of(schedule) for schedule in schedules], more=more)

    @app.post(
        f"{agent}/schedules",
        tags=["agent schedules"],
        operation_id="create_agent_schedule",
        status_code=201,
        responses=_errors(404),
    )
    def create_schedule(caller: Called, agent_id: AgentId, body: CreateScheduleBody) -> ScheduleView:
        """Create a schedule; from now on each of its occurrences leads to exactly one recorded outcome."""
        return ScheduleView.of(service.create_schedule(ports, caller, agent_id, body))

    @app.get(
        f"{agent}/schedules/{{schedule_id}}",
        tags=["agent schedules"],
        operation_id="get_agent_schedule",
        responses=_errors(404),
    )
    def get_schedule(caller: Called, agent_id: AgentId, schedule_id: ScheduleId) -> ScheduleView:
        """One schedule; a deleted one for 30 days."""
        return ScheduleView.of(service.get_schedule(ports, caller, agent_id, schedule_id))

    @app.delete(
        f"{agent}/schedules/{{schedule_id}}",
        tags=["agent schedules"],
        operation_id="delete_agent_schedule",
        responses=_errors(404),
    )
    def delete_schedule(caller: Called, agent_id: AgentId, schedule_id: ScheduleId) -> ScheduleDeleted:
        """Delete a schedule; its runs stay readable."""
        service.delete_schedule(ports, caller, agent_id, schedule_id)
        return ScheduleDeleted(id=schedule_id)

    @app.get(f"{agent}/runs", tags=["agent runs"], operation_id="list_agent_runs", responses=_errors(404))
    def list_runs(caller: Called, agent_id: AgentId, paging: OffsetPaged) -> RunList:
        """An agent's runs, the latest due first."""
        runs, more = service.list_runs(ports, caller, agent_id, paging)
        return _page(RunList, [AgentRunView.of(run) for run in runs], more=more)

    @app.get(f"{agent}/runs/{{run_id}}", tags=["agent runs"], operation_id="get_agent_run", responses=_errors(404))
    def get_run(caller: Called, agent_id: AgentId, run_id: RunId) -> AgentRunView:
        """One run, with its input and the gateway's response."""
        return AgentRunView.of(service.get_run(ports, caller, agent_id, run_id))

    app.add_middleware(Guard, authenticator=authenticator)
    _describe_without_422(app)
    return app


def _describe_without_422(app: FastAPI) -> None:
    """FastAPI writes a 422 into every description; here bad input is a 400 (contract D40)."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(AgentSchedulesError)
    def known(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AgentSchedulesError)
        return envelope(error.status, error.message)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        problems = [{"field": _field(problem["loc"]), "message": _problem(problem)} for problem in error.errors()]
        text = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems[:5])
        return envelope(400, text, details=problems[:50])

    @app.exception_handler(HTTPException)
    def routing(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return envelope(404, f"No such route: {request.method} {request.url.path[:200]}; /docs lists them")
        if error.status_code == 405:
            return envelope(
                405, f"{request.method} is not possible here; /docs lists the routes", headers=error.headers
            )
        return envelope(
            400 if error.status_code < 500 else error.status_code, "The request body could not be read as JSON"
        )


_TAGS = {"once", "interval", "cron"}


def _field(location: tuple[int | str, ...]) -> str:
    """The field's path as the caller wrote it: without FastAPI's source and pydantic's union tag."""
    source, *path = location
    if source == "body" and len(path) > 2 and path[0] == "schedule" and path[1] in _TAGS:
        del path[1]
    if source == "body" and path and isinstance(path[0], int):
        return "body"  # a position in malformed JSON
    return ".".join(str(part) for part in path) or str(source)


def _problem(problem: dict[str, Any]) -> str:
    """What is wrong in words that help; pydantic's own where they do."""
    match problem["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a field of this request; remove it"
        case "json_invalid":
            return f"is not valid JSON ({problem['ctx']['error']})"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            message = str(problem["msg"])
            return message[:1].lower() + message[1:]
