"""Where API keys are: in a deployment's table, or inside the local stack, which has a route for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from agent_schedules.timestamps import text_of

from agent_schedules_cli.api_client import Api

LOCAL_PATH = "/local/keys"


class Keys(Protocol):
    """A tenant's keys, as JSON. Each raises Failure or AgentSchedulesError."""

    def create(self, tenant: str, scope: str, name: str | None, expires_at: datetime | None) -> dict[str, Any]:
        """A new key; `key` is what goes into requests, and is nowhere else."""
        ...

    def listed(self, tenant: str) -> list[dict[str, Any]]:
        """Every key, those that are over included."""
        ...

    def revoke(self, tenant: str, key_id: str) -> dict[str, Any]:
        """The key, which is of no use from now on."""
        ...


class LocalKeys:
    """`Keys` of the local stack."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, tenant: str, scope: str, name: str | None, expires_at: datetime | None) -> dict[str, Any]:
        """See `Keys.create`."""
        expires = text_of(expires_at) if expires_at is not None else None
        return self._api.post(LOCAL_PATH, {"tenant": tenant, "scope": scope, "name": name, "expires_at": expires})

    def listed(self, tenant: str) -> list[dict[str, Any]]:
        """See `Keys.listed`."""
        found: list[dict[str, Any]] = self._api.get(LOCAL_PATH, tenant=tenant)["data"]
        return found

    def revoke(self, tenant: str, key_id: str) -> dict[str, Any]:
        """See `Keys.revoke`."""
        return self._api.delete(f"{LOCAL_PATH}/{quote(key_id, safe='')}?{urlencode({'tenant': tenant})}")
