"""Secrets Manager: the gateway's key and the secret that signs cursors. Each is read at first use and cached."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent_schedules.adapters.errors import translated
from agent_schedules.errors import Unavailable
from agent_schedules.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = 300.0  # seconds until a secret is read again
OUTLIVED = 3600.0  # seconds that a cached secret stays valid while it cannot be read
PAUSE = 10.0  # least seconds between two reads of a cached secret


@dataclass(frozen=True)
class _Kept:
    secret: str
    read: float
    tried: float
    until: float
    """The monotonic time before which it is not read again."""


class SecretCache:
    """A cache of secrets by name or ARN. It makes its client at first use, because many invocations need no secret."""

    def __init__(
        self, client: Callable[[], SecretsManagerClient], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = client
        self._client: SecretsManagerClient | None = None
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}

    def read(self, name: str) -> str:
        """Return the secret. While Secrets Manager does not answer, the cached one for an hour. Raises Unavailable."""
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept is not None and now < kept.until:
            return kept.secret
        try:
            secret = self._fetched(name)
        except Unavailable:
            if kept is None or now - kept.read >= OUTLIVED:
                raise
            logger.warning("secret not read")
            self._kept[name] = replace(kept, tried=now, until=now + PAUSE)
            return kept.secret
        self._kept[name] = _Kept(secret, read=now, tried=now, until=now + KEPT)
        return secret

    def forget(self, name: str) -> None:
        """Read a refused secret again at its next use, but not more often than the pause allows."""
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept is not None and now - kept.tried >= PAUSE:
            self._kept[name] = replace(kept, until=now)

    def _fetched(self, name: str) -> str:
        if self._client is None:
            self._client = self._make()
        with translated("Secrets Manager"):
            stored = self._client.get_secret_value(SecretId=name)
        if "SecretString" not in stored:
            raise Unavailable("A secret of this deployment is binary; store it as a string, and try again")
        return stored["SecretString"]
