"""Who is calling, and whether they may: credentials, scopes and owners (architecture.md, invariant 7).

Authentication happens inside the api function, because the gateway's own 401 body breaks the vendor's SDK (contract
1.4).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime

from agent_schedules.domain.api_keys import Grant, Scope, digest_of, well_formed
from agent_schedules.domain.caller import Caller
from agent_schedules.errors import Forbidden, InvalidRequest, Unauthorized

REMEMBERED = 60.0  # seconds that an answer about a key is kept, so that a revoked key dies within them
MOST_REMEMBERED = 10_000  # answers of each kind
LONGEST_TOKEN = 8192
_USER = re.compile(r"[\x20-\x7e]{1,150}")
_ONLY_ASKS = ("POST", "/api/v1/schedules/preview")  # a POST because it has a body

_MISSING = "Send your API key as `Authorization: Bearer <key>`"
_UNKNOWN = "This key or token is not valid: unknown, revoked or expired; check it, or get a new one"


def scope_of(method: str, path: str) -> Scope:
    """What a request takes, besides `admin` if it acts for a user."""
    return "read" if method in {"GET", "HEAD"} or (method, path) == _ONLY_ASKS else "write"


class Authenticator:
    """Credentials to callers. A key is looked up by its SHA-256, so no comparison can leak it; known or not, what was
    found is remembered, and what cannot be a key is not looked up."""

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
        """`find` asks the table, `verify` reads a JSON Web Token if those are taken, `used` is told of uses.

        `also` are keys of another form, such as the local stack's.
        """
        self._find = find
        self._now = now
        self._verify = verify
        self._used = used
        self._also = also
        self._monotonic = monotonic
        self._known = _Memory()
        self._unknown = _Memory()  # apart, so that no flood of guesses drives out what is known

    def caller(self, authorization: str | None, on_behalf_of: str | None, scope: Scope) -> Caller:
        """The caller behind these two headers. Raises Unauthorized, Forbidden, InvalidRequest or Unavailable."""
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
            what = "This call changes something" if needed == "write" else "This call reads"
            what = "X-On-Behalf-Of acts for a user" if needed == "admin" else what
            raise Forbidden(f"{what}, which takes the scope `{needed}`; use a key that has it")
        return Caller(grant.tenant, on_behalf_of)

    def forget(self) -> None:
        """Ask anew about every key."""
        self._known.clear()
        self._unknown.clear()

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
    """What the table said about a key, and until when (monotonic) that is believed."""

    grant: Grant | None
    until: float


class _Memory:
    """Answers by the keys' SHA-256, the newest of them. Thread-safe: local requests run side by side."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}
        self._lock = threading.Lock()

    def get(self, digest: str, now: float) -> _Answer | None:
        """The answer, while it is believed."""
        answer = self._answers.get(digest)
        return answer if answer is not None and answer.until > now else None

    def put(self, digest: str, answer: _Answer) -> None:
        """Remember it, at the cost of the oldest when there are too many."""
        with self._lock:
            self._answers.pop(digest, None)  # so that the order of the dict is that of age
            if len(self._answers) >= MOST_REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[digest] = answer

    def clear(self) -> None:
        """Remember nothing."""
        with self._lock:
            self._answers.clear()
