"""Authenticate callers and check their scopes (architecture.md, invariant 7).

The api function authenticates, not API Gateway, because API Gateway's 401 body breaks the vendor's SDK (contract 1.4).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime

from agent_schedules.domain.api_keys import Grant, Scope, digest_of, well_formed
from agent_schedules.domain.caller import Caller
from agent_schedules.errors import Forbidden, InvalidRequest, Unauthorized

REMEMBERED = 60.0  # seconds that a lookup is cached: a revoked key stops working within them
MOST_REMEMBERED = 10_000  # answers of each kind
LONGEST_TOKEN = 8192
_USER = re.compile(r"[\x20-\x7e]{1,150}")
_ONLY_ASKS = ("POST", "/api/v1/schedules/preview")  # it only reads, and is a POST because it has a body
_OF_KEYS = "/api/v1/keys"

_MISSING = "Send your API key as `Authorization: Bearer <key>`"
_UNKNOWN = "The API key or token is unknown, revoked or expired; check it, or get a new one"


def scope_of(method: str, path: str) -> Scope:
    """Return the scope that a request requires. Acting for a user requires `admin` instead."""
    if path == _OF_KEYS:
        return "admin"
    return "read" if method in {"GET", "HEAD"} or (method, path) == _ONLY_ASKS else "write"


class Authenticator:
    """Maps credentials to callers.

    It looks keys up by their SHA-256, so no comparison can leak a key. It caches the result, found or not. Text that
    cannot be a key causes no lookup.
    """

    def __init__(
        self,
        find: Callable[[str], Grant | None],
        *,
        now: Callable[[], datetime],
        verify: Callable[[str], Grant | None] | None = None,
        used: Callable[[Grant, datetime], None] = lambda _grant, _now: None,
        also: Container[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the authenticator.

        `find` looks a digest up in the table. `verify` checks a JSON Web Token, if the deployment accepts them. `used`
        is called for each use. `also` holds accepted keys of another form, such as the local stack's.
        """
        self._find = find
        self._now = now
        self._verify = verify
        self._used = used
        self._also = also
        self._monotonic = monotonic
        self._known = _Memory()
        self._unknown = _Memory()  # separate, so that many guesses cannot evict valid keys

    def caller(self, authorization: str | None, on_behalf_of: str | None, scope: Scope) -> Caller:
        """Return the caller of these two headers. Raises Unauthorized, Forbidden, InvalidRequest or Unavailable."""
        scheme, _, credential = (authorization or "").strip().partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential or len(credential) > LONGEST_TOKEN:
            raise Unauthorized(_MISSING)
        grant = self._grant(credential)
        now = self._now()
        if grant is None or (grant.expires_at is not None and grant.expires_at <= now):
            raise Unauthorized(_UNKNOWN)
        self._used(grant, now)
        if on_behalf_of is not None and (on_behalf_of == "*" or not _USER.fullmatch(on_behalf_of)):
            raise InvalidRequest("X-On-Behalf-Of: must be 1-150 printable ASCII characters and not `*`")
        needed = scope if on_behalf_of is None else "admin"
        if not grant.allows(needed):
            what = "X-On-Behalf-Of: acting for a user" if needed == "admin" else "This call"
            raise Forbidden(f"{what} requires the scope `{needed}`; use a key that has it")
        assert grant.scope is not None, "a grant without a scope allows nothing"
        return Caller(grant.tenant, on_behalf_of, grant.scope)

    def _grant(self, credential: str) -> Grant | None:
        if credential in self._also or well_formed(credential):
            return self._looked_up(digest_of(credential))
        return self._verify(credential) if self._verify is not None else None

    def _looked_up(self, digest: str) -> Grant | None:
        now = self._monotonic()
        for memory in (self._known, self._unknown):
            if (answer := memory.get(digest, now)) is not None:
                return answer.grant
        grant = self._find(digest)
        (self._unknown if grant is None else self._known).put(digest, _Answer(grant, now + REMEMBERED))
        return grant


@dataclass(frozen=True)
class _Answer:
    """A cached lookup of a key, and the monotonic time until which it is valid."""

    grant: Grant | None
    until: float


class _Memory:
    """A bounded cache of answers by the keys' SHA-256."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}

    def get(self, digest: str, now: float) -> _Answer | None:
        """Return the answer while it is valid."""
        answer = self._answers.get(digest)
        return answer if answer is not None and answer.until > now else None

    def put(self, digest: str, answer: _Answer) -> None:
        """Store an answer. Evict the oldest when the cache is full."""
        self._answers.pop(digest, None)  # so that the dict stays ordered by age
        if len(self._answers) >= MOST_REMEMBERED:
            del self._answers[next(iter(self._answers))]
        self._answers[digest] = answer
