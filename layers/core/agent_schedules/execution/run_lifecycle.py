"""Carrying out a run: start it, poll it, record its outcome. One code path for runner, worker and reconciler (contract
D45).

Whoever starts a run holds it under a lease. A crash leaves the lease to run out, and the redelivered hint or message
goes on: the gateway gets the run's id as idempotency key each time, so that it does the work once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.messages import Attend
from agent_schedules.domain.runs import TERMINAL, Run, RunStatus, Work, failure, request_for
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.execution.outcomes import note_end
from agent_schedules.execution.verdicts import POLL_DELAYS, Again, End, after_look, after_send
from agent_schedules.ports import GatewayError, Ports
from agent_schedules.storage.compression import pack
from agent_schedules.storage.items import json_text
from agent_schedules.telemetry import about, count, logger

POLL_SECONDS = 20  # that one poll may take
LARGEST_REASON = 8_000  # characters of a gateway's error that are kept as they are
MARGIN = 5  # seconds of a lease kept for recording what the gateway said


def start(
    ports: Ports, run: Run, configuration: dict[str, Any], work: Work, *, lease: float, so_far: Attend | None = None
) -> None:
    """Send a claimed run to the gateway, and record the outcome, poll for it later, or put the run off.

    `configuration` is the agent's; `lease` the seconds left to do it; `so_far` the message that brought the run here,
    if it was put off before.
    """
    left = _lease_left(ports, run, lease)
    if not has_time(ports, left):
        put_off(ports, run, delay=1, polls=so_far.polls if so_far else 0, odd=so_far.odd if so_far else 0)
        return
    try:
        response = ports.gateway.create(
            request_for(configuration, work, background=ports.gateway.background, extensions=ports.gateway.extensions),
            idempotency_key=run.key.run_id,
            on_behalf_of=run.on_behalf_of,
            seconds=left - MARGIN,
        )
    except GatewayError as error:
        _not_sent(ports, run, error, so_far)
        return
    if response["status"] in TERMINAL:
        finish(ports, run, response)
    else:  # the row learns the response's id at the first poll, when most runs are over: one write less
        ports.queue.send([Attend(run.key, run.rev, response["id"])], delay=POLL_DELAYS[0])


def _not_sent(ports: Ports, run: Run, error: GatewayError, so_far: Attend | None) -> None:
    """Put off a run that the gateway has not taken, unless that is its end."""
    verdict = after_send(
        error,
        asked=so_far.polls if so_far else 0,
        odd=so_far.odd if so_far else 0,
        left=ports.limits.run_timeout - (ports.now() - run.created_at).total_seconds(),
        patience=ports.gateway.patience,
        background=ports.gateway.background,
    )
    if isinstance(verdict, End):
        _fail(ports, run, verdict.code, verdict.message)
        return
    count("RunsPutOff")
    logger.info("run put off", extra=about(run.key, found=error.kind, sent=verdict.asked, delay=verdict.delay))
    put_off(ports, run, delay=verdict.delay, polls=verdict.asked, odd=verdict.odd)


def has_time(ports: Ports, lease: float) -> bool:
    """Whether a send that begins now can wait for as long as the gateway may take. A shorter one would say nothing
    about the gateway, and leave a response behind that nobody knows."""
    return lease - MARGIN >= ports.gateway.patience


def attend(ports: Ports, message: Attend, *, lease: float) -> str:
    """Go on with a run, whatever state it is in; returns what was done, for logs and tests."""
    run = ports.store.runs.get(message.key)
    if run is None:
        return "nothing_to_do"
    if message.response_id is not None and (run.terminal or run.gateway_response_id is not None):
        _let_go(ports, run, message.response_id)
    if run.terminal:
        return "nothing_to_do"
    if run.gateway_response_id is None and message.response_id is not None:
        # Whoever holds it: this is what it has come to.
        return _poll(ports, run, message.response_id, message, lease=lease)
    if run.outdates(message.rev):
        return "superseded"
    if run.gateway_response_id is not None:
        return _poll(ports, run, run.gateway_response_id, message, lease=lease)
    if run.abandoned(ports.now()):
        return resume(ports, run, lease=lease, so_far=message)
    _look_again(ports, run)
    return "held"


def go_on(ports: Ports, run: Run, *, lease: float) -> Literal["continued", "held"] | None:
    """What a redelivered hint owes the run of its own occurrence, if that was claimed but is not known to be sent.

    Somebody may still be on it, or may have died with the lease running: then a message looks again when the lease
    is over.
    """
    if run.status != "submitting":
        return None
    if run.abandoned(ports.now()):
        resume(ports, run, lease=lease)
        return "continued"
    _look_again(ports, run)
    return "held"


def resume(ports: Ports, run: Run, *, lease: float, so_far: Attend | None = None) -> str:
    """Take over a run that was claimed or queued but never sent, and send it."""
    now = ports.now()
    claimed = run.claimed(now=now, lease=lease)
    try:
        ports.store.runs.save(claimed)
    except ConditionFailed:
        _look_again(ports, claimed)
        return "superseded"
    if _timed_out(ports, run, now):
        _fail(ports, claimed, "timeout", "The run could not be sent within the run timeout")
        return "failed"
    task = ports.store.runs.task(run)
    if not task.agent_live:
        _fail(ports, claimed, "agent_deleted", "The agent was deleted before this run was sent")
        return "failed"
    if task.configuration is None or task.work is None:
        _fail(ports, claimed, "definition_lost", "The agent version or definition this run refers to is gone")
        return "failed"
    start(ports, claimed, task.configuration, task.work, lease=lease, so_far=so_far)
    return "started"


def put_off(ports: Ports, run: Run, *, delay: int, polls: int = 0, odd: int = 0) -> Literal["put_off", "superseded"]:
    """Give back a run that is held and was not sent; a message sends it in `delay` seconds. Raises Unavailable.

    Older messages about it do not shorten the wait: they name an older `rev`.
    """
    delay = min(max(delay, 1), LONGEST_DELAY)
    waiting = run.put_off(until=ports.now() + timedelta(seconds=delay))
    # Sent first: a message whose row never came waits for the end of the lease, a row without one for the reconciler.
    ports.queue.send([Attend(run.key, waiting.rev, polls=polls, odd=odd)], delay=delay)
    try:
        ports.store.runs.save(waiting)
    except ConditionFailed:
        return "superseded"
    return "put_off"


def finish(ports: Ports, run: Run, response: dict[str, Any]) -> None:
    """Record a terminal response; the gateway's status is the run's (contract 5.2). A terminal run is left as it is."""
    packed = pack(response)
    if packed.parts:
        ports.store.runs.save_response_parts(run.key, packed.parts)
    status = cast(RunStatus, response["status"])
    error = _reported(response.get("error")) if status == "failed" else None
    _end(
        ports,
        replace(
            run,
            gateway_response_id=response["id"],
            response=packed.inline,
            response_parts=len(packed.parts),
            size=run.size + packed.size,
        ),
        status,
        error,
    )


def _reported(error: Any) -> dict[str, Any]:
    """The gateway's own reason, as it is unless a row could not hold it: a run that cannot be written never ends."""
    if not isinstance(error, dict):
        return failure("gateway_failed", "The gateway reports a failure without a reason")
    if len(json_text(error)) <= LARGEST_REASON:
        return error
    return failure(str(error.get("code"))[:100], str(error.get("message")))


