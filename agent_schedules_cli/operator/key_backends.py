"""Where API keys are stored: in a deployment's table, or in the local stack, which has a route for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from agent_schedules.timestamps import text_of

from agent_schedules_cli.api_client import ApiClient

LOCAL_PATH = "/local/keys"


class KeyBackend(Protocol):
    """A tenant's keys as JSON. Each method raises Failure or AgentSchedulesError."""

    def create(self, tenant: str, scope: str, name: str | None, expires_at: datetime | None) -> dict[str, Any]:
        """Create a key and return it; its secret `key` is stored nowhere."""
        ...

    def list_keys(self, tenant: str) -> list[dict[str, Any]]:
        """Return every key, expired and revoked keys included."""
        ...

    def revoke(self, tenant: str, key_id: str) -> dict[str, Any]:
        """Revoke a key and return it."""
        ...


class LocalKeys:
    """The KeyBackend of the local stack."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def create(self, tenant: str, scope: str, name: str | None, expires_at: datetime | None) -> dict[str, Any]:
        """See `KeyBackend.create`."""
        expires = text_of(expires_at) if expires_at is not None else None
        return self._api.post(LOCAL_PATH, {"tenant": tenant, "scope": scope, "name": name, "expires_at": expires})

    def list_keys(self, tenant: str) -> list[dict[str, Any]]:
        """See `KeyBackend.list_keys`."""
        keys: list[dict[str, Any]] = self._api.get(LOCAL_PATH, tenant=tenant)["data"]
        return keys

    def revoke(self, tenant: str, key_id: str) -> dict[str, Any]:
        """See `KeyBackend.revoke`."""
        return self._api.delete(f"{LOCAL_PATH}/{quote(key_id, safe='')}?{urlencode({'tenant': tenant})}")
