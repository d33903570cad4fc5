"""Record how a run ended. A terminal run is never written again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from agent_schedules.domain.messages import ContinueRun, Hint
from agent_schedules.domain.runs import DAY, Run, RunStatus, expires_at, failure
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import ConditionFailed
from agent_schedules.execution.outcomes import note_end
from agent_schedules.execution.silence import note_completed
from agent_schedules.ports import Ports
from agent_schedules.storage.compression import pack
from agent_schedules.storage.json_text import json_text

LARGEST_REASON = 8_000  # characters of a gateway's error that are kept as they are
ATTEMPTS = 5  # at writing a row that others are changing too


def finish(ports: Ports, run: Run, response: dict[str, Any]) -> None:
    """Record a terminal response. The gateway's status is the run's (contract 5.2)."""
    packed = pack(response)
    if packed.parts:
        expires = expires_at(run.kept_days, ports.now())  # before the end of the run, so a day is added
        ports.store.runs.save_response_parts(run.key, packed.parts, None if expires is None else expires + DAY)
    status = cast(RunStatus, response["status"])
    error = _reported(response.get("error")) if status == "failed" else None
    end(
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
    """Return the gateway's own reason, shortened where a row could not hold it: a run that cannot be written would
    never end."""
    if not isinstance(error, dict):
        return failure("gateway_failed", "The gateway reported a failure without a reason")
    if len(json_text(error)) <= LARGEST_REASON:
        return error
    return failure(str(error.get("code"))[:100], str(error.get("message")))


def fail(ports: Ports, run: Run, code: str, message: str) -> None:
    """Record that a run failed."""
    end(ports, run, "failed", failure(code, message))


def end(ports: Ports, run: Run, status: RunStatus, error: dict[str, Any] | None) -> None:
    """Record a run's outcome, whatever else was written to its row meanwhile, unless another outcome came first."""
    ended = run.ended(status, now=ports.now(), error=error)
    if status == "completed":
        note_completed(ports, ended)
    for _ in range(ATTEMPTS):
        try:
            ports.store.runs.save(ended)
        except ConditionFailed:
            stored = ports.store.runs.get(run.key)
            if stored is None or stored.terminal:
                return
            ended = replace(ended, in_line=ended.in_line or stored.in_line, rev=stored.rev + 1)
            continue
        note_end(ended)
        move_line(ports, ended)
        return


def end_unsent(ports: Ports, run: Run, status: RunStatus, error: dict[str, Any] | None) -> None:
    """Record the outcome of a run that was not sent. Raises ConditionFailed where another function takes it."""
    ended = run.ended(status, now=ports.now(), error=error)
    ports.store.runs.save(ended)
    note_end(ended)


def move_line(ports: Ports, run: Run) -> None:
    """Send a hint that starts the schedule's next run, if one waits for the end of this one. Raises Unavailable.

    A run that ended while it waited itself gets a message of its own, which takes it out of the line.
    """
    key = Key.of_run(run)
    if not run.in_line or key is None:
        return
    if ports.store.schedules.line_waits(key):
        ports.queue.send([ContinueRun(run.key, None) if run.waiting else Hint(key, None, advance=True)], delay=0)
