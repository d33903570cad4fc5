"""What the use cases need from outside, as small protocols, and the one object that carries it all to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from agent_schedules.domain.entries import Entry
from agent_schedules.domain.messages import Message
from agent_schedules.domain.paging import Cursors
from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.rate_limit import Allowance
from agent_schedules.ids import Entropy
from agent_schedules.storage.events import Event
from agent_schedules.storage.store import Store


class Scheduler(Protocol):
    """EventBridge Scheduler, as far as we use it."""

    def put(self, entry: Entry, *, expect_new: bool) -> None:
        """Make the entry exist exactly as rendered. `expect_new` only says which of create and update to try first.

        Raises DefinitionRefused when EventBridge says the definition is invalid, Unavailable for the rest.
        """
        ...

    def remove(self, name: str) -> None:
        """Make sure that no entry of that name exists. Raises Unavailable."""
        ...


class Queue(Protocol):
    """The delay queue."""

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """Deliver each at least once, `delay` (0-900) seconds from now or later. Raises Unavailable."""
        ...


class Bus(Protocol):
    """Where events go."""

    def publish(self, events: Sequence[Event]) -> None:
        """Hand all of them over. Raises Unavailable unless each was taken; some may come twice then."""
        ...


class Gateway(Protocol):
    """An LLM gateway that speaks the Responses API."""

    background: bool
    """Whether it answers at once and is polled; otherwise its answer is final."""
    patience: float
    """Seconds: a send that has waited so long was not answered because the gateway does not answer in time, and not
    because we had none."""
    extensions: bool
    """Whether it understands MKA1's additions to the Responses API (contract 5.1)."""

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """Send a request, spending at most `seconds`. Its status may be one that the Responses API does not have: the
        response is there all the same. Raises GatewayError."""
        ...

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """The response as it is now, in a status of the Responses API. Raises GatewayError."""
        ...

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """Cancel a background response; the response as it is afterwards, likewise. Raises GatewayError."""
        ...


Failing = Literal["unreachable", "broken", "timed_out", "unavailable", "refused", "strange"]


class GatewayError(Exception):
    """A call to the gateway that brought no response object."""

    def __init__(self, kind: Failing, message: str, *, retry_after: float | None = None, waited: float = 0) -> None:
        super().__init__(message)
        self.kind = kind
        """`unreachable`: nothing was sent. `broken`, `timed_out`: it was sent, and the connection broke, or no answer
        came in time. `unavailable`: an answer that says "not now". `refused`: one that says no. `strange`: one that
        the Responses API does not have."""
        self.message = message
        self.retry_after = retry_after
        """Seconds that the gateway asked to be left alone for."""
        self.waited = waited
        """Seconds that it had for its answer."""

    @property
    def passing(self) -> bool:
        """Whether it says nothing about the request, which may be taken the next time."""
        return self.kind in {"unreachable", "broken", "timed_out", "unavailable"}


@dataclass(frozen=True)
class Limits:
    """What a deployment may tune."""

    minimum_interval: int = 1
    """Seconds; the shortest interval that callers may ask for."""
    misfire_grace: int = 3600
    """Seconds; how late the newest missed occurrence still runs (contract D30)."""
    run_timeout: int = 86_400
    """Seconds; an open run older than this fails."""
    agent_retention_days: int = 30
    """How long a deleted agent can be restored."""
    quotas: Quotas = field(default_factory=Quotas)
    """Schedules of a tenant and how often they run, and active ones of an agent."""


@dataclass(frozen=True)
class Ports:
    """The outside world of the use cases. Tests put fakes here."""

    store: Store
    scheduler: Scheduler
    queue: Queue
    gateway: Gateway
    now: Callable[[], datetime]
    """The present, aware."""
    pause: Callable[[float], None]
    """Lets so many seconds pass."""
    entropy: Entropy
    cursors: Cursors
    limits: Limits = Limits()
    allowance: Allowance = field(default_factory=Allowance)
    """What this copy of the api function may still start."""
