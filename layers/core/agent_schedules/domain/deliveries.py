"""A delivery: one event on its way to one webhook, its attempts and the times of the next ones. Pure (decision 19)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_schedules.domain.webhooks import WebhookKey
from agent_schedules.domain.wire import KeyPart
from agent_schedules.timestamps import floor_seconds

DeliveryStatus = Literal["pending", "delivered", "dead", "held"]
DeadReason = Literal["exhausted", "gone", "webhook_disabled", "webhook_deleted"]

WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt after the first one."""
JITTER = 0.2
"""The largest part of a wait that is added to it."""
LONGEST_RETRY_AFTER = 86_400  # seconds that a receiver may ask to wait
MOST_ATTEMPTS = len(WAITS) + 1
LONGEST_BODY = 1_024  # bytes of the last answer that are kept
LONGEST_ERROR = 300  # characters
LONGEST_MESSAGE_WAIT = 900
"""Seconds: a delayed message carries an attempt that is not farther ahead. The reconciler sends that of a later one."""
MOST_ASKED = 60
"""Tests and replays that the callers of a tenant may ask for in a minute."""
KEPT = timedelta(days=7)
"""How long a delivery can be read after its last change."""
LOOK = 300
"""Seconds. The reconciler looks this long after an attempt whose message was sent, or before one that has none yet."""


class _Head(BaseModel):
    id: str
    type: str


@dataclass(frozen=True)
class DeliveryKey:
    """The ids that find a delivery."""

    owner: str
    webhook_id: str
    delivery_id: str

    @property
    def webhook(self) -> WebhookKey:
        """The ids that find its webhook."""
        return WebhookKey(self.owner, self.webhook_id)


@dataclass(frozen=True)
class Attempt:
    """One attempt."""

    at: datetime
    status_code: int | None
    """None where no answer came."""
    error: str | None
    """Why it failed; None where it succeeded."""
    milliseconds: int


