"""Shared dependencies of the routes: the caller, headers, paging, list answers, and the descriptions of errors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from starlette.responses import Response

from agent_schedules.api.shapes import ErrorEnvelope
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.etags import IF_MATCH, Condition
from agent_schedules.domain.paging import FARTHEST_OFFSET, Cursors, Paging, Slice
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.errors import InvalidRequest
from agent_schedules.ids import id_pattern
from agent_schedules.storage.compression import LARGEST_ANSWER, answer_size

T = TypeVar("T")

_DESCRIPTIONS = {
    400: "The request is wrong; the message names the field and says what to do",
    401: "The API key is missing or not valid",
    403: "The key lacks the required scope",
    404: "The resource does not exist for this caller",
    409: "The state of the resource, or an earlier use of the idempotency key, does not allow this call",
    412: "`If-Match` does not name the resource's current version; nothing was written",
    429: "A limit is reached; wait for `Retry-After` and send the call again",
    500: "An internal error of this service",
    502: "The LLM gateway did not answer; send the call again",
    503: "A dependency of this service did not answer and nothing was committed; send the call again",
}


_USER = r"^([\x21-\x29\x2b-\x7e]|[\x21-\x7e][\x20-\x7e]{0,148}[\x21-\x7e])$"
_KEY = r"^[\x21-\x7e]{1,255}$"


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of an operation: those of every authenticated operation, and `statuses`."""
    return described(*sorted({400, 401, 403, 500, 503, *statuses}))


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return these statuses as responses with the error envelope."""
    return {status: {"model": ErrorEnvelope, "description": _DESCRIPTIONS[status]} for status in statuses}


# These dependencies do not block. They are async because FastAPI runs other functions in a thread pool.


async def _caller(
    request: Request,
    x_on_behalf_of: Annotated[
        str | None,
        Header(
            alias="X-On-Behalf-Of",
            description="The end user that this call acts for: 1-150 printable ASCII characters, not `*`",
            json_schema_extra={"pattern": _USER},
        ),
    ] = None,
) -> Caller:
    del x_on_behalf_of  # read by the middleware, declared here for the description
    caller: Caller = request.state.caller
    return caller


async def _conditional(
    request: Request,
    caller: Annotated[Caller, Depends(_caller)],
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            json_schema_extra={"pattern": IF_MATCH},
            description="Extension: change the resource only if its ETag is one of these, separated by commas; "
            "otherwise the call is a 412. A call that changes nothing succeeds with any ETag",
        ),
    ] = None,
) -> RequestContext:
    del if_match  # declared for the description; several header lines form one list (RFC 9110, 5.3)
    lines = request.headers.getlist("if-match")
    condition = Condition.of(", ".join(lines)) if lines else None
    return RequestContext(caller, elapsed=request.state.elapsed, condition=condition)


def _refuse(request: Request, *names: str) -> None:
    """Raise InvalidRequest for a condition that this call would not look at."""
    for name in names:
        if name in request.headers:
            raise InvalidRequest(f"{name}: is not supported here; remove it")


async def _change(request: Request, call: Annotated[RequestContext, Depends(_conditional)]) -> RequestContext:
    _refuse(request, "If-None-Match")
    return call


def _key(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_KEY, value):
        raise ValueError("must be 1-255 printable ASCII characters without spaces")
    return value


async def _idempotency_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        BeforeValidator(_key),
        Header(
            alias="Idempotency-Key",
            json_schema_extra={"pattern": _KEY},
            description="Makes the call safe to retry for 24 hours: a retry changes nothing and gets the same answer. "
            "The same key with a different request is a 409",
        ),
    ] = None,
) -> IdempotencyKey | None:
    if idempotency_key is None:
        return None
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise InvalidRequest("Idempotency-Key: was sent more than once; send one key")
    request_line = f"{request.method} {request.scope['path']}\n".encode()
    return IdempotencyKey(
        key=hashlib.sha256(idempotency_key.encode()).hexdigest(),
        fingerprint=hashlib.sha256(request_line + await request.body()).hexdigest(),
    )


async def _post(
    request: Request,
    idempotency_key: Annotated[IdempotencyKey | None, Depends(_idempotency_key)],
    caller: Annotated[Caller, Depends(_caller)],
) -> RequestContext:
    _refuse(request, "If-Match", "If-None-Match")
    return RequestContext(caller, idempotency_key, request.state.elapsed)


async def _changing_post(
    idempotency_key: Annotated[IdempotencyKey | None, Depends(_idempotency_key)],
    call: Annotated[RequestContext, Depends(_change)],
) -> RequestContext:
    return replace(call, idempotency_key=idempotency_key)


def _digits(value: Any) -> Any:
    # pydantic alone would also accept ` 1`, `+1`, `1.0` and `1_000`.
    if isinstance(value, str) and not re.fullmatch("-?[0-9]+", value):
        raise ValueError("must be a whole number in digits")
    return value


def _spelled(value: Any) -> Any:
    # pydantic alone would also accept `yes`, `on`, `t` and `1`.
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("must be `true` or `false`")
    return value


Digits = BeforeValidator(_digits)
"""For whole numbers in a path or a query. Put it after their bounds, which would otherwise lose their JSON schema."""
Flag = Annotated[bool, BeforeValidator(_spelled)]
"""A boolean in a query."""


After = Annotated[
    str | None, Query(min_length=1, max_length=256, description="Extension: `next_cursor` of the previous page")
]


async def _paging(
    limit: Annotated[int, Field(ge=1, le=100), Digits, Query()] = 20,
    order: Annotated[
        Literal["asc", "desc"], Query(description="The order by creation time; `desc` is newest first")
    ] = "desc",
    after: After = None,
) -> Paging:
    return Paging(limit=limit, newest_first=order == "desc", after=after)


_FARTHEST: dict[str, Any] = {"maximum": FARTHEST_OFFSET}


def _not_too_far(offset: int) -> int:
    if offset > FARTHEST_OFFSET:
        raise ValueError(f"must be at most {FARTHEST_OFFSET}; use `after` to go further")
    return offset


async def _offset_paging(
    paging: Annotated[Paging, Depends(_paging)],
    offset: Annotated[
        int,
        Field(ge=0, json_schema_extra=_FARTHEST),
        AfterValidator(_not_too_far),
        Digits,
        Query(description="Number of items to skip; use `after` to go further"),
    ] = 0,
) -> Paging:
    return replace(paging, offset=offset)


async def _put(
    request: Request,
    idempotency_key: Annotated[IdempotencyKey | None, Depends(_idempotency_key)],
    call: Annotated[RequestContext, Depends(_conditional)],
    if_none_match: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            json_schema_extra={"enum": ["*"]},
            description="Extension: `*` only creates; where something has the key, the call is a 412",
        ),
    ] = None,
) -> RequestContext:
    del if_none_match  # declared for the description; it is one of several header lines
    lines = request.headers.getlist("if-none-match")
    if lines not in ([], ["*"]):
        raise InvalidRequest("If-None-Match: must be `*`, which only creates")
    return replace(call, idempotency_key=idempotency_key, only_new=bool(lines))


ReadDep = Annotated[Caller, Depends(_caller)]
"""The caller of a request that only reads."""
DeleteDep = Annotated[RequestContext, Depends(_change)]
"""A DELETE with its `If-Match`. It is idempotent by itself, so it takes no idempotency key."""
CreateDep = Annotated[RequestContext, Depends(_post)]
"""A POST with its idempotency key, if it has one."""
ChangeDep = Annotated[RequestContext, Depends(_changing_post)]
"""A POST that changes a resource with an ETag, with its idempotency key and its `If-Match`, if it has them."""
PutDep = Annotated[RequestContext, Depends(_put)]
"""A PUT, with what a POST that changes may have and its `If-None-Match`."""
Paged = Annotated[Paging, Depends(_paging)]
OffsetPaged = Annotated[Paging, Depends(_offset_paging)]
AgentId = Annotated[str, Path(description="The agent's id", json_schema_extra={"pattern": id_pattern("agt")})]
OfAgent = Annotated[str | None, Query(description="An agent's id", json_schema_extra={"pattern": id_pattern("agt")})]
"""The id of an agent, as a query parameter."""
OfSchedule = Annotated[
    str | None, Query(description="A schedule's id", json_schema_extra={"pattern": id_pattern("sched")})
]
"""The id of a schedule, as a query parameter."""
ScheduleId = Annotated[str, Path(description="The schedule's id", json_schema_extra={"pattern": id_pattern("sched")})]
RunId = Annotated[str, Path(description="The run's id", json_schema_extra={"pattern": id_pattern("run")})]
VersionNumber = Annotated[int, Field(ge=1, le=999_999), Digits, Path(description="The version's number, from 1")]


class ListResponse:
    """A list of one caller. Verifies the cursor of the request, and answers with a page and the next cursor."""

    def __init__(self, cursors: Cursors, caller: Caller, name: str, paging: Paging, *, of: str = "") -> None:
        self._cursors = cursors
        self._scope = (caller.owner, name, of)
        self.paging = cursors.verify(self._scope, paging)

    def page(self, found: Slice[T], view: Callable[[T], BaseModel]) -> Response:
        """Return the page as JSON. It ends early, with `has_more`, if the next item would exceed the largest answer."""
        texts: list[str] = []
        ids: list[str] = []
        room, more, last = LARGEST_ANSWER, found.more, found.last
        for item in found.items:
            shown: Any = view(item)
            text = shown.model_dump_json()
            room -= answer_size(text)
            if texts and room < 0:
                more, last = True, None
                break
            texts.append(text)
            ids.append(shown.id)
        return _json(self._envelope(texts, ids, more=more, last=last))

    def _envelope(self, texts: Sequence[str], ids: Sequence[str], *, more: bool, last: str | None) -> str:
        last = last or (ids[-1] if ids else None)
        cursor = self._cursors.sign(self._scope, self.paging, last) if more and last else None
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
