"""The kind of all our routes: built when it is first used, strict about bodies, and sparing with answers."""

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


class LazyRoute(APIRoute):
    """A route that FastAPI builds when the first request for it comes.

    Building all of them takes longer than anything else at a cold start, which answers one request. What is found by
    path and method is there from the beginning; what an operation answers is only for the document.
    """

    inline = False
    """Whether a request is answered in the thread of the event loop: in Lambda no other request waits meanwhile."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        methods = options["methods"] or ["GET"]
        Route.__init__(self, path, endpoint, methods=[*methods], include_in_schema=options["include_in_schema"])
        self.methods = set(methods)  # without Starlette's HEAD, which the middleware answers
        self._options = options

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that matches."""
        await self._answering.handle(scope, receive, send)

    def documented(self) -> APIRoute:
        """The route with all that a document says of it."""
        return APIRoute(self.path, self.endpoint, **self._options)

    @functools.cached_property
    def _answering(self) -> APIRoute:
        options = {**self._options, "response_model": None, "responses": None}
        answer = _answered(self.endpoint, options["status_code"] or 200)
        return _StrictRoute(self.path, _at_once(answer) if self.inline else answer, **options)


def _answered(endpoint: Callable[..., Any], status: int) -> Callable[..., Response]:
    """The endpoint with its answer as JSON: a view is what its schema says, so that nothing has to check it again."""

    @functools.wraps(endpoint)
    def answer(**values: Any) -> Response:
        view = endpoint(**values)
        if isinstance(view, Response):
            return view
        response = Response(view.model_dump_json(), status, media_type="application/json")
        if "response" in values:
            response.headers.update(values["response"].headers)
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

    @property
    def cookies(self) -> dict[str, str]:
        """None. No route takes any, and FastAPI would have them parsed: before Python 3.11.10 in quadratic time."""
        return {}


class _StrictRoute(APIRoute):
    """A route that reads its body with `loads`, and only as what it says it is. One that takes no body refuses any."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given a request of ours."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None
        parameters = [field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)]

        async def handler(request: Request) -> Response:
            strict = _StrictRequest(request.scope, request.receive)
            if self.include_in_schema:  # a path that is out of scope is a 404, whatever is asked there
                _must_be_known(strict, parameters)
                if await strict.body():
                    _must_be_read(strict, takes_body=takes_body)
            return await handle(strict)

        return handler


def _must_be_known(request: Request, parameters: Sequence[str]) -> None:
    """Refuse a query with anything that the operation would ignore: another parameter, or one for the second time."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in parameters:
            known = ", ".join(f"`{one}`" for one in parameters)
            advice = f"those there are: {known}" if known else "it takes none; remove it"
            raise InvalidRequest(f"{name[:LONGEST_NAME]}: is not a query parameter of this operation; {advice}")
        if name in seen:
            raise InvalidRequest(f"{name}: is there twice; send it once")
        seen.add(name)


def _must_be_read(request: Request, *, takes_body: bool) -> None:
    """Refuse a body that the operation would ignore, or could read only as something else than it says it is."""
    if not takes_body:
        raise InvalidRequest("body: this request takes no body; send none")
    if any(coding.lower() != "identity" for coding in request.headers.getlist("content-encoding")):
        raise InvalidRequest("Content-Encoding: compressed bodies are not taken; send it uncompressed")
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidRequest("Content-Type: must be `application/json`, which is what the body has to be")
    if any(charset.lower() not in _UTF_8 for charset in _CHARSET.findall(media_type)):
        raise InvalidRequest("Content-Type: the charset must be `utf-8`; encode the body so, or leave the charset out")
