"""The routes of runs (contract 4)."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from agent_schedules.api.dependencies import AgentId, CreateDep, ListResponse, OffsetPaged, ReadDep, RunId, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.run_filters import ShownQuery, shown_as
from agent_schedules.api.run_responses import AgentRunView, RunList, RunSummaryList
from agent_schedules.domain.runs import TERMINAL
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as service
from agent_schedules.services.triggers import retry_run_of

LIFECYCLE = TERMINAL | {"queued", "in_progress"}
"""The statuses of a response that have their own event (contract 4.4)."""
_EVENT = {
    "type": "string",
    "description": "`data` is an event of the Responses API: its `type`, `sequence_number` 0, and the `response`",
    "pattern": rf"^event: response\.({'|'.join(sorted(LIFECYCLE))})\ndata: \{{[^\n]+\}}\n\n$",
    "examples": [
        'event: response.completed\ndata: {"type":"response.completed","sequence_number":0,"response":{"id":"resp_1",'
        '"object":"response","status":"completed"}}\n\n'
    ],
}


class EventStream(Response):
    """Server-sent events."""

    media_type = "text/event-stream"


def run_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1/agents/{agent_id}/runs", tags=["agent runs"], route_class=LazyRoute)

    @router.get("", operation_id="list_agent_runs", responses=errors(404), response_model=RunList | RunSummaryList)
    def list_runs(caller: ReadDep, agent_id: AgentId, paging: OffsetPaged, view: ShownQuery = "full") -> Response:
        """List an agent's runs, the latest due first."""
        listed = ListResponse(ports.cursors, caller, "runs", paging, of=agent_id)
        return listed.page(service.list_runs(ports, caller, agent_id, listed.paging), shown_as(view))

    @router.post("", operation_id="create_agent_run", status_code=201, responses=errors(404, 409, 429))
    def create_run(call: CreateDep, agent_id: AgentId, body: CreateRunBody) -> AgentRunView:
        """Start a run of an agent. The answer comes before the run is done; read the run or its events to follow it."""
        return AgentRunView.of(service.create_run(ports, call, agent_id, body))

    @router.get("/{run_id}", operation_id="get_agent_run", responses=errors(404))
    def get_run(caller: ReadDep, agent_id: AgentId, run_id: RunId) -> AgentRunView:
        """Return a run with its input and the gateway's response."""
        return AgentRunView.of(service.get_run(ports, caller, agent_id, run_id))

    @router.post("/{run_id}/cancel", operation_id="cancel_agent_run", responses=errors(404, 409, 502))
    def cancel_run(call: CreateDep, agent_id: AgentId, run_id: RunId) -> AgentRunView:
        """Cancel a queued run, or ask the gateway to cancel one that it is processing."""
        return AgentRunView.of(service.cancel_run(ports, call, agent_id, run_id))

    @router.post("/{run_id}/retry", operation_id="retry_agent_run", status_code=201, responses=errors(404, 409, 429))
    def retry_run(call: CreateDep, agent_id: AgentId, run_id: RunId) -> AgentRunView:
        """Extension: start a new run with the definition, the agent version and the input of a run that has ended."""
        return AgentRunView.of(retry_run_of(ports, call, agent_id, run_id))

    @router.get(
        "/{run_id}/events",
        operation_id="stream_agent_run_events",
        responses=errors(404, 409, 502)
        | {200: {"content": {"text/event-stream": {"schema": _EVENT}}, "description": "One event"}},
        response_class=EventStream,
    )
    def run_events(caller: ReadDep, agent_id: AgentId, run_id: RunId) -> EventStream:
        """Return the state of a run as one server-sent event of the Responses API: its terminal event once it has
        ended, a snapshot before that. The stream then closes; send the call again for a newer snapshot."""
        return EventStream(_event(service.run_snapshot(ports, caller, agent_id, run_id)))

    return router


def _event(response: dict[str, Any]) -> str:
    status = response.get("status")
    kind = f"response.{status if status in LIFECYCLE else 'in_progress'}"
    event = {"type": kind, "sequence_number": 0, "response": response}
    return f"event: {kind}\ndata: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n"
