"""The `Gateway` port over HTTP: any server that speaks OpenAI's Responses API (contract 5)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import httpx

from agent_schedules.ports import GatewayError

ATTEMPTS = 4
FIRST_WAIT = 0.25  # seconds before the second attempt; doubles, with jitter
LONGEST_WAIT = 5.0
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes


class ResponsesGateway:
    """`Gateway` on one base URL, for example `https://host/v1`; `/responses` is added to it."""

    def __init__(
        self,
        url: str,
        *,
        api_key: Callable[[], str | None],
        background: bool,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.background = background
        self._api_key = api_key
        self._sleep = sleep
        self._jitter = jitter
        # Redirects are not followed: the key goes to the configured host and nowhere else.
        self._client = httpx.Client(
            base_url=url, transport=transport, timeout=httpx.Timeout(30, connect=5), follow_redirects=False
        )

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`; 429, 5xx and transport errors are repeated with the same key."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._send("POST", "/responses", headers, on_behalf_of, json=request, seconds=seconds)

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        return self._send("GET", f"/responses/{response_id}", {}, on_behalf_of, json=None, seconds=seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        return self._send("POST", f"/responses/{response_id}/cancel", {}, on_behalf_of, json=None, seconds=seconds)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _send(
        self, method: str, path: str, headers: dict[str, str], on_behalf_of: str | None, *, json: Any, seconds: float
    ) -> dict[str, Any]:
        if key := self._api_key():
            headers["Authorization"] = f"Bearer {key}"
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        started = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            left = max(seconds - (time.monotonic() - started), 1)
            try:
                answer = self._client.request(
                    method, path, headers=headers, json=json, timeout=httpx.Timeout(left, connect=min(left, 5))
                )
                failed = self._failure(answer)
            except httpx.TransportError as error:
                answer, failed = None, _unreachable(error)
            if failed is None and answer is not None:
                return _body(answer)
            assert failed is not None
            wait = self._wait(attempt, answer)
            if not failed.transient or attempt == ATTEMPTS or time.monotonic() - started + wait >= seconds:
                raise failed
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _wait(self, attempt: int, answer: httpx.Response | None) -> float:
        """Seconds until the next attempt: the server's own `Retry-After` if it gives one, else exponential with
        jitter."""
        hint: str = answer.headers.get("Retry-After", "") if answer is not None else ""
        if hint.replace(".", "", 1).isdigit():
            return min(float(hint), LONGEST_WAIT)
        return min(FIRST_WAIT * 2.0 ** (attempt - 1) * (0.5 + self._jitter()), LONGEST_WAIT)

    def _failure(self, answer: httpx.Response) -> GatewayError | None:
        if answer.is_success:
            return None
        transient = answer.status_code == 429 or answer.status_code >= 500
        return GatewayError(
            "gateway_unavailable" if transient else "gateway_refused",
            self._scrubbed(f"The gateway answered {answer.status_code}: {_message(answer)}"),
            transient=transient,
        )

    def _scrubbed(self, text: str) -> str:
        """The text without our own key, should the gateway echo it."""
        key = self._api_key()
        return text.replace(key, "[key]") if key else text


def _unreachable(error: httpx.TransportError) -> GatewayError:
    return GatewayError(
        "gateway_unavailable", f"The gateway could not be reached ({type(error).__name__})", transient=True
    )


def _body(answer: httpx.Response) -> dict[str, Any]:
    if len(answer.content) > LONGEST_ANSWER:
        raise GatewayError("gateway_refused", "The gateway's answer is larger than 16 MB", transient=False)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("status"), str):
        raise GatewayError("gateway_refused", "The gateway's answer is not a Responses object", transient=False)
    return body


def _message(answer: httpx.Response) -> str:
    """What the upstream says went wrong: OpenAI's error object, or the first of the text."""
    try:
        error = answer.json()["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]
