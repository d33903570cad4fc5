"""What the routes share: who calls, which page, and how an answer and its possible errors are described."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BaseModel
from starlette.responses import Response

from agent_schedules.auth import Caller
from agent_schedules.calls import Call, Intent
from agent_schedules.packing import LARGEST_ANSWER, answer_size
from agent_schedules.paging import FARTHEST_OFFSET, Cursors, Paging, Slice
from agent_schedules.views import ErrorEnvelope

T = TypeVar("T")

_DESCRIPTIONS = {
    400: "The request is wrong; the message names the field and says what to do",
    401: "No API key, or one that is not known",
    404: "No such resource for this caller",
    409: "The resource's state, or the idempotency key's, does not allow it",
    500: "A fault of this service; nothing about it is the caller's",
    502: "The LLM gateway did not answer; send the call again",
    503: "A service below did not answer and nothing was committed; send the call again",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The statuses that an operation can answer besides its success."""
    return {
        status: {"model": ErrorEnvelope, "description": _DESCRIPTIONS[status]}
        for status in sorted({400, 401, 500, 503, *statuses})
    }


def _caller(
    request: Request,
    x_on_behalf_of: Annotated[
        str | None,
        Header(description="The end user this call acts for: 1-150 printable ASCII characters, not `*`"),
    ] = None,
) -> Caller:
    del x_on_behalf_of  # read by the guard, declared here for the description
    caller: Caller = request.state.caller
    return caller


def _change(request: Request, caller: Annotated[Caller, Depends(_caller)]) -> Call:
    return Call(caller, elapsed=request.state.elapsed)


async def _post(
    request: Request,
    call: Annotated[Call, Depends(_change)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Makes the call safe to repeat for 24 hours: its repeat changes nothing and answers the same. "
            "The same key with another request is a 409",
        ),
    ] = None,
) -> Call:
    if idempotency_key is None:
        return call
    request_line = f"{request.method} {request.url.path}\n".encode()
    return Call(
        call.caller,
        Intent(
            key=hashlib.sha256(idempotency_key.encode()).hexdigest(),
            fingerprint=hashlib.sha256(request_line + await request.body()).hexdigest(),
        ),
        call.elapsed,
    )


def _paging(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Annotated[Literal["asc", "desc"], Query(description="By creation; `desc` is newest first")] = "desc",
    after: Annotated[
        str | None, Query(min_length=1, max_length=256, description="Extension: `next_cursor` of the page before")
    ] = None,
) -> Paging:
    return Paging(limit=limit, newest_first=order == "desc", after=after)


_FARTHEST: dict[str, Any] = {"maximum": FARTHEST_OFFSET}


def _not_too_far(offset: int) -> int:
    if offset > FARTHEST_OFFSET:
        raise ValueError(f"must be at most {FARTHEST_OFFSET}; use `after` to go farther")
    return offset


def _offset_paging(
    paging: Annotated[Paging, Depends(_paging)],
    offset: Annotated[
        int,
        Query(ge=0, description="Items to skip; to go farther use `after`", json_schema_extra=_FARTHEST),
        AfterValidator(_not_too_far),
    ] = 0,
) -> Paging:
    return Paging(limit=paging.limit, newest_first=paging.newest_first, offset=offset, after=paging.after)


Called = Annotated[Caller, Depends(_caller)]
"""A call that only reads."""
Deleting = Annotated[Call, Depends(_change)]
"""A DELETE, which is safe to repeat as it is."""
Posting = Annotated[Call, Depends(_post)]
"""A POST, with its idempotency key if it has one."""
Paged = Annotated[Paging, Depends(_paging)]
OffsetPaged = Annotated[Paging, Depends(_offset_paging)]
AgentId = Annotated[str, Path(description="The agent's id")]
ScheduleId = Annotated[str, Path(description="The schedule's id")]
RunId = Annotated[str, Path(description="The run's id")]
VersionNumber = Annotated[int, Path(description="The version's number, from 1", ge=1, le=999_999)]


class Listed:
    """A list of one caller: opens the cursor it came with, and answers with a page and the next cursor."""

    def __init__(self, cursors: Cursors, caller: Caller, name: str, paging: Paging, *, of: str = "") -> None:
        self._cursors = cursors
        self._scope = (caller.owner, name, of)
        self.paging = cursors.opened(self._scope, paging)

    def page(self, found: Slice[T], view: Callable[[T], BaseModel]) -> Response:
        """The page as JSON. It ends early, with `has_more`, where the next item would not fit an answer."""
        texts: list[str] = []
        ids: list[str] = []
        room, more = LARGEST_ANSWER, found.more
        for item in found.items:
            shown: Any = view(item)
            text = shown.model_dump_json()
            room -= answer_size(text)
            if texts and room < 0:
                more = True
                break
            texts.append(text)
            ids.append(shown.id)
        return _json(self._envelope(texts, ids, more=more))

    def _envelope(self, texts: Sequence[str], ids: Sequence[str], *, more: bool) -> str:
        cursor = self._cursors.sealed(self._scope, self.paging, ids[-1]) if more and ids else None
        tail = _Tail(
            first_id=ids[0] if ids else None,
            last_id=ids[-1] if ids else None,
            has_more=more,
            next_cursor=cursor,
        )
        return f'{{"object":"list","data":[{",".join(texts)}],{tail.model_dump_json()[1:]}'


class _Tail(BaseModel):
    first_id: str | None
    last_id: str | None
    has_more: bool
    next_cursor: str | None


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
