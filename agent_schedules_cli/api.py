"""The service over HTTP: its answers as JSON, its refusals as one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from agent_schedules_cli.failures import REFUSED, UNANSWERED, Failure

PATIENCE = 30.0  # seconds: an HTTP API of AWS gives up after as many
LARGEST_PAGE = 100


class Api:
    """A client with one key. Ids go into paths by `at`, which quotes them."""

    def __init__(
        self,
        url: str,
        key: str | None,
        on_behalf_of: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        # Redirects are not followed: the key goes to the host that was named and nowhere else.
        self._client = httpx.Client(
            base_url=url, headers=headers, timeout=PATIENCE, transport=transport, follow_redirects=False
        )

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a GET answers. Raises Failure."""
        return self._send("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a POST answers. Raises Failure."""
        return self._send("POST", path, json=body)

    def delete(self, path: str) -> dict[str, Any]:
        """What a DELETE answers. Raises Failure."""
        return self._send("DELETE", path)

    def healthy(self) -> None:
        """Whether the service is up. Raises Failure."""
        if self._send("GET", "/healthz").get("status") != "ok":
            raise self._stranger()

    def listed(self, path: str, limit: int) -> list[dict[str, Any]]:
        """The first items of a list, newest first, over as many pages as it takes. Raises Failure."""
        found: list[dict[str, Any]] = []
        for page in self.pages(path, min(limit, LARGEST_PAGE)):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    def pages(self, path: str, size: int) -> Iterator[list[dict[str, Any]]]:
        """A list, newest first, page by page. Raises Failure."""
        query: dict[str, Any] = {"limit": size}
        while True:
            page = self.get(path, **query)
            if not isinstance(page.get("data"), list):
                raise self._stranger()
            yield page["data"]
            if not page.get("has_more"):
                return
            query["after"] = page["next_cursor"]

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, method: str, path: str, **rest: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **rest)
        except httpx.ConnectError as error:
            raise Failure(
                f"Nothing answers at {self.url}. `make run` starts the local stack; --url or AGENT_SCHEDULES_URL names "
                "another service",
                UNANSWERED,
            ) from error
        except httpx.HTTPError as error:
            unsure = "" if method == "GET" else "; it may have been done all the same, so look before you repeat it"
            raise Failure(f"{self.url} did not answer ({type(error).__name__}){unsure}", UNANSWERED) from error
        if not answer.is_success:
            raise self._refusal(answer)
        return self._body(answer, path)

    def _refusal(self, answer: httpx.Response) -> Failure:
        status = answer.status_code
        try:
            message = str(answer.json()["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return Failure(f"{self.url} answered {status}, not as this service does; is the URL right?", UNANSWERED)
        if status < 500:
            return Failure(message, REFUSED)
        return Failure(f"{message} (status {status}, request {answer.headers.get('x-request-id')})", UNANSWERED)

    def _body(self, answer: httpx.Response, path: str) -> dict[str, Any]:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or (path.startswith("/api/") and "object" not in body):
            raise self._stranger()
        return body

    def _stranger(self) -> Failure:
        return Failure(f"{self.url} does not answer as this service does; is the URL right?", UNANSWERED)


def at(*parts: str) -> str:
    """The path of something below the agents; ids are whatever a person typed."""
    return "/".join(["/api/v1/agents", *(quote(part, safe="") for part in parts)])
