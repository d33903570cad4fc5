"""API keys: their form, their scopes, and what is stored of one. Pure.

A key is `agsched_`, 30 characters of 176 random bits and a checksum of 6. Scanners find a leaked key by the prefix. The
checksum tells a key from other text without a read of the table.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeGuard, get_args

from agent_schedules.ids import Entropy

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""The scopes of a key. Each one includes those before it.

`read`: reads. `write`: changes. `admin`: acts for any user of the tenant, named in `X-On-Behalf-Of`, has
the events of all users sent to a webhook, and lists the keys.
"""

PREFIX = "agsched_"
_RANDOM, _CHECK = 30, 6  # characters of base 62
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
_FORMER = re.compile(r"as_[0-9A-Za-z_-]{43}")  # keys made before there were scopes
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Grant:
    """The rights of a credential."""

    tenant: str
    scope: Scope | None = "admin"
    """None allows nothing."""
    key_id: str | None = None
    expires_at: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether it includes that scope."""
        return self.scope is not None and SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True)
class ApiKey:
    """The stored facts about a key. The key itself is stored nowhere."""

    id: str
    tenant: str
    scope: Scope
    digest: str
    created_at: datetime
    name: str | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """The hour of its last use."""

    @property
    def grant(self) -> Grant:
        """Its rights while it is neither expired nor revoked."""
        return Grant(self.tenant, self.scope, self.id, self.expires_at)


def new_secret(entropy: Entropy) -> str:
    """Return a new key."""
    body = _base62(int.from_bytes(entropy(22), "big"), _RANDOM)
    return f"{PREFIX}{body}{_checksum(body)}"


def well_formed(text: str) -> bool:
    """Whether `text` could be a key. Other text is refused without a read of the table."""
    if _FORM.fullmatch(text):
        body = text.removeprefix(PREFIX)
        return body[_RANDOM:] == _checksum(body[:_RANDOM])
    return _FORMER.fullmatch(text) is not None


def digest_of(secret: str) -> str:
    """Return a key's SHA-256 in hex, which is stored. The key has too many random bits to be guessed from it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def is_tenant(text: object) -> TypeGuard[str]:
    """Whether `text` can be a tenant. It is part of every key of the table, so it has none of their separators."""
    return isinstance(text, str) and _TENANT.fullmatch(text) is not None


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK)


def _base62(number: int, length: int) -> str:
    characters = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        characters = _DIGITS[digit] + characters
    return characters
