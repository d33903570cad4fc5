"""The public keys of the issuer of JSON Web Tokens: read from one configured address, and cached for some minutes.

A token cannot choose the address. A token with an unknown key id causes a new read, because the issuer may have added a
key, but at most one read every 30 seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from jwt import PyJWK, PyJWTError
from urllib3 import PoolManager

from agent_schedules.adapters.http_pool import Connections, Failed, ask
from agent_schedules.errors import Unavailable
from agent_schedules.telemetry import logger

ALGORITHMS = ("RS256", "ES256")
KEPT = 300.0  # seconds until the keys are read again
OUTLIVED = 3600.0  # seconds that cached keys stay valid while the issuer cannot be read
PAUSE = 30.0  # least seconds between two reads
CONNECT_SECONDS, SECONDS = 1.0, 2.0  # the latter in all, because a change that took 3 s commits nothing
LARGEST = 256 * 1024  # bytes


class IssuerKeys:
    """Keys by their id. Thread-safe."""

    def __init__(
        self,
        url: str,
        *,
        pool: PoolManager | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._monotonic = monotonic
        self._pool = pool or Connections()
        self._lock = threading.Lock()
        self._keys: dict[str, PyJWK] = {}
        self._read = self._tried = float("-inf")

    def find(self, key_id: str) -> PyJWK | None:
        """Return the key with that id. Raises Unavailable when the issuer's keys are not known and cannot be read."""
        with self._lock:
            now = self._monotonic()
            wanted = key_id not in self._keys or now - self._read >= KEPT
            if wanted and now - self._tried >= PAUSE:
                self._tried = now
                self._refresh(now)
            if now - self._read >= OUTLIVED:
                raise Unavailable("The keys of the token's issuer could not be read; send the call again")
            return self._keys.get(key_id)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _refresh(self, now: float) -> None:
        try:
            self._keys, self._read = _usable(json.loads(self._fetched())), now
        except (Failed, ValueError, RecursionError) as error:
            reason = error.reason if isinstance(error, Failed) else type(error).__name__
            logger.warning("issuer's keys not read", extra={"error": reason})

    def _fetched(self) -> bytes:
        answer = ask(
            self._pool,
            "GET",
            self._url,
            {"Accept": "application/json"},
            seconds=SECONDS,
            connect=CONNECT_SECONDS,
            largest=LARGEST,
            monotonic=self._monotonic,
        )
        if answer.status != 200:
            raise ValueError("not the keys")
        return answer.content


def _usable(document: Any) -> dict[str, PyJWK]:
    """Return the keys for signatures by the accepted algorithms, and ignore others. Raises ValueError."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a set of keys")
    found = {}
    for raw in document["keys"]:
        if not isinstance(raw, dict) or raw.get("use", "sig") != "sig" or not isinstance(raw.get("kid"), str):
            continue
        try:
            key = PyJWK(raw)
        except PyJWTError:
            continue
        if key.algorithm_name in ALGORITHMS:
            found[raw["kid"]] = key
    return found
