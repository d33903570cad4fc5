"""The one tree of errors. Each class knows its HTTP status; a message names what is wrong and says what to do.

Messages are public: they never carry secrets, prompts or internals. `http.py` turns the tree into the envelope of
contract 1.4, `aws.py` turns botocore's errors into it, and nothing else translates.
"""

from __future__ import annotations

from typing import ClassVar


class AgentSchedulesError(Exception):
    """Base of every error this service raises on purpose."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(AgentSchedulesError):
    """The caller sent something that can never succeed as it is; nothing was written (contract D40: always 400)."""

    status = 400


class Unauthorized(AgentSchedulesError):
    """No credentials, or none that are valid; one message for all, so that it tells nothing of what exists."""

    status = 401


class Forbidden(AgentSchedulesError):
    """The caller's key has not the scope that the call takes. What exists plays no part in it."""

    status = 403


class NotFound(AgentSchedulesError):
    """No such resource for this caller; another tenant's id looks the same (contract D41)."""

    status = 404


class Conflict(AgentSchedulesError):
    """The resource's present state does not allow the operation."""

    status = 409


class PreconditionFailed(AgentSchedulesError):
    """The resource is no longer the version that the caller's `If-Match` names; nothing was written."""

    status = 412


class TooManyRequests(AgentSchedulesError):
    """Not now, but the same call may succeed soon; nothing was committed."""

    status = 429


class Unavailable(AgentSchedulesError):
    """A service below throttled or failed and nothing was committed; the same call may be sent again."""

    status = 503


class Contended(Unavailable):
    """Another transaction was writing the same items; nothing was changed. Reading again settles it."""


class Uncertain(Unavailable):
    """A write was sent and no answer came: it may have happened, or may yet happen."""


class BadGateway(AgentSchedulesError):
    """The LLM gateway did not answer, or not in time; the same call may be sent again."""

    status = 502


class DefinitionRefused(InvalidRequest):
    """EventBridge Scheduler refuses the definition itself, so that repeating cannot help."""


class AlreadyDone(Exception):
    """A call with the same idempotency key was committed first. Never reaches a caller."""


class ConditionFailed(Exception):
    """A conditional write lost: the item at `index` of the writes was not as expected. Never reaches a caller."""

    def __init__(self, index: int) -> None:
        super().__init__(f"condition of write {index} failed")
        self.index = index


class QuotaExceeded(ConditionFailed):
    """A counter has no room for what was to be added, or its agent was deleted since. Never reaches a caller."""
