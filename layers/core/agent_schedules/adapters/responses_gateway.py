"""The `Gateway` port over HTTP: any server that speaks OpenAI's Responses API (docs/reference/gateways.md)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from urllib3 import PoolManager

from agent_schedules.adapters.gateway_answers import response_in, scrubbed
from agent_schedules.adapters.http_pool import Connections, Failed, ask
from agent_schedules.errors import Unavailable
from agent_schedules.ports import Failing, GatewayError
from agent_schedules.telemetry import count, measure

ATTEMPTS = 4
FIRST_WAIT = 0.25  # seconds before the second attempt; doubles, with jitter
LONGEST_WAIT = 5.0  # seconds that one call waits for the next attempt; a longer wait is the caller's
UNAUTHORIZED = 401
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
BACKGROUND_PATIENCE, SYNCHRONOUS_PATIENCE = 40.0, 600.0
"""Less than a function's timeout in either mode (60 and 900 s), and more than a healthy gateway needs."""


AT_ONCE: frozenset[Failing] = frozenset({"unreachable", "unavailable"})
"""The failures after which the gateway has certainly not carried out the request, so it may be retried at once."""


class _KeyRefused(GatewayError):
    """The gateway refused the API key."""


class ResponsesGateway:
    """`Gateway` on one base URL, for example `https://host/v1`; `/responses` is added to it."""

    def __init__(
        self,
        url: str,
        *,
        api_key: Callable[[], str | None],
        background: bool,
        forget_key: Callable[[], None] = lambda: None,
        extensions: bool = False,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        pool: PoolManager | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the client. `api_key` may raise Unavailable. `forget_key` makes it read a refused key again."""
        self.background = background
        self.patience = BACKGROUND_PATIENCE if background else SYNCHRONOUS_PATIENCE
        self.extensions = extensions
        self._connect = connect_seconds
        self._read = read_seconds
        self._wall = wall
        self._monotonic = monotonic
        self._api_key = api_key
        self._forget_key = forget_key
        self._sleep = sleep
        self._jitter = jitter
        self._url = url.rstrip("/")
        self._pool = pool or Connections()

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`. One attempt may use all of `seconds`: a synchronous gateway needs the time, and a
        background gateway must not get the request twice."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._repeated("send", "POST", "", headers, on_behalf_of, seconds=seconds, limit=seconds, json=request)

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        return self._of_response("poll", "GET", response_id, on_behalf_of, seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        return self._of_response("cancel", "POST", response_id, on_behalf_of, seconds)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _of_response(
        self, call: str, method: str, response_id: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        path = f"/{quote(response_id, safe='')}" + ("/cancel" if call == "cancel" else "")
        return self._repeated(
            call, method, path, {}, on_behalf_of, seconds=seconds, limit=self._read, response_id=response_id
        )

    def _repeated(
        self,
        call: str,
        method: str,
        path: str,
        headers: dict[str, str],
        on_behalf_of: str | None,
        *,
        seconds: float,
        limit: float,
        **rest: Any,
    ) -> dict[str, Any]:
        """Return the response object, after up to four attempts within `seconds`, each of at most `limit` seconds.

        Retries only attempts that failed quickly and were not carried out. A slow attempt would be slow again, and the
        caller counts attempts that the gateway may have carried out.
        """
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        started = self._monotonic()
        renewed = False
        for attempt in range(1, ATTEMPTS + 1):
            asked = self._monotonic()
            key = self._key(call)
            sent = headers | ({"Authorization": f"Bearer {key}"} if key else {})
            left = seconds - (asked - started)
            try:
                return self._once(call, method, path, sent, key, seconds=min(left, limit), **rest)
            except GatewayError as error:
                failed = error
            count("GatewayErrors")
            if isinstance(failed, _KeyRefused) and not renewed and self._renewed(call, key):
                renewed = True
                continue
            wait = self._wait(attempt) if failed.retry_after is None else failed.retry_after
            now = self._monotonic()
            at_once = failed.kind in AT_ONCE and now - asked <= LONGEST_WAIT
            if not at_once or attempt == ATTEMPTS or wait > LONGEST_WAIT or now - started + wait >= seconds:
                raise failed
            self._sleep(wait)
        raise failed

    def _once(
        self,
        call: str,
        method: str,
        path: str,
        headers: dict[str, str],
        key: str,
        *,
        seconds: float,
        response_id: str | None = None,
        json: Any = None,
    ) -> dict[str, Any]:
        asked = self._monotonic()
        try:
            answer = ask(
                self._pool,
                method,
                f"{self._url}/responses{path}",
                headers | {"Accept-Encoding": "gzip"},
                json=json,
                seconds=seconds,
                connect=self._connect,
                largest=LONGEST_ANSWER,
                monotonic=self._monotonic,
            )
            return response_in(answer, call, response_id=response_id, wall=self._wall())
        except Failed as failed:
            raise _no_answer(call, failed, seconds) from failed
        except GatewayError as error:
            kind = _KeyRefused if answer.status == UNAUTHORIZED else GatewayError
            raise kind(error.kind, scrubbed(error.message, key), retry_after=error.retry_after) from None
        finally:
            measure("GatewayLatency", round((self._monotonic() - asked) * 1000))

    def _key(self, call: str) -> str:
        """Return the API key, empty if there is none. Strips a trailing newline, which a header must not have."""
        try:
            return (self._api_key() or "").strip()
        except Unavailable as error:
            raise GatewayError(
                "unavailable", f"The gateway's key for the {call} could not be read: {error.message}"
            ) from error

    def _renewed(self, call: str, key: str) -> bool:
        """Whether the key was replaced since it was read."""
        self._forget_key()
        return self._key(call) != key

    def _wait(self, attempt: int) -> float:
        """Return the seconds until the next attempt if the gateway gives none: exponential with jitter."""
        return FIRST_WAIT * 2.0 ** (attempt - 1) * (0.5 + self._jitter())


def _no_answer(call: str, failed: Failed, seconds: float) -> GatewayError:
    match failed.how:
        case "late":
            return GatewayError(
                "timed_out", f"The gateway did not answer the {call} within {seconds:.3g} s", waited=seconds
            )
        case "large":
            return GatewayError("strange", f"The gateway's answer to the {call} is larger than 16 MB")
        case "unsendable":
            said = "its key cannot be sent in a header; store another key in its secret"
            return _KeyRefused("refused", f"The {call} could not be sent to the gateway: {said} ({failed.reason})")
        case "broken":
            said = f"The connection broke before the gateway had answered the {call} ({failed.reason})"
            return GatewayError("broken", said)
        case "unreached":
            return GatewayError("unreachable", f"The gateway could not be reached for the {call} ({failed.reason})")
