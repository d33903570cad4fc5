"""What every use case checks before it touches the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from agent_schedules import ids
from agent_schedules.domain.runs import Work
from agent_schedules.errors import InvalidRequest, NotFound
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateRunBody, CreateScheduleBody
from agent_schedules.storage.items import json_text

LARGEST_KEPT = 384 * 1024  # bytes of a caller's values in one item, which may have 400 KB


def now_ms(ports: Ports) -> datetime:
    """The present in milliseconds, as it is stored and shown."""
    now = ports.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def require_id(text: str, prefix: str, kind: str) -> str:
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
    check_stored_size(vars(work))
    check_one_continuation(work)
    return work


def check_one_continuation(work: Work) -> None:
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


def check_stored_size(values: Mapping[str, Any], *, sent: Collection[str] = ()) -> None:
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
