"""What the use cases share. Each takes the call, commits one transaction, and only then touches anything else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from agent_schedules import ids
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Work
from agent_schedules.errors import (
    AlreadyDone,
    ConditionFailed,
    Conflict,
    Contended,
    InvalidRequest,
    NotFound,
    Unavailable,
    Uncertain,
)
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateRunBody, CreateScheduleBody
from agent_schedules.storage.items import json_text
from agent_schedules.timestamps import floor_seconds

T = TypeVar("T")

ATTEMPTS = 8  # of a change that lost its race
PAUSES = 24  # of a change that met others at a counter: about as many as fit the time that a commit has
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.32  # seconds, at most
LARGEST_KEPT = 384 * 1024  # bytes of a caller's values in one item, which may have 400 KB


def present(ports: Ports) -> datetime:
    """The present in milliseconds, as it is stored and shown."""
    now = ports.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def known(text: str, prefix: str, kind: str) -> str:
    """The id, if it can be one of ours; reading the table for anything else is a waste. Raises NotFound."""
    if not ids.is_id(text, prefix):
        raise NotFound(f"{kind}_id: no {kind} {text[:60]!r}")
    return text


def work_in(body: CreateScheduleBody | CreateRunBody) -> Work:
    """What a body asks a run to do. Raises InvalidRequest if it is more than an item can hold."""
    work = Work(
        input=body.input,
        conversation=body.conversation,
        previous_response_id=body.previous_response_id,
        context_management=dumped(body.context_management),
        metadata=body.metadata or {},
        stream=isinstance(body, CreateRunBody) and body.stream,
    )
    must_fit(vars(work))
    must_be_one(work)
    return work


def must_be_one(work: Work) -> None:
    """Refuse work that continues both a conversation and a response: the Responses API takes one of the two.

    Raises InvalidRequest.
    """
    if work.conversation is not None and work.previous_response_id is not None:
        raise InvalidRequest(
            "previous_response_id: cannot be combined with `conversation`; send one of them and null for the other"
        )


def dumped(models: Sequence[BaseModel] | None) -> list[dict[str, Any]] | None:
    """Parts of a body as the JSON they came as."""
    return None if models is None else [model.model_dump() for model in models]


def must_fit(values: Mapping[str, Any], *, sent: Collection[str] = ()) -> None:
    """Refuse what no item could hold: changes add up, and `1e15` is kept as `1000000000000000.0`.

    Raises InvalidRequest that names the largest of the fields that were sent, by default all of them.
    """
    sizes = {name: len(json_text(value).encode()) for name, value in values.items()}
    if sum(sizes.values()) > LARGEST_KEPT:
        named = max(sent or sizes, key=lambda name: sizes.get(name, 0))
        largest = max(sizes, key=lambda name: sizes[name])
        other = f", or `{largest}`, which has {sizes[largest] // 1024} KB" if largest != named else ""
        raise InvalidRequest(
            f"{named}: has {sizes.get(named, 0) // 1024} KB as it is kept, and all fields together may have at most "
            f"{LARGEST_KEPT // 1024} KB; shorten it{other}"
        )


def unless_unheard(call: RequestContext, undo: Callable[[], None]) -> None:
    """Take back something new whose answer comes too late for anybody to hear: the repeat of the call makes it.

    Raises Unavailable once it is gone. Where it cannot be taken back, because it was used or DynamoDB does not answer,
    it stands.
    """
    if not call.client_timed_out:
        return
    try:
        undo()
    except (ConditionFailed, Unavailable):
        return
    raise Unavailable("The service is slow and nothing was created; send the call again")


def _back_off(ports: Ports, paused: int) -> None:
    """Let others finish: those who create for one tenant at once meet at its counter (docs/decisions/0008)."""
    longest = min(FIRST_PAUSE * 2**paused, LONGEST_PAUSE)
    ports.pause(longest * int.from_bytes(ports.entropy(2), "big") / 0xFFFF)


def insist(ports: Ports, undo: Callable[[], None]) -> None:
    """Undo something, although others are in the way. Raises ConditionFailed or Unavailable if that is not possible."""
    for paused in range(PAUSES):
        try:
            return undo()
        except Contended:
            _back_off(ports, paused)
    raise Unavailable("The resource is being changed by other calls; try again")


def at_most_once(ports: Ports, call: RequestContext, perform: Callable[[], T], again: Callable[[str], T]) -> T:
    """Carry out a change, once however often the call is sent with its idempotency key (contract D8).

    `perform` commits with the call, so that the key is recorded in the same transaction. It is tried again when
    somebody else's change came first, and when no answer came: it reads what it finds, and what has happened already
    it leaves alone. `again` answers the repeat, from the id of what was made or changed. Raises Conflict for a key that
    was used for another request.
    """
    lost = paused = 0
    while lost < ATTEMPTS and paused < PAUSES:
        if call.idempotency_key is not None:
            receipt = ports.store.receipt(call.caller.owner, call.idempotency_key.key, now=floor_seconds(ports.now()))
            if receipt is not None and receipt.idempotency_key != call.idempotency_key:
                raise Conflict("Idempotency-Key: was used for another request; use a new key for each request")
            if receipt is not None:
                return again(receipt.subject)
        try:
            return perform()
        except Contended:
            _back_off(ports, paused)
            paused += 1
        except (ConditionFailed, AlreadyDone, Uncertain):
            lost += 1
    raise Unavailable("The resource is being changed by other calls; nothing was changed, try again")
