"""Poll the gateway for a run's response until it is terminal, the run times out, or its agent is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.runs import LEASE_MARGIN, TERMINAL, Run, failure
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.execution.finish import end, fail, finish
from agent_schedules.execution.verdicts import MOST_ODD, SEND_DELAYS, Fail, RetryLater, after_look
from agent_schedules.ports import GatewayError, Ports
from agent_schedules.telemetry import about, logger

POLL_SECONDS = 20  # that one poll may take
AGENT_DELETED = failure(
    "agent_deleted", "The agent was deleted while this run was under way; its response was cancelled at the gateway"
)
OVERLAP = failure("overlap", "The next occurrence of its schedule came, and the overlap policy is `cancel_previous`")


def poll(ports: Ports, run: Run, response_id: str, message: ContinueRun, *, lease: float) -> str:
    """Ask the gateway for the response. Unless that ends the run, leave a message that asks again.

    Returns the result, for logs and tests. Raises Unavailable.
    """
    now = ports.now()
    error = None
    try:
        response = ports.gateway.retrieve(
            response_id, on_behalf_of=run.on_behalf_of, seconds=min(POLL_SECONDS, max(lease - LEASE_MARGIN, 1))
        )
        if response["status"] in TERMINAL:
            finish(ports, run, response)
            return "finished"
    except GatewayError as failed:
        error = failed
    if run.timed_out(now, ports.limits.run_timeout):
        late = Fail("timeout", "The gateway did not finish within the run timeout")
        return _stop_and_fail(ports, run, response_id, late)
    unwanted = _unwanted(ports, run, message)
    if unwanted is not None:
        cancelled = _call_off(ports, run, response_id, unwanted)
        if cancelled is not None:
            return cancelled
    verdict = after_look(error, attempts=message.polls, odd=message.odd)
    if isinstance(verdict, Fail):
        return _stop_and_fail(ports, run, response_id, verdict)
    if run.gateway_response_id is not None:
        _poll_later(ports, run, verdict)
        return "polling"
    linked = run.linked(response_id, now=now)
    # The message goes first: a row without one would wait for the reconciler. It carries all that the row will say.
    _poll_later(ports, linked, verdict, response_id)
    try:
        ports.store.runs.save(linked)
    except ConditionFailed:
        return "superseded"
    except Unavailable:
        logger.warning("run not linked", extra=about(run.key))
    return "polling"


def cancel_unwanted(ports: Ports, run: Run, response_id: str, message: ContinueRun) -> None:
    """Cancel a response that its run does not wait for: the run is terminal, or is linked to another response.

    A gateway that does not answer is asked again ten times at most, because the response costs money and only this
    message knows of it. Raises Unavailable.
    """
    if response_id == run.gateway_response_id:
        return
    try:
        ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)
    except GatewayError as error:
        if error.passing and message.odd < MOST_ODD - 1:
            again = replace(message, response_id=response_id, odd=message.odd + 1)
            ports.queue.send([again], delay=SEND_DELAYS[message.odd])
        else:
            found = about(run.key, response_id=response_id, found=error.kind)
            logger.warning("response not cancelled", extra=found)


def _poll_later(ports: Ports, run: Run, retry: RetryLater, response_id: str | None = None) -> None:
    message = ContinueRun(run.key, run.rev, response_id, polls=retry.attempts, odd=retry.odd)
    ports.queue.send([message], delay=retry.delay)


def _stop_and_fail(ports: Ports, run: Run, response_id: str, verdict: Fail) -> str:
    """Cancel a run's response at the gateway and fail the run. A response that is terminal there keeps its outcome."""
    try:
        response = ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)
    except GatewayError as error:
        stopped = f"The gateway did not cancel the response: {error.message}"
    else:
        if response["status"] in TERMINAL - {"cancelled"}:
            finish(ports, run, response)
            return "finished"
        stopped = "The gateway was asked to cancel the response"
    message = f"{verdict.message}. {stopped}"
    fail(ports, replace(run, gateway_response_id=response_id), verdict.code, message)
    return "failed"


def _unwanted(ports: Ports, run: Run, message: ContinueRun) -> dict[str, Any] | None:
    """Return why an open run is no longer wanted, as its error: its agent was deleted, or a newer run replaces it."""
    if message.polls and not ports.store.runs.agent_is_live(run.key):
        return AGENT_DELETED
    if run.replaceable and (key := Key.of_run(run)) is not None:
        schedule = ports.store.schedules.for_hint(key, None).schedule
        return OVERLAP if schedule is not None and schedule.replaces(run.key.run_id) else None
    return None


def _call_off(ports: Ports, run: Run, response_id: str, reason: dict[str, Any]) -> str | None:
    """Cancel a run that is no longer wanted. A response that is terminal keeps its outcome.

    Returns None where the gateway does not cancel it now; the next poll tries again.
    """
    try:
        response = ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)
    except GatewayError as error:
        logger.info("run not called off", extra=about(run.key, found=error.kind))
        return None
    if response["status"] in TERMINAL - {"cancelled"}:
        finish(ports, run, response)
        return "finished"
    end(ports, replace(run, gateway_response_id=response_id), "cancelled", reason)
    return "called_off"
