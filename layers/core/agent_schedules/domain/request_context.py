"""One call of the HTTP API, as far as a change needs to know it: who, since when, under which key and condition.

The vendor's SDK repeats every call on 429, 5xx and after 5 s of silence (contract 1.2). Two things make that safe. A
change that has used 3 s before its commit writes nothing (invariant 5). And a caller's `Idempotency-Key` is
recorded in the commit's own transaction, so that the repeat of a lost reply finds what was done (contract D8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.etags import Condition
from agent_schedules.errors import Unavailable

T = TypeVar("T")

COMMIT_WITHIN = 3.0  # seconds since the request arrived: a later commit could answer somebody who has gone
ANSWER_WITHIN = 4.5  # seconds: whoever waits 5 s is not reached by a later answer
RECEIPT_SECONDS = 86_400  # that an idempotency key is remembered


@dataclass(frozen=True)
class Intent:
    """What an `Idempotency-Key` stands for. Both are SHA-256 in hex."""

    key: str
    fingerprint: str
    """Of the method, the path and the body: the same key with another one is a mistake."""


@dataclass(frozen=True)
class Receipt:
    """The record that a call was carried out."""

    owner: str
    intent: Intent
    subject: str
    """The id of what it made or changed."""
    expires: int
    """UTC seconds."""


def _no_time() -> float:
    return 0.0


@dataclass(frozen=True)
class Call:
    """A call that may change something."""

    caller: Caller
    intent: Intent | None = None
    elapsed: Callable[[], float] = _no_time
    """Real seconds since the request reached the front door."""
    condition: Condition | None = None
    """Its `If-Match`, where it has one."""

    def must_be_in_time(self) -> None:
        """Raises Unavailable where a commit would come too late for the caller to hear of it."""
        if self.elapsed() > COMMIT_WITHIN:
            raise Unavailable("The service is slow and nothing was changed; send the call again")

    def must_match(self, current: str) -> None:
        """Raises PreconditionFailed where the call wants another version than the one with this entity tag.

        It is for what was read in order to change it, under a commit that is conditional on that; and for nothing
        that holds already, so that the repeat of a call whose answer was lost succeeds as the call did.
        """
        if self.condition is not None:
            self.condition.must_hold(current)

    @property
    def unheard(self) -> bool:
        """Whether the answer comes too late, and the repeat of the call cannot find out what this one did."""
        return self.intent is None and self.elapsed() > ANSWER_WITHIN