@dataclass(frozen=True)
class Delivery:
    """A delivery. Every write is under the optimistic lock `rev`."""

    key: DeliveryKey
    event: str
    """The body of the request as JSON: `id`, `type`, `timestamp` and `data`. Never an output."""
    created_at: datetime
    updated_at: datetime
    status: DeliveryStatus = "pending"
    attempts: tuple[Attempt, ...] = ()
    response_body: str | None = None
    """The start of the last answer."""
    next_attempt_at: int | None = None
    """While it is pending (UTC seconds)."""
    look_at: int | None = None
    """While it is pending: when the reconciler looks at it (UTC seconds)."""
    reason: DeadReason | None = None
    """Why it is dead."""
    replay_of: str | None = None
    """The id of the delivery that a caller asked to repeat."""
    rev: int = 1

    @classmethod
    def first(cls, key: DeliveryKey, event: str, now: datetime, *, replay_of: str | None = None) -> Delivery:
        """Return a delivery whose first attempt is due at once."""
        due = floor_seconds(now)
        return cls(key, event, now, now, next_attempt_at=due, look_at=due + LOOK, replay_of=replay_of)

    @property
    def over(self) -> bool:
        """Whether no attempt follows."""
        return self.status != "pending"

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be read."""
        return self.updated_at + KEPT

    @property
    def event_id(self) -> str:
        """The id of its event."""
        return _Head.model_validate_json(self.event).id

    @property
    def event_type(self) -> str:
        """The type of its event."""
        return _Head.model_validate_json(self.event).type

    @property
    def message(self) -> Deliver:
        """The message of its next attempt."""
        return Deliver(self.key, len(self.attempts) + 1)

    def delivered(self, attempt: Attempt, body: str | None) -> Delivery:
        """Return the delivery after the attempt that succeeded."""
        return replace(self._attempted(attempt, body), status="delivered", next_attempt_at=None, look_at=None)

    def failed(
        self, attempt: Attempt, body: str | None, now: datetime, *, jitter: float, retry_after: float | None = None
    ) -> Delivery:
        """Return the delivery after an attempt that failed: with the time of the next one, or dead after the last.

        `jitter`: from 0 to 1. `retry_after`: the seconds that the receiver asked to wait.
        """
        after = self._attempted(attempt, body)
        at = next_attempt(len(after.attempts), now, jitter=jitter, retry_after=retry_after)
        if at is None:
            return replace(after, status="dead", reason="exhausted", next_attempt_at=None, look_at=None)
        has_message = at - floor_seconds(now) <= LONGEST_MESSAGE_WAIT
        return replace(after, next_attempt_at=at, look_at=at + LOOK if has_message else at - LOOK)

    def dead(self, reason: DeadReason, now: datetime) -> Delivery:
        """Return the delivery without further attempts."""
        return self._ended(now, status="dead", reason=reason)

    def held(self, now: datetime) -> Delivery:
        """Return the delivery of a poll webhook: it is only recorded."""
        return self._ended(now, status="held")

    def looked(self, now: int) -> Delivery:
        """Return the delivery after a look of the reconciler, which sends its message with the delay that is left."""
        return replace(self, look_at=max(self.next_attempt_at or now, now) + LOOK, rev=self.rev + 1)

    def _ended(self, now: datetime, **values: Any) -> Delivery:
        return replace(self, next_attempt_at=None, look_at=None, updated_at=now, rev=self.rev + 1, **values)

    def _attempted(self, attempt: Attempt, body: str | None) -> Delivery:
        kept = replace(attempt, error=attempt.error[:LONGEST_ERROR] if attempt.error is not None else None)
        return replace(
            self,
            attempts=(*self.attempts, kept)[-MOST_ATTEMPTS:],
            response_body=_start(body) if body is not None else None,
            updated_at=attempt.at,
            rev=self.rev + 1,
        )


def _start(body: str) -> str:
    return body.encode("utf-8", "replace")[:LONGEST_BODY].decode("utf-8", "ignore")


def next_attempt(attempts_made: int, now: datetime, *, jitter: float, retry_after: float | None = None) -> int | None:
    """Return the time of the next attempt in UTC seconds, or None if there is none.

    It is never before its wait has passed, and up to `JITTER` of the wait later. `jitter` is from 0 to 1. A receiver's
    `retry_after` (seconds) makes it later, but no later than `LONGEST_RETRY_AFTER`.
    """
    if attempts_made >= MOST_ATTEMPTS:
        return None
    wait = WAITS[attempts_made - 1] * (1 + JITTER * min(max(jitter, 0.0), 1.0))
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return math.ceil(now.timestamp() + wait)


@dataclass(frozen=True)
class Deliver:
    """Make this attempt of a delivery."""

    key: DeliveryKey
    attempt: int
    """From 1. A delivery that has made it has a newer message."""
    event: str | None = None
    """The event of a delivery that has no row before its first attempt."""

    def body(self) -> dict[str, Any]:
        """Return its form on the queue."""
        message = {"v": 1, "kind": "deliver", **asdict(self.key), "attempt": self.attempt}
        return message if self.event is None else message | {"event": self.event}


class _DeliverBody(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    owner: KeyPart
    webhook_id: KeyPart
    delivery_id: KeyPart
    attempt: int = Field(ge=1, le=MOST_ATTEMPTS)
    event: str | None = Field(default=None, min_length=1)  # a bound also makes pydantic refuse unpaired surrogates


def deliver_of(body: Any) -> Deliver:
    """Return the message in a queue body. Raises ValueError for anything else."""
    if not isinstance(body, dict) or body.get("kind") != "deliver":
        raise ValueError("a message of unknown kind")
    sent = _DeliverBody.model_validate(body)
    return Deliver(DeliveryKey(sent.owner, sent.webhook_id, sent.delivery_id), sent.attempt, sent.event)