def _fail(ports: Ports, run: Run, code: str, message: str) -> None:
    _end(ports, run, "failed", failure(code, message))


def _end(ports: Ports, run: Run, status: RunStatus, error: dict[str, Any] | None) -> None:
    now = ports.now()
    ended = run.ended(status, now=now, error=error)
    for _ in range(5):
        try:
            ports.store.runs.save(ended)
        except ConditionFailed:
            stored = ports.store.runs.get(run.key)
            if stored is None or stored.terminal:
                return
            ended = replace(ended, rev=stored.rev + 1)
            continue
        note_end(ended)
        return


def _poll(ports: Ports, run: Run, response_id: str, message: Attend, *, lease: float) -> str:
    """Ask the gateway how the response is doing; ask again later unless it is terminal or the run has timed out."""
    now = ports.now()
    error = None
    try:
        response = ports.gateway.retrieve(
            response_id, on_behalf_of=run.on_behalf_of, seconds=min(POLL_SECONDS, max(lease - MARGIN, 1))
        )
        if response["status"] in TERMINAL:
            finish(ports, run, response)
            return "finished"
    except GatewayError as failed:
        error = failed
    if _timed_out(ports, run, now):
        return _give_up(ports, run, response_id, End("timeout", "The gateway did not finish within the run timeout"))
    if message.polls and not ports.store.runs.agent_is_live(run.key):
        called_off = _called_off(ports, run, response_id)
        if called_off is not None:
            return called_off
    verdict = after_look(error, asked=message.polls, odd=message.odd)
    if isinstance(verdict, End):
        return _give_up(ports, run, response_id, verdict)
    if run.gateway_response_id is not None:
        _look_later(ports, run, verdict)
        return "polling"
    linked = run.linked(response_id, now=now)
    # Sent first: a row without a message would wait for the reconciler. It knows all that the row is to know.
    _look_later(ports, linked, verdict, response_id)
    try:
        ports.store.runs.save(linked)
    except ConditionFailed:
        return "superseded"
    except Unavailable:
        logger.warning("run not linked", extra=about(run.key))
    return "polling"


