"""The protocols of everything outside that the use cases need, and the one object that carries their
implementations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from agent_schedules.domain.deliveries import Deliver
from agent_schedules.domain.entries import Entry
from agent_schedules.domain.events import Event
from agent_schedules.domain.messages import Message
from agent_schedules.domain.paging import Cursors
from agent_schedules.domain.quotas import Quotas
from agent_schedules.domain.rate_limit import Allowance
from agent_schedules.ids import Entropy
from agent_schedules.storage.store import Store


class Scheduler(Protocol):
    """The part of EventBridge Scheduler that this service uses."""

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


class DeliveryQueue(Protocol):
    """A queue of deliveries."""

    def send(self, messages: Sequence[Deliver], *, delay: int) -> None:
        """Deliver each at least once, `delay` (0-900) seconds from now or later. Raises Unavailable."""
        ...


class Bus(Protocol):
    """The destination of events."""

    def publish(self, events: Sequence[Event]) -> None:
        """Publish all events. Raises Unavailable unless each was accepted; a retry then publishes some twice."""
        ...


class Gateway(Protocol):
    """An LLM gateway that speaks the Responses API."""

    background: bool
    """Whether it answers immediately and is polled for the response. Otherwise its answer is final."""
    patience: float
    """Seconds after which an unanswered send is the gateway's failure, and not due to a timeout that was too short."""
    extensions: bool
    """Whether it supports MKA1's additions to the Responses API (contract 5.1)."""

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """Send a request within `seconds` and return the response. Its status may be unknown to the Responses API,
        because the response exists all the same. Raises GatewayError."""
        ...

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """Return the current response, with a status of the Responses API. Raises GatewayError."""
        ...

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """Cancel a background response, and return it as `retrieve` does. Raises GatewayError."""
        ...


@dataclass(frozen=True)
class Reply:
    """A receiver's answer to a delivery."""

    status: int
    content: bytes
    """The beginning of its body."""
    retry_after: float | None
    """The seconds of its `Retry-After`, the only header that is used."""


class NotDelivered(Exception):
    """A delivery that got no answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """For the webhook's owner."""


class Sender(Protocol):
    """Sends deliveries to the URLs of webhooks."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Reply:
        """Post the body within `seconds`, and return the answer, whatever its status. Raises NotDelivered."""
        ...


Failing = Literal["unreachable", "broken", "timed_out", "unavailable", "refused", "strange"]


class GatewayError(Exception):
    """A call to the gateway that returned no response object."""

    def __init__(self, kind: Failing, message: str, *, retry_after: float | None = None, waited: float = 0) -> None:
        super().__init__(message)
        self.kind = kind
        """`unreachable`: nothing was sent. `broken`, `timed_out`: the request was sent, and the connection broke or no
        answer came in time. `unavailable`: the answer is a temporary failure. `refused`: the answer is a refusal.
        `strange`: the answer is not valid in the Responses API."""
        self.message = message
        self.retry_after = retry_after
        """Seconds that the gateway asked to wait."""
        self.waited = waited
        """Seconds that the call waited for the answer."""

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later, because the failure does not concern the request itself."""
        return self.kind in {"unreachable", "broken", "timed_out", "unavailable"}


@dataclass(frozen=True)
class Limits:
    """The limits that a deployment can set."""

    minimum_interval: int = 1
    """Seconds; the shortest interval that callers may ask for."""
    misfire_grace: int = 3600
    """Seconds; how late the newest missed occurrence still runs (contract D30)."""
    run_timeout: int = 86_400
    """Seconds; an open run older than this fails."""
    agent_retention_days: int = 30
    """How long a deleted agent can be restored."""
    run_retention_days: int = 0
    """How long runs are kept after their end, where no policy says otherwise; 0: for ever."""
    quotas: Quotas = field(default_factory=Quotas)
    """The limits on schedules, occurrences and runs."""


@dataclass(frozen=True)
class Webhooks:
    """What webhooks need, in a deployment that has them."""

    deliveries: DeliveryQueue
    """For the first attempts of webhooks that are neither slow nor failing."""
    redeliveries: DeliveryQueue
    """For all other attempts."""
    master: Callable[[], bytes]
    """Returns the secret that the webhooks' secrets are derived from."""
    public_url: str
    """Base of the console's links, without a slash at its end."""
    high_ports: bool = False
    """Whether URLs may have ports from 1024 on."""
    local: bool = False
    """Whether it is the local stack: URLs may name this machine, without TLS, and tests and replays have no limit."""


@dataclass(frozen=True)
class Ports:
    """Everything outside that the use cases need. Tests pass fakes."""

    store: Store
    scheduler: Scheduler
    queue: Queue
    gateway: Gateway
    now: Callable[[], datetime]
    """Returns the current time, aware."""
    pause: Callable[[float], None]
    """Waits for the given seconds."""
    entropy: Entropy
    cursors: Cursors
    limits: Limits = Limits()
    allowance: Allowance = field(default_factory=Allowance)
    """The runs that this copy of the api function may still start."""
    webhooks: Webhooks | None = None
    """None where the deployment has no webhooks."""
