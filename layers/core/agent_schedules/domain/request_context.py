"""The context of a request that changes something: its caller, age, idempotency key and `If-Match`. Pure.

The vendor's SDK repeats every call on 429, 5xx and after 5 s of silence (contract 1.2). Two things make that safe. A
change that has used 3 s before its commit writes nothing (invariant 5). And a caller's `Idempotency-Key` is
recorded in the commit's own transaction, so that a retry after a lost reply finds what was done (contract D8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.etags import Condition
from agent_schedules.errors import Unavailable

T = TypeVar("T")

COMMIT_WITHIN = 3.0  # seconds since the request arrived: after a later commit the client may have stopped waiting
ANSWER_WITHIN = 4.5  # seconds: a client that waits 5 s does not get a later answer
RECEIPT_SECONDS = 86_400  # that the record of an idempotency key is kept


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's `Idempotency-Key`. Both parts are SHA-256 in hex."""

    key: str
    fingerprint: str
    """Of the method, the path and the body: the same key with another fingerprint is the caller's mistake."""


@dataclass(frozen=True)
class IdempotencyRecord:
    """The record that a request with this key was carried out."""

    owner: str
    idempotency_key: IdempotencyKey
    subject: str
    """The id of the resource that it created or changed."""
    expires: int
    """UTC seconds."""


def no_time() -> float:
    """Return 0, the age in seconds of a change that no client waits for."""
    return 0.0


@dataclass(frozen=True)
class RequestContext:
    """A request that may change something."""

    caller: Caller
    idempotency_key: IdempotencyKey | None = None
    elapsed: Callable[[], float] = no_time
    """Real seconds since the request reached the front door."""
    condition: Condition | None = None
    """Its `If-Match`, where it has one."""
    only_new: bool = False
    """Whether it may only create (`If-None-Match: *`)."""

    def must_be_in_time(self) -> None:
        """Raise Unavailable where a commit would come too late for its answer to reach the client."""
        if self.elapsed() > COMMIT_WITHIN:
            raise Unavailable("The service is slow and nothing was changed; send the call again")

    def must_match(self, current: str) -> None:
        """Raise PreconditionFailed where `If-Match` does not name this entity tag.

        Call it with the version that was read in order to change it, before a commit that is conditional on that
        version. Do not call it when nothing is left to change, so that a retry after a lost answer succeeds too.
        """
        if self.condition is not None:
            self.condition.must_hold(current)

    @property
    def client_timed_out(self) -> bool:
        """Whether the answer comes too late for the client, and its retry cannot find out what this request did."""
        return self.idempotency_key is None and self.elapsed() > ANSWER_WITHIN
