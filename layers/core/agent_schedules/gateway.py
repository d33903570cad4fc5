"""The `Gateway` port over HTTP: any server that speaks OpenAI's Responses API (contract 5)."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.httpsession import get_cert_path
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from agent_schedules.ports import GatewayError
from agent_schedules.telemetry import count, measure

ATTEMPTS = 4
FIRST_WAIT = 0.25  # seconds before the second attempt; doubles, with jitter
LONGEST_WAIT = 5.0
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
CONNECTIONS = 10  # that are kept open
_KEY = re.compile(r"(?:\bBearer\s+\S+)|(?:\b[a-z]{2,4}-[A-Za-z0-9_-]{16,})")
"""What looks like an API key, whoever's it is."""


class ResponsesGateway:
    """`Gateway` on one base URL, for example `https://host/v1`; `/responses` is added to it."""

    def __init__(
        self,
        url: str,
        *,
        api_key: Callable[[], str | None],
        background: bool,
        extensions: bool = False,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        pool: PoolManager | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.background = background
        self.extensions = extensions
        self._connect = connect_seconds
        self._read = read_seconds
        self._wall = wall
        self._api_key = api_key
        self._sleep = sleep
        self._jitter = jitter
        self._url = url.rstrip("/")
        # botocore's own HTTP client: another one would be the largest import of a function that calls a gateway.
        self._pool = pool or PoolManager(maxsize=CONNECTIONS, ca_certs=get_cert_path(True))

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`; 429, 5xx and transport errors are repeated with the same key."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._send(
            "POST", "/responses", headers, on_behalf_of, seconds=seconds, json=request, patient=not self.background
        )

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        return self._send("GET", f"/responses/{response_id}", {}, on_behalf_of, seconds=seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        return self._send("POST", f"/responses/{response_id}/cancel", {}, on_behalf_of, seconds=seconds)

    def close(self) -> None:
        """Give back the connections."""
        self._pool.clear()

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        on_behalf_of: str | None,
        *,
        seconds: float,
        json: Any = None,
        patient: bool = False,
    ) -> dict[str, Any]:
        """The body of a good answer. `patient`: the gateway takes as long as the model does."""
        headers["Accept-Encoding"] = "gzip"
        if key := self._api_key():
            headers["Authorization"] = f"Bearer {key}"
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        started = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            asked = time.monotonic()
            left = max(seconds - (asked - started), 1)
            try:
                timeout = Timeout(connect=min(left, self._connect), read=left if patient else min(left, self._read))
                answer = self._asked(method, path, headers, json, timeout)
                failed = self._failure(answer)
            except (HTTPError, ValueError) as error:  # ValueError: a header that cannot be sent, such as a bad key
                answer, failed = None, _unreachable(error)
            measure("GatewayLatency", round((time.monotonic() - asked) * 1000))
            if failed is None and answer is not None:
                return _body(answer)
            assert failed is not None
            count("gateway_errors")
            wait = self._wait(attempt, answer)
            if not failed.transient or attempt == ATTEMPTS or time.monotonic() - started + wait >= seconds:
                raise failed
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _asked(self, method: str, path: str, headers: dict[str, str], json: Any, timeout: Timeout) -> BaseHTTPResponse:
        """The answer, whatever it is. Redirects are not followed: the key goes to the configured host and nowhere
        else."""
        return self._pool.request(
            method, self._url + path, headers=headers, json=json, timeout=timeout, redirect=False, retries=False
        )

    def _wait(self, attempt: int, answer: BaseHTTPResponse | None) -> float:
        """Seconds until the next attempt: the server's own `Retry-After`, else exponential with jitter."""
        hinted = self._hinted(answer.headers.get("Retry-After", "")) if answer is not None else None
        if hinted is not None:
            return min(max(hinted, 0.0), LONGEST_WAIT)
        return min(FIRST_WAIT * 2.0 ** (attempt - 1) * (0.5 + self._jitter()), LONGEST_WAIT)

    def _hinted(self, text: str) -> float | None:
        """Seconds in a `Retry-After`, which is a number or an HTTP date (RFC 9110, 10.2.3)."""
        if text.replace(".", "", 1).isdigit():
            return float(text)
        try:
            return parsedate_to_datetime(text).timestamp() - self._wall()
        except ValueError:
            return None

    def _failure(self, answer: BaseHTTPResponse) -> GatewayError | None:
        if 200 <= answer.status < 300:
            return None
        transient = answer.status == 429 or answer.status >= 500
        return GatewayError(
            "gateway_unavailable" if transient else "gateway_refused",
            self._scrubbed(f"The gateway answered {answer.status}: {_message(answer)}"),
            transient=transient,
        )

    def _scrubbed(self, text: str) -> str:
        """The text without our own key, should the gateway echo it, and without what looks like one."""
        key = self._api_key()
        return _KEY.sub("[key]", text.replace(key, "[key]") if key else text)


def _unreachable(error: Exception) -> GatewayError:
    return GatewayError(
        "gateway_unavailable", f"The gateway could not be reached ({type(error).__name__})", transient=True
    )


def _body(answer: BaseHTTPResponse) -> dict[str, Any]:
    if len(answer.data) > LONGEST_ANSWER:
        raise GatewayError("gateway_refused", "The gateway's answer is larger than 16 MB", transient=False)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("status"), str):
        raise GatewayError("gateway_refused", "The gateway's answer is not a Responses object", transient=False)
    return body


def _message(answer: BaseHTTPResponse) -> str:
    """What the upstream says went wrong: OpenAI's error object, or the first of the text."""
    try:
        error = answer.json()["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return answer.data[:500].decode("utf-8", "replace")
