"""Checks that the use cases make before they use the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from agent_schedules import ids
from agent_schedules.domain.runs import Work
from agent_schedules.errors import InvalidRequest, NotFound
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateRunBody, ScheduleChanges, ScheduleFields
from agent_schedules.storage.json_text import json_text

LARGEST_KEPT = 384 * 1024  # bytes of a caller's values in one item, of the 400 KB that DynamoDB allows


def now_ms(ports: Ports) -> datetime:
    """Return the current time in milliseconds, the precision that is stored and shown."""
    now = ports.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def require_id(text: str, prefix: str, kind: str) -> str:
    """Return the id if it has the form of one. Raises NotFound, without a read of the table, if not."""
    if not ids.is_id(text, prefix):
        raise NotFound(f"{kind}_id: no {kind} {text[:60]!r}")
    return text


def work_in(body: ScheduleFields | CreateRunBody, **stored: Any) -> Work:
    """Return the work that a body describes. Raises InvalidRequest if it is larger than an item may be, together with
    the other fields that are `stored` in it."""
    work = Work(
        input=body.input,
        conversation=body.conversation,
        previous_response_id=body.previous_response_id,
        context_management=dumped(body.context_management),
        metadata=body.metadata or {},
        stream=isinstance(body, CreateRunBody) and body.stream,
    )
    check_stored_size({**vars(work), **stored})
    check_one_continuation(work)
    return work


def check_one_continuation(work: Work | ScheduleChanges) -> None:
    """Refuse work that continues both a conversation and a response: the Responses API accepts only one.

    Raises InvalidRequest.
    """
    if work.conversation is not None and work.previous_response_id is not None:
        raise InvalidRequest(
            "previous_response_id: cannot be combined with `conversation`; send one of them and null for the other"
        )


def dumped(models: Sequence[BaseModel] | None) -> list[dict[str, Any]] | None:
    """Return parts of a body as JSON objects."""
    return None if models is None else [model.model_dump() for model in models]


def check_stored_size(values: Mapping[str, Any], *, sent: Collection[str] = ()) -> None:
    """Raise InvalidRequest if the values are too large for an item. It names the largest of the fields in `sent`.

    The limit on the body does not suffice: updates add up, and `1e15` is stored as `1000000000000000.0`. By default
    all fields count as sent.
    """
    sizes = {name: len(json_text(value).encode()) for name, value in values.items()}
    if sum(sizes.values()) > LARGEST_KEPT:
        named = max(sent or sizes, key=lambda name: sizes.get(name, 0))
        largest = max(sizes, key=lambda name: sizes[name])
        other = f", or `{largest}`, which takes {sizes[largest] // 1024} KB" if largest != named else ""
        raise InvalidRequest(
            f"{named}: takes {sizes.get(named, 0) // 1024} KB when it is stored, and all fields together may take at "
            f"most {LARGEST_KEPT // 1024} KB; shorten it{other}"
        )
