"""The service's API: responses as JSON, refusals as a one-line Failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from agent_schedules_cli.errors import REFUSED, UNANSWERED, Failure
from agent_schedules_cli.transport import Answer, NotReached, Request, Transport, Unanswered, is_loopback, over_network

STEP_SECONDS, TOTAL_SECONDS = 30.0, 60.0  # an HTTP API of AWS gives up after 30 s
LARGEST_PAGE = 100
FINAL = {"completed", "failed", "cancelled", "incomplete"}
"""The statuses of a run that has ended."""


@dataclass(frozen=True)
class Page:
    """The first items of a list, and whether more follow."""

    items: list[dict[str, Any]]
    has_more: bool


class ApiClient:
    """A client with one key. Every method raises Failure."""

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
        """Return the response to a GET."""
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: dict[str, Any] | None = None, *, only_if: int | None = None) -> dict[str, Any]:
        """Return the response to a POST. `only_if`: the generation that the schedule must still have."""
        return self._send("POST", path, body, {} if only_if is None else {"If-Match": f'"g{only_if}"'})

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a PUT."""
        return self._send("PUT", path, body)

    def delete(self, path: str) -> dict[str, Any]:
        """Return the response to a DELETE."""
        return self._send("DELETE", path)

    def check_health(self) -> None:
        """Raise Failure unless the service is up."""
        if self._send("GET", "/healthz").get("status") != "ok":
            raise self._other_service()

    def list_items(self, path: str, limit: int | None, **query: Any) -> Page:
        """Return the first items of a list, or all of them if `limit` is None, over as many pages as needed."""
        found: list[dict[str, Any]] = []
        for page in self.pages(path, min(limit or LARGEST_PAGE, LARGEST_PAGE), **query):
            found += page.items
            if limit is not None and len(found) >= limit:
                return Page(found[:limit], page.has_more or len(found) > limit)
        return Page(found, has_more=False)

    def pages(self, path: str, size: int, **query: Any) -> Iterator[Page]:
        """Yield the pages of a list."""
        query = {**query, "limit": size}
        while True:
            page = self.get(path, **query)
            if not isinstance(page.get("data"), list):
                raise self._other_service()
            yield Page(page["data"], bool(page.get("has_more")))
            if not page.get("has_more"):
                return
            query["after"] = page["next_cursor"]

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, more: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        headers, data = self._headers | dict(more or {}), None
        if body is not None:
            headers, data = headers | {"Content-Type": "application/json"}, json.dumps(body).encode()
        try:
            answer = self._transport(
                Request(method, f"{self.url}{path}", STEP_SECONDS, TOTAL_SECONDS, headers=headers, body=data)
            )
        except NotReached as error:
            advice = "`make run` starts the local stack" if is_loopback(self.url) else "check the network and the URL"
            raise Failure(
                f"Nothing answers at {self.url} ({error}): {advice}; --url or AGENT_SCHEDULES_URL names another",
                UNANSWERED,
            ) from error
        except Unanswered as error:
            unsure = "" if method == "GET" else ". It may have made the change, so look before you repeat it"
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
        if status == 429:
            return Failure(message, REFUSED, transient=True)
        if status < 500:
            return Failure(message, REFUSED)
        return Failure(f"{message} (status {status}, request {answer.headers.get('x-request-id')})", UNANSWERED)

    def _body(self, answer: Answer, path: str) -> dict[str, Any]:
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or (path.startswith("/api/") and "object" not in body):
            raise self._other_service()
        return body

    def _other_service(self) -> Failure:
        return Failure(f"{self.url} does not answer as this service does; is the URL right?", UNANSWERED)


def _path(resource: str, *parts: str) -> str:
    """Return the path of a kind of resource, or of something below it. Each part is quoted."""
    return "/".join(["/api/v1", resource, *(quote(part, safe="") for part in parts)])


def agents_path(*parts: str) -> str:
    """Return the path of the agents, or of something below them."""
    return _path("agents", *parts)


def webhooks_path(*parts: str) -> str:
    """Return the path of the webhooks, or of something below them."""
    return _path("webhooks", *parts)


def jobs_path(*parts: str) -> str:
    """Return the path of the jobs, or of something below them."""
    return _path("jobs", *parts)


def schedule_path(agent_id: str, schedule_id: str, *parts: str) -> str:
    """Return the path of a schedule, or of something below it."""
    return agents_path(agent_id, "schedules", schedule_id, *parts)
