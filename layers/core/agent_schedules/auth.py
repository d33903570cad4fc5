"""Who is calling: API keys and owners (design 3, invariant 7; design 8).

Authentication happens inside the api function, because the gateway's own 401 body breaks the vendor's SDK (contract
10).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent_schedules.errors import InvalidRequest, Unauthorized

REMEMBERED = 60.0  # seconds that an answer about a key is kept, so that a revoked key dies within them
MOST_REMEMBERED = 10_000
LONGEST_KEY = 512
_USER = re.compile(r"[\x20-\x7e]{1,150}")


@dataclass(frozen=True)
class Caller:
    """An authenticated caller: the account its key belongs to and the user it acts for."""

    tenant: str
    on_behalf_of: str | None = None

    @property
    def owner(self) -> str:
        """What every key begins with: the tenant, and a hash of the user in whose name it acts."""
        if self.on_behalf_of is None:
            return self.tenant
        return f"{self.tenant}:{hashlib.sha256(self.on_behalf_of.encode()).hexdigest()}"


class Authenticator:
    """API keys to tenants. A key is looked up by its SHA-256, so no comparison can leak it, and known or not it is
    remembered."""

    def __init__(
        self, tenant_of: Callable[[str], str | None], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tenant_of = tenant_of
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, str | None]] = {}

    def caller(self, authorization: str | None, on_behalf_of: str | None) -> Caller:
        """The caller behind these two headers. Raises Unauthorized, InvalidRequest or Unavailable."""
        scheme, _, key = (authorization or "").strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key or len(key) > LONGEST_KEY:
            raise Unauthorized("Send your API key as `Authorization: Bearer <key>`")
        tenant = self._tenant(hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest())
        if tenant is None:
            raise Unauthorized("This API key is not known; check it, or create a new one")
        if on_behalf_of is not None and (on_behalf_of == "*" or not _USER.fullmatch(on_behalf_of)):
            raise InvalidRequest("X-On-Behalf-Of: must be 1-150 printable ASCII characters and not `*`")
        return Caller(tenant, on_behalf_of)

    def _tenant(self, digest: str) -> str | None:
        now = self._monotonic()
        known = self._known.get(digest)
        if known is not None and known[0] > now:
            return known[1]
        tenant = self._tenant_of(digest)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = (now + REMEMBERED, tenant)
        return tenant
