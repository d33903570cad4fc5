"""The caller of a request: the account of its key, and the user it acts for. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from agent_schedules.domain.api_keys import Scope


@dataclass(frozen=True)
class Caller:
    """An authenticated caller: the account its key belongs to and the user it acts for."""

    tenant: str
    on_behalf_of: str | None = None
    scope: Scope = field(default="admin", compare=False)
    """The scope of its credential, which was checked before the call. Callers differ by whom they act for alone."""

    @property
    def owner(self) -> str:
        """The prefix of every key of the table: the tenant, and a hash of the user acted for."""
        if self.on_behalf_of is None:
            return self.tenant
        return f"{self.tenant}:{hashlib.sha256(self.on_behalf_of.encode()).hexdigest()}"
