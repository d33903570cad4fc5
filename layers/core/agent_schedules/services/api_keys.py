"""The use cases of API keys. Callers can only list them: only an operator with access to the table makes keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent_schedules.domain.api_keys import SCOPES, ApiKey, Scope, digest_of, is_tenant, new_secret
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.errors import InvalidRequest, NotFound
from agent_schedules.ids import Entropy, is_id, new_id
from agent_schedules.ports import Ports
from agent_schedules.storage.api_keys import KeyStore

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")


@dataclass(frozen=True)
class Keyring:
    """The API keys in a store."""

    store: KeyStore
    now: Callable[[], datetime]
    entropy: Entropy

    def create(
        self, tenant: str, scope: Scope, *, name: str | None = None, expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Create a key. Return it with its secret, which is not stored and cannot be read again.

        Raises InvalidRequest, or Unavailable if the key may not have been stored; its secret is then unknown to anyone.
        """
        now = self.now()
        if scope not in SCOPES:
            raise InvalidRequest(f"scope: must be one of {', '.join(SCOPES)}")
        if name is not None and not _NAME.fullmatch(name):
            raise InvalidRequest("name: must be 1-120 characters without control characters")
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
            raise InvalidRequest("expires_at: must be a future time with an offset")
        secret = new_secret(self.entropy)
        key = ApiKey(
            id=new_id("key", now, self.entropy),
            tenant=_tenant(tenant),
            scope=scope,
            digest=digest_of(secret),
            created_at=now,
            name=name,
            expires_at=expires_at,
        )
        self.store.create(key)
        return key, secret

    def list(self, tenant: str) -> list[ApiKey]:
        """Return the tenant's keys in the order of creation, including revoked and expired ones."""
        return self.store.all(_tenant(tenant))

    def revoke(self, tenant: str, key_id: str) -> ApiKey:
        """Revoke a key and return it. Functions may accept it for as long as they cache it (`auth.REMEMBERED`).

        Raises NotFound. Revoking it again changes nothing.
        """
        key = self.store.get(_tenant(tenant), key_id) if is_id(key_id, "key") else None
        if key is None:
            raise NotFound(f"Tenant {tenant} has no key {key_id[:64]}; list its keys")
        if key.revoked_at is not None:
            return key
        now = self.now()
        self.store.revoke(key, now)
        return replace(key, revoked_at=now)


def list_keys(ports: Ports, caller: Caller, paging: Paging) -> Slice[ApiKey]:
    """Return a page of the keys of the caller's tenant."""
    return ports.store.keys.page(caller.tenant, paging)


def _tenant(tenant: str) -> str:
    if not is_tenant(tenant):
        raise InvalidRequest("tenant: must be 1-63 of A-Z, a-z, 0-9, _ and -, and begin with a letter or digit")
    return tenant
