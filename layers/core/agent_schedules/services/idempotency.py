"""Carry out a caller's change once, however often the request is sent (contract D8).

The commit records the idempotency key in its own transaction (`storage/base.py`). Without a key, a create is undone if
its answer would come after the client's timeout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import AlreadyDone, ConditionFailed, Conflict, Contended, Unavailable, Uncertain
from agent_schedules.ports import Ports
from agent_schedules.timestamps import floor_seconds

T = TypeVar("T")

ATTEMPTS = 8  # of a change that lost its race
PAUSES = 24  # of a change that conflicts with others at a counter: about as many as fit the time for a commit
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.32  # seconds, at most


def run_idempotently(ports: Ports, call: RequestContext, perform: Callable[[], T], again: Callable[[str], T]) -> T:
    """Carry out a change, once however often the call is sent with its idempotency key (contract D8).

    `perform` commits with the call, so that the key is recorded in the same transaction. It runs again when another
    change came first, and when no answer came: it reads the current state and does not repeat a change that took
    effect. `again` answers a retry, from the id of the created or changed resource. Raises Conflict for a key that was
    used for another request.
    """
    lost = paused = 0
    while lost < ATTEMPTS and paused < PAUSES:
        if call.idempotency_key is not None:
            record = ports.store.idempotency_record(
                call.caller.owner, call.idempotency_key.key, now=floor_seconds(ports.now())
            )
            if record is not None and record.idempotency_key != call.idempotency_key:
                raise Conflict("Idempotency-Key: was used for another request; use a new key for each request")
            if record is not None:
                return again(record.subject)
        try:
            return perform()
        except Contended:
            _back_off(ports, paused)
            paused += 1
        except (ConditionFailed, AlreadyDone, Uncertain):
            lost += 1
    raise Unavailable("The resource is being changed by other calls; nothing was changed, try again")


def undo_if_client_gone(call: RequestContext, undo: Callable[[], None]) -> None:
    """Undo a create whose answer comes after the client's timeout, because the client's retry creates another one.

    Raises Unavailable once it is undone. If it cannot be undone, because the resource was used or DynamoDB does not
    answer, the create stands.
    """
    if not call.client_timed_out:
        return
    try:
        undo()
    except (ConditionFailed, Unavailable):
        return
    raise Unavailable("The service is slow and nothing was created; send the call again")


def retry_undo(ports: Ports, undo: Callable[[], None]) -> None:
    """Undo a create or change, and retry on contention. Raises ConditionFailed or Unavailable if it is not possible."""
    for paused in range(PAUSES):
        try:
            return undo()
        except Contended:
            _back_off(ports, paused)
    raise Unavailable("The resource is being changed by other calls; try again")


def _back_off(ports: Ports, paused: int) -> None:
    """Wait before the next attempt: concurrent creates of one tenant contend for its counter (docs/decisions/0008)."""
    longest = min(FIRST_PAUSE * 2**paused, LONGEST_PAUSE)
    ports.pause(longest * int.from_bytes(ports.entropy(2), "big") / 0xFFFF)
