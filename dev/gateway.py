"""The local echo gateway: OpenAI's Responses API over HTTP, answered by scripted models on the stack's clock.

A response is never "run": what was asked and when it was accepted decide its state at any later moment.

Models: `echo`, `slow-<seconds>`, `fail`, `incomplete`, `reject` and `flaky-<n>`; see `create_gateway`.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev import json_lines

MAX_BODY_BYTES = 4 * 1024 * 1024
_POLL_SECONDS = 0.02  # real seconds between looks at the stack's clock while a synchronous request is held
_OFFERED = "echo, slow-<seconds>, fail, incomplete, reject, flaky-<n>"
# The digits are bounded so that every due time is still a date.
_MODEL = re.compile(r"echo|fail|incomplete|reject|slow-([0-9]{1,9}(?:\.[0-9]{1,6})?)|flaky-([0-9]{1,6})")


class CreateBody(BaseModel):
    """What of a create request is read. The defaults are OpenAI's, and every field but `input` is echoed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    model: str
    input: str | list[dict[str, Any]] = Field(exclude=True)
    background: bool = False
    conversation: dict[str, str] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, str] = {}
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    reasoning: dict[str, Any] = {}
    safety_identifier: str | None = None
    store: bool = True
    stream: Literal[False] = Field(default=False, exclude=True)
    temperature: float = Field(default=1.0, ge=0, le=2)
    text: dict[str, Any] = {}
    tool_choice: str | dict[str, Any] = "auto"
    tools: list[dict[str, Any]] = []
    top_logprobs: int = Field(default=0, ge=0, le=20)
    top_p: float = Field(default=1.0, ge=0, le=1)
    truncation: Literal["auto", "disabled"] = "disabled"
    user: str | None = None

    @field_validator("conversation", mode="before")
    @classmethod
    def _conversation(cls, value: object) -> object:
        named = value.get("id") if isinstance(value, dict) else value
        return {"id": named}

    def input_text(self) -> str:
        """The text a model echoes: the input itself, or all text of the user's messages, concatenated."""
        if isinstance(self.input, str):
            return self.input
        found: list[str] = []
        for item in self.input:
            if item.get("role") != "user":
                continue
            content = item.get("content")
            parts = content if isinstance(content, list) else [{"type": "input_text", "text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "input_text"]
            found += [text for text in texts if isinstance(text, str)]
        return "".join(found)


@dataclass
class Accepted:
    """A request that made a response. `headers` are lower-case and without `authorization`; `body` is as sent."""

    id: str
    at: datetime
    key: str | None
    headers: dict[str, str]
    body: dict[str, Any]
    cancelled: bool = False

    @property
    def asked(self) -> CreateBody:
        """The body, read."""
        return _read_body(self.body)

    def due(self) -> datetime:
        """When the response is finished, unless it was cancelled before."""
        slow = self.body["model"].removeprefix("slow-")
        return self.at + timedelta(seconds=float(slow) if slow != self.body["model"] else 0)

    def status(self, now: datetime) -> str:
        """The response's state at `now`."""
        if self.cancelled:
            return "cancelled"
        if now < self.due():
            return "in_progress"
        return {"fail": "failed", "incomplete": "incomplete"}.get(self.body["model"], "completed")

    def response(self, status: str) -> dict[str, Any]:
        """The response object, as OpenAI shows it in that state."""
        asked = self.asked
        text = asked.input_text()
        said = {"completed": text, "incomplete": text[: (len(text) + 1) // 2]}.get(status)
        # What OpenAI fills in where a request leaves it open.
        tools = [
            {"description": None, "parameters": None, "strict": True, **t} if t.get("type") == "function" else t
            for t in asked.tools
        ]
        failure = {"code": "server_error", "message": "The model `fail` always fails."}
        return {
            **asked.model_dump(),
            "id": self.id,
            "object": "response",
            "created_at": int(self.at.timestamp()),
            # OpenAI has this in completed responses only.
            "completed_at": int(self.due().timestamp()) if status == "completed" else None,
            "status": status,
            "error": failure if status == "failed" else None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "output": [] if said is None else [_message(self.id, said, status)],
            "usage": None if said is None else _usage(text, said),
            "reasoning": {"effort": None, "summary": None, **asked.reasoning},
            "service_tier": "default",
            "text": {"format": {"type": "text"}, "verbosity": "medium", **asked.text},
            "tools": tools,
        }


class Ledger:
    """What the gateway was asked, for tests to look at, and kept in the journal if there is one.

    `accepted` holds one entry per response, in order. `posts` counts the posts of each Idempotency-Key,
    refused ones and repeats included.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self.accepted: list[Accepted] = []
        self.posts: Counter[str] = Counter()
        self.by_id: dict[str, Accepted] = {}
        self.by_key: dict[str, Accepted] = {}
        self._journal = journal
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)
            journal.touch()
            self._reload(journal)

    def posted(self, key: str) -> int:
        """Count one post of `key`, and return how many there were."""
        self._write({"posted": key})
        self.posts[key] += 1
        return self.posts[key]

    def accept(self, entry: Accepted) -> None:
        """Add a new response."""
        self._write({"accepted": {**vars(entry), "at": entry.at.isoformat()}})
        self._add(entry)

    def cancel(self, entry: Accepted) -> None:
        """Mark a response as cancelled."""
        self._write({"cancelled": entry.id})
        entry.cancelled = True

    def _add(self, entry: Accepted) -> None:
        self.accepted.append(entry)
        self.by_id[entry.id] = entry
        if entry.key is not None:
            self.by_key[entry.key] = entry

    def _write(self, event: dict[str, Any]) -> None:
        if self._journal is not None:
            json_lines.append(self._journal, [event])

    def _reload(self, journal: Path) -> None:
        json_lines.truncate_partial_line(journal)  # no caller got an answer that rests on it
        for line in journal.read_bytes().splitlines():
            event = json.loads(line)
            if "posted" in event:
                self.posts[event["posted"]] += 1
            elif "cancelled" in event:
                self.by_id[event["cancelled"]].cancelled = True
            else:
                fields = event["accepted"]
                self._add(Accepted(**{**fields, "at": datetime.fromisoformat(fields["at"])}))


class Refusal(Exception):
    """A request that is answered with OpenAI's error object."""

    def __init__(
        self, http: int, message: str, *, param: str | None = None, code: str | None = None, retry: str | None = None
    ) -> None:
        super().__init__(message)
        self.http = http
        self.headers = None if retry is None else {"Retry-After": retry}
        kind = "server_error" if http >= 500 else "invalid_request_error"
        self.error = {"message": message, "type": kind, "param": param, "code": code}


class _Gateway:
    def __init__(self, clock: Callable[[], datetime], ledger: Ledger, api_key: str | None) -> None:
        self._clock = clock
        self._ledger = ledger
        self._api_key = api_key

    async def create(self, request: Request) -> JSONResponse:
        self._authorise(request)
        key = request.headers.get("idempotency-key") or None
        posts = 0 if key is None else self._ledger.posted(key)
        body = await _json_body(request)
        asked = _read_body(body)
        # No await from here to accept(): two posts of one key cannot both miss each other's response.
        entry = None if key is None else self._ledger.by_key.get(key)
        repeated = entry is not None
        if entry is None:
            _admit(asked.model, posts)
            headers = {name: value for name, value in request.headers.items() if name != "authorization"}
            entry = Accepted(f"resp_{secrets.token_hex(16)}", self._clock(), key, headers, body)
            self._ledger.accept(entry)
        if entry.asked.background:
            return JSONResponse(entry.response(entry.status(self._clock()) if repeated else "queued"))
        while entry.status(self._clock()) == "in_progress" and not await request.is_disconnected():
            await asyncio.sleep(_POLL_SECONDS)
        return JSONResponse(entry.response(entry.status(self._clock())))

    async def retrieve(self, request: Request) -> JSONResponse:
        entry = self._find(request)
        return JSONResponse(entry.response(entry.status(self._clock())))

    async def cancel(self, request: Request) -> JSONResponse:
        entry = self._find(request)
        if not entry.asked.background:
            raise Refusal(400, "Cannot cancel a synchronous response.")
        if entry.status(self._clock()) == "in_progress":
            self._ledger.cancel(entry)
        return JSONResponse(entry.response(entry.status(self._clock())))

    def _authorise(self, request: Request) -> None:
        if self._api_key is None:
            return
        sent = request.headers.get("authorization", "")
        if not secrets.compare_digest(sent.encode(), f"Bearer {self._api_key}".encode()):
            raise Refusal(401, "Incorrect API key provided, or none.", code="invalid_api_key")

    def _find(self, request: Request) -> Accepted:
        self._authorise(request)
        named = request.path_params["id"]
        if named not in self._ledger.by_id:
            raise Refusal(404, f"Response with id '{named}' not found.")
        return self._ledger.by_id[named]


def _message(response_id: str, text: str, status: str) -> dict[str, Any]:
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    named = response_id.replace("resp_", "msg_")
    return {"id": named, "type": "message", "role": "assistant", "status": status, "content": [content]}


def _usage(read: str, written: str) -> dict[str, Any]:
    tokens_in, tokens_out = len(read.split()), len(written.split())  # a word is a token
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_in + tokens_out,
    }


async def _json_body(request: Request) -> dict[str, Any]:
    raw, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        # Too long a body is read to its end but not kept: a client still sending would miss the answer.
        if size <= MAX_BODY_BYTES:
            raw += chunk
    if size > MAX_BODY_BYTES:
        raise Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        body = from_json(bytes(raw), allow_inf_nan=False)
        json.dumps(body, allow_nan=False)  # 1e999 reads as infinity, which could not be echoed
    except ValueError as error:
        raise Refusal(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return body


def _read_body(body: dict[str, Any]) -> CreateBody:
    try:
        # OpenAI takes null for "not given".
        return CreateBody.model_validate({name: value for name, value in body.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        param = str(first["loc"][0])
        if first["type"] == "missing":
            message, code = f"Missing required parameter: '{param}'.", "missing_required_parameter"
        else:
            message, code = f"Invalid value for '{param}': {first['msg']}.", "invalid_value"
        raise Refusal(400, message, param=param, code=code) from error


def _admit(model: str, posts: int) -> None:
    """Refuse what the model refuses. `posts`: how often the request's key was posted, 0 without one."""
    match = _MODEL.fullmatch(model)
    if match is None:
        message = f"The model '{model}' does not exist: this is the local echo gateway, which offers {_OFFERED}."
        raise Refusal(404, message, param="model", code="model_not_found")
    if model == "reject":
        raise Refusal(400, "The model `reject` refuses every request.", param="model", code="invalid_value")
    failures = int(match[2] or 0)
    # Without a key nothing says that two posts are one request, so each is a first one.
    if posts <= failures and failures:
        raise Refusal(503, "The model `flaky` is not available yet.", code="server_error", retry="0")


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):  # the router's: no such path or method
        error = Refusal(error.status_code, error.detail)
    assert isinstance(error, Refusal)
    return JSONResponse({"error": error.error}, error.http, headers=error.headers)


def create_gateway(clock: Callable[[], datetime], journal: Path | None = None, api_key: str | None = None) -> Starlette:
    """The gateway as an ASGI app, at `/responses`; its `Ledger` is `app.state.ledger`.

    `echo` answers with the input's text at once, `slow-<seconds>` after that time on `clock` (aware UTC);
    `fail` fails, `incomplete` stops half-way, `reject` is refused with 400, and `flaky-<n>` answers 503 to
    the first n posts of an Idempotency-Key (to every post without one), then echoes.

    With a `journal`, responses and keys outlive the process. With an `api_key`, requests must bear it.
    """
    ledger = Ledger(journal)
    gateway = _Gateway(clock, ledger, api_key)
    app = Starlette(
        routes=[
            Route("/responses", gateway.create, methods=["POST"]),
            Route("/responses/{id}", gateway.retrieve, methods=["GET"]),
            Route("/responses/{id}/cancel", gateway.cancel, methods=["POST"]),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _refused},
    )
    app.state.ledger = ledger
    return app
