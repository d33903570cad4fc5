"""The `Gateway` port over HTTP: any server that speaks OpenAI's Responses API (contract 5)."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, TimeoutError

from agent_schedules.connections import connections
from agent_schedules.ports import GatewayError
from agent_schedules.telemetry import count, measure

ATTEMPTS = 4
FIRST_WAIT = 0.25  # seconds before the second attempt; doubles, with jitter
LONGEST_WAIT = 5.0
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
LONGEST_ID = 1_000  # characters; it travels in messages
DEEPEST = 200  # levels of nesting; what writes our own answers gives up at 255
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
PART = 64 * 1024  # bytes read at once
_KEY = re.compile(r"(?:\bBearer\s+\S+)|(?:\b[a-z]{2,4}-[A-Za-z0-9_-]{16,})")
"""What looks like an API key, whoever's it is."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


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
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.background = background
        self.extensions = extensions
        self._connect = connect_seconds
        self._read = read_seconds
        self._wall = wall
        self._monotonic = monotonic
        self._api_key = api_key
        self._sleep = sleep
        self._jitter = jitter
        self._url = url.rstrip("/")
        self._pool = pool or connections()

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
        return self._send("GET", f"/responses/{quote(response_id, safe='')}", {}, on_behalf_of, seconds=seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        return self._send("POST", f"/responses/{quote(response_id, safe='')}/cancel", {}, on_behalf_of, seconds=seconds)

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
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        started = self._monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            asked = self._monotonic()
            left = max(seconds - (asked - started), 1)
            limit = left if patient else min(left, self._read)
            try:
                answer = self._asked(method, path, headers, json, Timeout(connect=min(left, self._connect), read=limit))
                failed = self._failure(answer)
            except (HTTPError, ValueError) as error:  # ValueError: a header that cannot be sent, such as a bad key
                answer, failed = None, _unreachable(error)
            measure("GatewayLatency", round((self._monotonic() - asked) * 1000))
            if failed is None and answer is not None:
                return _body(answer)
            assert failed is not None
            count("gateway_errors")
            wait = self._wait(attempt, answer)
            if not failed.transient or attempt == ATTEMPTS or self._monotonic() - started + wait >= seconds:
                raise failed
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _asked(self, method: str, path: str, headers: dict[str, str], json: Any, timeout: Timeout) -> _Answer:
        """The answer, whatever it is. Redirects are not followed: the key goes to the configured host and nowhere
        else."""
        started = self._monotonic()
        received = self._pool.request(
            method,
            self._url + path,
            headers={**headers, "Accept-Encoding": "gzip"},
            json=json,
            timeout=timeout,
            redirect=False,
            retries=False,
            preload_content=False,
        )
        content = bytearray()
        with closing(received):
            while part := received.read1(PART):
                content += part
                if len(content) > LONGEST_ANSWER:
                    raise GatewayError("gateway_refused", "The gateway's answer is larger than 16 MB", transient=False)
                # The socket's own timeout begins anew with every byte.
                if self._monotonic() - started > (timeout.read_timeout or 0):
                    raise TimeoutError("The answer took too long")
        return _Answer(received.status, received.headers, bytes(content))

    def _key(self) -> str:
        """The API key, empty if there is none. A file that it came from ends with a newline, which no header may."""
        return (self._api_key() or "").strip()

    def _wait(self, attempt: int, answer: _Answer | None) -> float:
        """Seconds until the next attempt: the server's own `Retry-After`, else exponential with jitter."""
        hinted = self._hinted(answer.headers.get("Retry-After", "")) if answer is not None else None
        if hinted is not None:
            return min(max(hinted, 0.0), LONGEST_WAIT)
        return min(FIRST_WAIT * 2.0 ** (attempt - 1) * (0.5 + self._jitter()), LONGEST_WAIT)

    def _hinted(self, text: str) -> float | None:
        """Seconds in a `Retry-After`, which is a number or an HTTP date (RFC 9110, 10.2.3)."""
        try:
            if text.replace(".", "", 1).isdigit():
                return float(text)
            return parsedate_to_datetime(text).timestamp() - self._wall()
        except ValueError:
            return None

    def _failure(self, answer: _Answer) -> GatewayError | None:
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
        key = self._key()
        return _KEY.sub("[key]", text.replace(key, "[key]") if key else text)


def _unreachable(error: Exception) -> GatewayError:
    return GatewayError(
        "gateway_unavailable", f"The gateway could not be reached ({type(error).__name__})", transient=True
    )


def _body(answer: _Answer) -> dict[str, Any]:
    try:
        body = _read(answer)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not _is_id(body.get("id")) or not isinstance(body.get("status"), str):
        raise GatewayError("gateway_refused", "The gateway's answer is not a Responses object", transient=False)
    return body


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID


def _read(answer: _Answer) -> Any:
    """The answer's JSON, as a row can hold it and a caller be shown it: a run that cannot be written never ends, and
    one that cannot be shown takes every list it is in along. Raises ValueError.

    Half of a surrogate pair, which models cut off in the middle of an emoji leave behind, becomes a question mark.
    """
    try:
        value = json.loads(answer.content)
        if _depth(value) > DEEPEST:
            raise ValueError("nested too deeply")
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    whole = text.encode(errors="replace").decode()
    return value if whole == text else json.loads(whole)


def _depth(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
    return 0


def _message(answer: _Answer) -> str:
    """What the upstream says went wrong: OpenAI's error object, or the first of the text."""
    try:
        error = _read(answer)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return answer.content[:500].decode("utf-8", "replace")
