"""The use cases of runs: start, read, list, cancel and follow them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.expiry import work_expires_at
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import TERMINAL, Run, RunKey, Work, queued_run
from agent_schedules.errors import AlreadyDone, BadGateway, Conflict, Unavailable
from agent_schedules.execution.finish import finish, move_line
from agent_schedules.execution.outcomes import note_end
from agent_schedules.ports import GatewayError, Ports
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services.checks import now_ms, require_id, work_in
from agent_schedules.services.idempotency import run_idempotently, undo_if_client_gone
from agent_schedules.services.run_allowance import commit_counted
from agent_schedules.storage.compression import work_size
from agent_schedules.storage.runs import RunView
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

GATEWAY_SECONDS = 2.5  # to wait for the gateway, because the answer must come within 3 s (contract 4.4)


def create_run(ports: Ports, call: RequestContext, agent_id: str, body: CreateRunBody) -> RunView:
    """Queue a run of the agent's current version; the worker sends it. Raises NotFound, TooManyRequests or Unavailable.

    If the queue does not answer, the run stays and the reconciler sends it to the worker.
    """
    owner = call.caller.owner
    require_id(agent_id, "agt", "agent")

    def perform() -> RunView:
        agent = ports.store.agents.live(owner, agent_id)
        now = now_ms(ports)
        work = work_in(body)
        run = queued_run(
            RunKey(owner, agent_id, ids.new_id("run", now, ports.entropy)),
            now=now,
            agent_version=agent.version,
            on_behalf_of=call.caller.on_behalf_of,
            size=work_size(work),
            kept_days=ports.limits.run_retention_days,
        )
        create, until = ports.store.runs.create, work_expiry(ports, run)
        commit_counted(ports, run, lambda counted: create(call, run, work, *counted, work_expires_at=until))
        undo_if_client_gone(call, lambda: ports.store.runs.undo_create(run))
        return sent_to_worker(ports, run, work)

    return run_idempotently(ports, call, perform, lambda run_id: get_run(ports, call.caller, agent_id, run_id))


def work_expiry(ports: Ports, run: Run, *, waiting: int = 0) -> int | None:
    """Return when the input stored for a new run expires (UTC seconds); None: never. `waiting`: runs ahead of it."""
    return work_expires_at(run.kept_days, run.created_at, waiting=waiting, timeout=ports.limits.run_timeout)


def sent_to_worker(ports: Ports, run: Run, work: Work) -> RunView:
    """Send a new run to the worker, which also moves the line that it may wait in. Returns the run as an answer.

    The reconciler finds a run whose message was not taken.
    """
    try:
        ports.queue.send([ContinueRun(run.key, run.rev)], delay=0)
    except Unavailable:
        logger.warning("run not queued", extra=about(run.key))
    return RunView(run, work, None)


def get_run(ports: Ports, caller: Caller, agent_id: str, run_id: str) -> RunView:
    """Return a run with its input and response. Raises NotFound."""
    return ports.store.runs.view(_key(caller, agent_id, run_id), now=ports.now())


def list_runs(ports: Ports, caller: Caller, agent_id: str, paging: Paging) -> Slice[RunView]:
    """Return a page of an agent's runs by due time; a deleted agent's until it expires. Raises NotFound."""
    return ports.store.runs.page(caller.owner, require_id(agent_id, "agt", "agent"), paging, now=ports.now())


def cancel_run(ports: Ports, call: RequestContext, agent_id: str, run_id: str) -> RunView:
    """Cancel a run (contract 4.3): here while it is queued, at the gateway once it is linked.

    The retry of a cancel gets the same answer. Raises Conflict while the run is being sent and when it ended otherwise,
    BadGateway when the gateway does not answer, NotFound.
    """
    key = _key(call.caller, agent_id, run_id)

    def perform() -> RunView:
        view = ports.store.runs.view(key, now=ports.now())
        run, now = view.run, now_ms(ports)
        if run.status == "cancelled":
            ports.store.note(call, run_id, now=floor_seconds(now))
            return view
        if run.terminal:
            raise Conflict(f"The run is {run.status} already; a terminal run cannot be cancelled")
        if run.gateway_response_id is not None:
            return _cancel_upstream(ports, call, run, run.gateway_response_id)
        if run.held(now):
            raise Conflict("The run is being sent to the gateway; cancel it again in a few seconds")
        cancelled = run.ended("cancelled", now=now, error=None)
        ports.store.runs.change(call, cancelled, now=floor_seconds(now))
        note_end(cancelled)
        with suppress(Unavailable):  # then the reconciler finds the run that waits for this one
            move_line(ports, cancelled)
        return RunView(cancelled, view.work, None)

    return run_idempotently(ports, call, perform, lambda _: get_run(ports, call.caller, agent_id, run_id))


def _cancel_upstream(ports: Ports, call: RequestContext, run: Run, response_id: str) -> RunView:
    call.must_be_in_time()
    started = call.elapsed()
    try:
        response = ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=GATEWAY_SECONDS)
    except GatewayError as error:
        left = GATEWAY_SECONDS - (call.elapsed() - started)
        if error.passing or left <= 0:
            raise BadGateway(f"{error.message}; the run was not cancelled, try again") from error
        # It may have ended already: gateways refuse to cancel an ended response.
        response = _retrieved(ports, run, response_id, seconds=left)
        if response["status"] not in TERMINAL:
            raise Conflict(f"The gateway refused to cancel the run: {error.message}") from error
    if response["status"] in TERMINAL:
        finish(ports, run, response)
    view = ports.store.runs.view(run.key, now=ports.now())
    if view.run.terminal and view.run.status != "cancelled":
        raise Conflict(f"The run became {view.run.status} before it could be cancelled")
    with suppress(Unavailable, AlreadyDone):  # the run is cancelled, and a retry finds it so
        ports.store.note(call, run.key.run_id, now=floor_seconds(ports.now()))
    return view


def run_snapshot(ports: Ports, caller: Caller, agent_id: str, run_id: str) -> dict[str, Any]:
    """Return the gateway's response object: for a terminal run the stored one, otherwise the gateway's current one.

    Raises Conflict for a run without a linked response (contract D46), BadGateway, NotFound.
    """
    view = ports.store.runs.view(_key(caller, agent_id, run_id), now=ports.now())
    run = view.run
    if run.gateway_response_id is None:
        raise Conflict(f"The run is {run.status} and has no gateway response to report on")
    if run.terminal:
        known_of_it = {"id": run.gateway_response_id, "object": "response", "status": run.status, "error": run.error}
        return view.response or known_of_it
    return _retrieved(ports, run, run.gateway_response_id, seconds=GATEWAY_SECONDS)


def _retrieved(ports: Ports, run: Run, response_id: str, *, seconds: float) -> dict[str, Any]:
    try:
        return ports.gateway.retrieve(response_id, on_behalf_of=run.on_behalf_of, seconds=seconds)
    except GatewayError as error:
        raise BadGateway(f"{error.message}; try again") from error


def _key(caller: Caller, agent_id: str, run_id: str) -> RunKey:
    return RunKey(caller.owner, require_id(agent_id, "agt", "agent"), require_id(run_id, "run", "run"))
