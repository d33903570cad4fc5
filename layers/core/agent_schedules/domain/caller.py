"""Who makes a call: the account of its key, and the user it acts for. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


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
