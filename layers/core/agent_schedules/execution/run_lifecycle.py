"""Start a run and bring it to its end. Runner, worker and reconciler share this code path (contract D45).

A function that starts a run holds it under a lease. After a crash the lease runs out, and the redelivered hint or
message continues the run. The gateway gets the run's id as idempotency key each time, so that it does the work once.

`poll.py` polls for a response, `finish.py` records the outcome.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.runs import LEASE_MARGIN, TERMINAL, Run, Work, failure, request_for
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import ConditionFailed
from agent_schedules.execution import backfill, line
from agent_schedules.execution.finish import end, fail, finish, move_line
from agent_schedules.execution.poll import cancel_unwanted, poll
from agent_schedules.execution.verdicts import POLL_DELAYS, Fail, after_send
from agent_schedules.ports import GatewayError, Ports
from agent_schedules.telemetry import about, count, logger


def start(
    ports: Ports,
    run: Run,
    configuration: dict[str, Any],
    work: Work,
    *,
    lease: float,
    message: ContinueRun | None = None,
) -> None:
    """Send a claimed run to the gateway. Then record the outcome, poll for it later, or put the run off.

    `configuration` is the agent's, `lease` the seconds left. `message` brought the run here, if it was put off before.
    """
    left = _lease_left(ports, run, lease)
    polls, odd = (message.polls, message.odd) if message else (0, 0)
    if not has_time(ports, left):
        put_off(ports, run, delay=1, polls=polls, odd=odd)
        return
    try:
        response = ports.gateway.create(
            request_for(configuration, work, background=ports.gateway.background, extensions=ports.gateway.extensions),
            idempotency_key=run.key.run_id,
            on_behalf_of=run.on_behalf_of,
            seconds=left - LEASE_MARGIN,
        )
    except GatewayError as error:
        _after_failed_send(ports, run, error, attempts=polls, odd=odd)
        return
    if response["status"] in TERMINAL:
        finish(ports, run, response)
    else:  # the first poll writes the response's id to the row; most runs are over by then, which saves a write
        ports.queue.send([ContinueRun(run.key, run.rev, response["id"])], delay=POLL_DELAYS[0])


def _after_failed_send(ports: Ports, run: Run, error: GatewayError, *, attempts: int, odd: int) -> None:
    """Put off or fail a run whose send brought no response."""
    verdict = after_send(
        error,
        attempts=attempts,
        odd=odd,
        left=run.time_left(ports.now(), ports.limits.run_timeout),
        patience=ports.gateway.patience,
        background=ports.gateway.background,
    )
    if isinstance(verdict, Fail):
        fail(ports, run, verdict.code, verdict.message)
        return
    count("RunsPutOff")
    logger.warning("run put off", extra=about(run.key, found=error.kind, sent=verdict.attempts, delay=verdict.delay))
    put_off(ports, run, delay=verdict.delay, polls=verdict.attempts, odd=verdict.odd)


def has_time(ports: Ports, lease: float) -> bool:
    """Whether a send that begins now can wait for as long as the gateway may take.

    A shorter wait would say nothing about the gateway, and leave behind a response that no row knows.
    """
    return lease - LEASE_MARGIN >= ports.gateway.patience


def process_run(ports: Ports, message: ContinueRun, *, lease: float) -> str:
    """Continue a run in whatever state it is. Returns the result, for logs and tests. Raises Unavailable."""
    run = ports.store.runs.get(message.key)
    if run is None:
        return "nothing_to_do"
    if message.response_id is not None and (run.terminal or run.gateway_response_id is not None):
        cancel_unwanted(ports, run, message.response_id, message)
    schedule = Key.of_run(run)
    if run.terminal:
        if run.waiting and schedule is not None:  # it was cancelled
            line.leave(ports, schedule, run.key.run_id)
            backfill.advance(ports, schedule)
        else:
            move_line(ports, run)  # the function that ended it may have crashed before
        return "nothing_to_do"
    if run.waiting and schedule is not None:
        if not line.advance(ports, schedule):
            end(ports, run, "cancelled", failure("schedule_deleted", "Its schedule was deleted while the run waited"))
        return "waiting"
    if run.gateway_response_id is None and message.response_id is not None:
        # The message knows more than the row: the run was sent, even if another function holds the row by now.
        return poll(ports, run, message.response_id, message, lease=lease)
    if run.supersedes(message.rev):
        return "superseded"
    if run.gateway_response_id is not None:
        return poll(ports, run, run.gateway_response_id, message, lease=lease)
    if run.abandoned(ports.now()):
        return take_over(ports, run, lease=lease, message=message)
    _recheck_after_lease(ports, run, message)
    return "held"


def continue_claimed(ports: Ports, run: Run, *, lease: float) -> Literal["continued", "held"] | None:
    """Continue the run of a redelivered hint's own occurrence, if it was claimed and its send is not recorded.

    While the lease runs, its holder may be at work or may have crashed: then a message rechecks the run afterwards.
    Returns None where there is nothing to continue.
    """
    if run.status != "submitting":
        return None
    if run.abandoned(ports.now()):
        take_over(ports, run, lease=lease)
        return "continued"
    _recheck_after_lease(ports, run)
    return "held"


def take_over(ports: Ports, run: Run, *, lease: float, message: ContinueRun | None = None) -> str:
    """Take over a run that was claimed or queued but never sent, and send it."""
    now = ports.now()
    claimed = run.claimed(now=now, lease=lease)
    try:
        ports.store.runs.save(claimed)
    except ConditionFailed:
        _recheck_after_lease(ports, claimed, message)
        return "superseded"
    if run.timed_out(now, ports.limits.run_timeout):
        fail(ports, claimed, "timeout", "The run could not be sent within the run timeout")
        return "failed"
    task = ports.store.runs.task(run)
    if not task.agent_live:
        fail(ports, claimed, "agent_deleted", "The agent was deleted before this run was sent")
        return "failed"
    if task.configuration is None or task.work is None:
        fail(ports, claimed, "definition_lost", "The agent version or definition this run refers to is gone")
        return "failed"
    start(ports, claimed, task.configuration, task.work, lease=lease, message=message)
    return "started"


def put_off(ports: Ports, run: Run, *, delay: int, polls: int = 0, odd: int = 0) -> Literal["put_off", "superseded"]:
    """Release a run that is held and was not sent; a message sends it in `delay` seconds. Raises Unavailable.

    Older messages about it do not shorten the wait, because they name an older `rev`.
    """
    delay = min(max(delay, 1), LONGEST_DELAY)
    waiting = run.put_off(until=ports.now() + timedelta(seconds=delay))
    # The message goes first. If the row is not written, it waits for the end of the lease; a row without a message
    # would wait for the reconciler.
    ports.queue.send([ContinueRun(run.key, waiting.rev, polls=polls, odd=odd)], delay=delay)
    try:
        ports.store.runs.save(waiting)
    except ConditionFailed:
        return "superseded"
    if run.replaceable:  # one that waits replaces it now, instead of after the delay
        move_line(ports, waiting)
    return "put_off"


def _recheck_after_lease(ports: Ports, run: Run, message: ContinueRun | None = None) -> None:
    """Send a message that rechecks a run after the lease of its holder. `message` brought the run here.

    Its `rev` may be later than the row's, because a run is put off by a message before its row. Then that message is
    the only one that the row will not void. Its counts go on, or the run could be sent without end.

    SQS may deliver two copies of a message, and acknowledging one deletes both. If the holder of the lease has the
    other copy and crashes, nothing else would continue the run.
    """
    left = int(_lease_left(ports, run, 0)) + 1
    polls, odd, rev = (message.polls, message.odd, message.rev or 0) if message else (0, 0, 0)
    recheck = ContinueRun(run.key, max(run.rev, rev), polls=polls, odd=odd)
    ports.queue.send([recheck], delay=min(max(left, 0), LONGEST_DELAY))


def _lease_left(ports: Ports, run: Run, otherwise: float) -> float:
    """Return the seconds until others may take the run. They are counted now, because the claim's commit took time."""
    return (run.lease_until - ports.now()).total_seconds() if run.lease_until else otherwise
