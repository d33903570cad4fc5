"""API keys in a deployment's table."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.domain.api_keys import ApiKey
from agent_schedules.services.api_keys import Keyring
from agent_schedules.storage.api_keys import KeyStore
from agent_schedules.timestamps import text_of

from agent_schedules_cli.session import Environment


class TableKeys:
    """The KeyBackend of a deployment, with the user's AWS credentials."""

    def __init__(self, environment: Environment, table: str) -> None:
        store = KeyStore(DynamoTable(environment.aws("dynamodb"), table))
        self._keyring = Keyring(store, environment.now, secrets.token_bytes)

    def create(self, tenant: str, scope: Any, name: str | None, expires_at: datetime | None) -> dict[str, Any]:
        """See `KeyBackend.create`."""
        key, secret = self._keyring.create(tenant, scope, name=name, expires_at=expires_at)
        return _shown(key) | {"key": secret}

    def list_keys(self, tenant: str) -> list[dict[str, Any]]:
        """See `KeyBackend.list_keys`."""
        return [_shown(key) for key in self._keyring.list(tenant)]

    def revoke(self, tenant: str, key_id: str) -> dict[str, Any]:
        """See `KeyBackend.revoke`."""
        return _shown(self._keyring.revoke(tenant, key_id))


def _shown(key: ApiKey) -> dict[str, Any]:
    """Return a key without its digest, as the local stack shows it."""
    times = {
        name: text_of(moment) if (moment := getattr(key, name)) else None
        for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    }
    return {"id": key.id, "tenant": key.tenant, "scope": key.scope, "name": key.name, **times}
