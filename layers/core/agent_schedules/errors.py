"""The errors of this service. Each class has its HTTP status; its message names the problem and says what to do.

Callers read the messages, so these never contain secrets, prompts or internals. `adapters/errors.py` turns botocore's
errors into these classes, and `api/app.py` turns them into the envelope of contract 1.4. Nothing else translates.
"""

from __future__ import annotations

from typing import ClassVar


class AgentSchedulesError(Exception):
    """Base class of every error that this service raises on purpose."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(AgentSchedulesError):
    """The request cannot succeed unless it is changed; nothing was written (contract D40: always 400)."""

    status = 400


class Unauthorized(AgentSchedulesError):
    """The credentials are missing or not valid. Every cause has the same message, so it does not reveal which keys
    exist."""

    status = 401


class Forbidden(AgentSchedulesError):
    """The key lacks the required scope. Checked before any lookup, so it reveals nothing about what exists.

    A webhook with `all_users` is looked up first: every key of its account can read it.
    """

    status = 403


class NotFound(AgentSchedulesError):
    """The resource does not exist for this caller. Another tenant's id gets the same answer (contract D41)."""

    status = 404


class Conflict(AgentSchedulesError):
    """The resource's current state does not allow the operation."""

    status = 409


class KeyTaken(Conflict):
    """Another resource has the stable key that a new one asks for."""


class PreconditionFailed(AgentSchedulesError):
    """The caller's `If-Match` does not name the resource's current version; nothing was written."""

    status = 412


class TooManyRequests(AgentSchedulesError):
    """A rate limit is reached; the same request may succeed soon. Nothing was committed."""

    status = 429

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds, for the answer's header. One where the SDK has the operation: it sleeps for all of them (contract
        1.2)."""


class Unavailable(AgentSchedulesError):
    """An AWS service throttled or failed and nothing was committed; the same request may be sent again."""

    status = 503


class Contended(Unavailable):
    """Another transaction was writing the same items; nothing was changed. Read them again and retry."""


class Uncertain(Unavailable):
    """A write was sent and no answer came: it may have been applied, or may still be."""


class BadGateway(AgentSchedulesError):
    """The LLM gateway did not answer in time; the same request may be sent again."""

    status = 502


class DefinitionRefused(InvalidRequest):
    """EventBridge Scheduler refused the definition itself, so a retry cannot succeed."""


class AlreadyDone(Exception):
    """A request with the same idempotency key was committed first. Never reaches a caller."""


class Busy(Exception):
    """There is no place for this work now; it is tried again after the given seconds. Never reaches a caller."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"no place for {seconds} s")
        self.seconds = seconds


class ConditionFailed(Exception):
    """The condition of the write at `index` failed: its item was not as expected. Never reaches a caller."""

    def __init__(self, index: int) -> None:
        super().__init__(f"condition of write {index} failed")
        self.index = index


class QuotaExceeded(ConditionFailed):
    """A counter is at its limit, or its agent was deleted since. Never reaches a caller."""
