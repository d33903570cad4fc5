"""Secrets Manager: the gateway's key and what signs cursors. Read when they are first needed, and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent_schedules.aws import translated
from agent_schedules.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = 300.0  # seconds until a secret is read again


class Vault:
    """Secrets by name or ARN. The client is made for the first of them: many invocations need none."""

    def __init__(
        self, client: Callable[[], SecretsManagerClient], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = client
        self._client: SecretsManagerClient | None = None
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, str]] = {}

    def read(self, name: str) -> str:
        """The secret. Raises Unavailable when it cannot be read."""
        now = self._monotonic()
        read, secret = self._kept.get(name, (float("-inf"), ""))
        if now - read < KEPT:
            return secret
        if self._client is None:
            self._client = self._make()
        with translated("Secrets Manager"):
            stored = self._client.get_secret_value(SecretId=name)
        if "SecretString" not in stored:
            raise Unavailable("A secret of this deployment is binary; store it as text, and try again")
        secret = stored["SecretString"]
        self._kept[name] = (now, secret)
        return secret