def _let_go(ports: Ports, run: Run, response_id: str) -> None:
    """Stop a response that its run does not wait for: it was cancelled, or has another one."""
    if response_id == run.gateway_response_id:
        return
    with suppress(GatewayError):
        ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)


def _look_later(ports: Ports, run: Run, again: Again, response_id: str | None = None) -> None:
    message = Attend(run.key, run.rev, response_id, polls=again.asked, odd=again.odd)
    ports.queue.send([message], delay=again.delay)


def _timed_out(ports: Ports, run: Run, now: datetime) -> bool:
    return now - run.created_at >= timedelta(seconds=ports.limits.run_timeout)


def _give_up(ports: Ports, run: Run, response_id: str, end: End) -> str:
    """End a run whose response is not waited for any longer, at the gateway too. One that is over there after all keeps
    its outcome."""
    try:
        response = ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)
    except GatewayError as error:
        told = f"could not be told to stop: {error.message}"
    else:
        if response["status"] in TERMINAL - {"cancelled"}:
            finish(ports, run, response)
            return "finished"
        told = "was told to stop"
    _fail(ports, replace(run, gateway_response_id=response_id), end.code, f"{end.message}. The response {told}")
    return "failed"


def _called_off(ports: Ports, run: Run, response_id: str) -> str | None:
    """Stop a run whose agent was deleted while it was under way; None where the gateway does not do it now.

    The next look tries again then. A response that is over at the gateway after all keeps its outcome.
    """
    try:
        response = ports.gateway.cancel(response_id, on_behalf_of=run.on_behalf_of, seconds=POLL_SECONDS)
    except GatewayError as error:
        logger.info("run not called off", extra=about(run.key, found=error.kind))
        return None
    if response["status"] in TERMINAL - {"cancelled"}:
        finish(ports, run, response)
        return "finished"
    message = "The agent was deleted while this run was under way; its response was cancelled at the gateway"
    _end(ports, replace(run, gateway_response_id=response_id), "cancelled", failure("agent_deleted", message))
    return "called_off"


def _look_again(ports: Ports, run: Run) -> None:
    """Leave a message for the end of the lease of a run that somebody else holds.

    Two deliveries of one message may be under way at once. Whoever holds the run may have the other one, and die:
    acknowledging this one removes both.
    """
    left = int(_lease_left(ports, run, 0)) + 1
    ports.queue.send([Attend(run.key, run.rev)], delay=min(max(left, 0), LONGEST_DELAY))


def _lease_left(ports: Ports, run: Run, otherwise: float) -> float:
    """Seconds until others may take the run, as it stands now: the commit of the claim took its time too."""
    return (run.lease_until - ports.now()).total_seconds() if run.lease_until else otherwise
