"""The service over HTTP: its answers as JSON, its refusals as one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from agent_schedules_cli.errors import REFUSED, UNANSWERED, Failure
from agent_schedules_cli.transport import Answer, NotReached, Request, Transport, Unanswered, is_loopback, over_network

PATIENCE = 30.0  # seconds: an HTTP API of AWS gives up after as many
LARGEST_PAGE = 100
FINAL = {"completed", "failed", "cancelled", "incomplete"}
"""The statuses that a run keeps."""


@dataclass(frozen=True)
class Listed:
    """The first items of a list, and whether there are others."""

    items: list[dict[str, Any]]
    has_more: bool


class Api:
    """A client with one key. Ids go into paths by `at`, which quotes them."""

    def __init__(
        self, url: str, key: str | None, on_behalf_of: str | None = None, *, transport: Transport = over_network
    ) -> None:
        self.url = url
        self._headers = {"Accept": "application/json", "User-Agent": "agent-schedules"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        if on_behalf_of is not None:
            self._headers["X-On-Behalf-Of"] = on_behalf_of
        self._transport = transport

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a GET answers. Raises Failure."""
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a POST answers. Raises Failure."""
        return self._send("POST", path, body)

    def delete(self, path: str) -> dict[str, Any]:
        """What a DELETE answers. Raises Failure."""
        return self._send("DELETE", path)

    def healthy(self) -> None:
        """Whether the service is up. Raises Failure."""
        if self._send("GET", "/healthz").get("status") != "ok":
            raise self._stranger()

    def listed(self, path: str, limit: int | None, **query: Any) -> Listed:
        """The first items of a list, or all of them, over as many pages as it takes. Raises Failure."""
        found: list[dict[str, Any]] = []
        for page in self.pages(path, min(limit or LARGEST_PAGE, LARGEST_PAGE), **query):
            found += page.items
            if limit is not None and len(found) >= limit:
                return Listed(found[:limit], page.has_more or len(found) > limit)
        return Listed(found, has_more=False)

    def pages(self, path: str, size: int, **query: Any) -> Iterator[Listed]:
        """A list, page by page. Raises Failure."""
        query = {**query, "limit": size}
        while True:
            page = self.get(path, **query)
            if not isinstance(page.get("data"), list):
                raise self._stranger()
            yield Listed(page["data"], bool(page.get("has_more")))
            if not page.get("has_more"):
                return
            query["after"] = page["next_cursor"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers, data = self._headers, None
        if body is not None:
            headers, data = headers | {"Content-Type": "application/json"}, json.dumps(body).encode()
        try:
            answer = self._transport(Request(method, f"{self.url}{path}", PATIENCE, headers, data))
        except NotReached as error:
            what = "`make run` starts the local stack" if is_loopback(self.url) else "check the network and the URL"
            raise Failure(
                f"Nothing answers at {self.url} ({error}): {what}; --url or AGENT_SCHEDULES_URL names another service",
                UNANSWERED,
            ) from error
        except Unanswered as error:
            unsure = "" if method == "GET" else "; it may have been done all the same, so look before you repeat it"
            raise Failure(f"{self.url} did not answer ({error}){unsure}", UNANSWERED) from error
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        return self._body(answer, path)

    def _refusal(self, answer: Answer) -> Failure:
        status = answer.status
        try:
            message = str(json.loads(answer.body)["error"]["message"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return Failure(f"{self.url} answered {status}, not as this service does; is the URL right?", UNANSWERED)
        if status < 500:
            return Failure(message, REFUSED)
        return Failure(f"{message} (status {status}, request {answer.headers.get('x-request-id')})", UNANSWERED)

    def _body(self, answer: Answer, path: str) -> dict[str, Any]:
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or (path.startswith("/api/") and "object" not in body):
            raise self._stranger()
        return body

    def _stranger(self) -> Failure:
        return Failure(f"{self.url} does not answer as this service does; is the URL right?", UNANSWERED)


def at(*parts: str) -> str:
    """The path of something below the agents."""
    return "/".join(["/api/v1/agents", *(quote(part, safe="") for part in parts)])
