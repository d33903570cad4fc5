"""The class of all routes: built at first use, strict about requests, and without a second validation of answers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent_schedules.api.strict_json import loads
from agent_schedules.api.validation_errors import LONGEST_NAME
from agent_schedules.errors import InvalidRequest

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_UTF_8 = {"utf-8", "utf8"}
OWN_KEY = "<key>"
"""The end of a parameter's name that a caller replaces with a key of its own."""


class LazyRoute(APIRoute):
    """A route that FastAPI builds on the first request for it.

    Building all routes would be the longest part of a cold start, which needs only one of them. Path and method are
    set from the start, so that routing works. The models of the answers are used for the OpenAPI document only.
    """

    inline = True
    """Whether to answer in the event loop's thread. In Lambda this blocks no other request."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        methods = options["methods"] or ["GET"]
        Route.__init__(self, path, endpoint, methods=[*methods], include_in_schema=options["include_in_schema"])
        self.methods = set(methods)  # without Starlette's HEAD, which the middleware answers
        self._options = options

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a matching request."""
        await self._answering.handle(scope, receive, send)

    def documented(self) -> APIRoute:
        """Return the full route, for the OpenAPI document."""
        return APIRoute(self.path, self.endpoint, **self._options)

    @functools.cached_property
    def _answering(self) -> APIRoute:
        options = {**self._options, "response_model": None, "responses": None}
        answer = _answered(self.endpoint, options["status_code"] or 200)
        return _StrictRoute(self.path, _at_once(answer) if self.inline else answer, **options)


def _answered(endpoint: Callable[..., Any], status: int) -> Callable[..., Response]:
    """Return the endpoint with its view serialized to JSON. Views are validated when built, so FastAPI need not."""

    @functools.wraps(endpoint)
    def answer(**values: Any) -> Response:
        view = endpoint(**values)
        if isinstance(view, Response):
            return view
        response = Response(view.model_dump_json(), status, media_type="application/json")
        if "response" in values:
            response.headers.update(values["response"].headers)
            response.status_code = values["response"].status_code or status
        return response

    return answer


def _at_once(answer: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
    @functools.wraps(answer)
    async def at_once(**values: Any) -> Response:
        return answer(**values)

    return at_once


class _StrictRequest(Request):
    async def json(self) -> Any:
        return loads(await self.body())


class _StrictRoute(APIRoute):
    """A route that reads its body with `loads`, and refuses unknown parameters and unexpected bodies."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, wrapped so that it gets a `_StrictRequest`."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None
        parameters = [field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)]

        async def handler(request: Request) -> Response:
            # No route takes cookies, and FastAPI would parse them, before Python 3.11.10 in quadratic time.
            headers = [header for header in request.headers.raw if header[0] != b"cookie"]
            strict = _StrictRequest({**request.scope, "headers": headers}, request.receive)
            if self.include_in_schema:  # an out-of-scope path is a 404, whatever its query and body
                _must_be_known(strict, parameters)
                if await strict.body():
                    _must_be_read(strict, takes_body=takes_body)
            return await handle(strict)

        return handler


def _must_be_known(request: Request, parameters: Sequence[str]) -> None:
    """Refuse query parameters that the operation would ignore: unknown ones, and the second of the same name."""
    own = tuple(one.removesuffix(OWN_KEY) for one in parameters if one.endswith(OWN_KEY))
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in parameters and not name.startswith(own):
            known = ", ".join(f"`{one}`" for one in parameters)
            advice = f"use {known}" if known else "remove it, the operation takes none"
            raise InvalidRequest(f"{name[:LONGEST_NAME]}: is not a query parameter of this operation; {advice}")
        if name in seen:
            raise InvalidRequest(f"{name}: occurs twice; send it once")
        seen.add(name)


def _must_be_read(request: Request, *, takes_body: bool) -> None:
    """Refuse a body that the operation would ignore, or whose headers say that it is not UTF-8 JSON."""
    if not takes_body:
        raise InvalidRequest("body: this request takes no body; send none")
    if any(coding.lower() != "identity" for coding in request.headers.getlist("content-encoding")):
        raise InvalidRequest("Content-Encoding: compressed bodies are not supported; send the body uncompressed")
    media_type = ",".join(request.headers.getlist("content-type"))
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidRequest("Content-Type: must be `application/json`; send the body as JSON")
    if any(charset.lower() not in _UTF_8 for charset in _CHARSET.findall(media_type)):
        raise InvalidRequest("Content-Type: the charset must be `utf-8`; encode the body as UTF-8, or omit the charset")
