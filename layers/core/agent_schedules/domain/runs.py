"""A run: one occurrence (or one call) carried out by the gateway, from claim to terminal status. Pure.

`queued` before dispatch, `submitting` while it is being sent, `queued` again once linked to a gateway response, then
one terminal status (contract D45). A terminal run is never rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from agent_schedules.timestamps import floor_seconds

RunStatus = Literal["queued", "submitting", "completed", "failed", "cancelled", "incomplete"]
Trigger = Literal["schedule", "api", "manual", "backfill", "retry"]

TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled", "incomplete"})
"""The terminal statuses, which the gateway's own map to by name (contract 5.2)."""

LONGEST_MESSAGE = 2_000  # characters of an upstream error kept on a run
DAY = 86_400  # seconds
LOOK = 600  # seconds until the reconciler looks at an open run; twice as many after each look that found it open
LONGEST_LOOK = 3600
LEASE_MARGIN = 5  # seconds of a lease kept for recording what the gateway said
SOONEST_LOOK = 60  # seconds: a look that is farther ahead than this stays where it is


@dataclass(frozen=True)
class Work:
    """The task of a run: the caller's own values, passed on unchanged."""

    input: Any
    conversation: Any = None
    previous_response_id: str | None = None
    context_management: Any = None
    metadata: dict[str, str] | None = None
    stream: bool = False
    """Whether the gateway should keep token-level events of the response (contract 4.2)."""


@dataclass(frozen=True)
class RunKey:
    """The ids that find a run. Messages about runs carry nothing else."""

    owner: str
    agent_id: str
    run_id: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run's own row. Its work stays in the item that it refers to, its response is stored compressed."""

    key: RunKey
    status: RunStatus
    trigger: Trigger
    schedule_id: str | None = None
    revision: int = 1
    """The revision of its schedule's definition; 1 for a run without a schedule."""
    scheduled_for: int | None = None
    """Nominal time, UTC seconds."""
    agent_version: int
    on_behalf_of: str | None
    lease_until: datetime | None = None
    """While `submitting`: the end of its holder's lease. Afterwards any hint or message may take it over."""
    gateway_response_id: str | None = None
    error: dict[str, Any] | None = None
    created_at: datetime
    completed_at: datetime | None = None
    response: bytes | None = None
    """The gateway's response, compressed, if it is small."""
    response_parts: int = 0
    """The number of further items that hold the response, if it is large."""
    size: int
    """Bytes that its work and response add to an answer. A page of runs is cut by this, before they are read."""
    rev: int
    look_at: int | None = None
    """While it is open: when the reconciler looks at it (UTC seconds), even if every message about it was lost."""
    requeues: int = 0
    """How often the reconciler sent it a new message."""
    in_line: bool = False
    """Whether other runs of its schedule may wait for its end (`execution/line.py`)."""
    replaceable: bool = False
    """Whether one that waits cancels it."""
    waiting: bool = False
    """It waits for another run of its schedule to end, and no message sends it."""
    released_at: datetime | None = None
    """When its wait ended. Its timeout counts from then."""
    timeout: int | None = None
    """Seconds of all its attempts together, by its schedule's policy. None: as the deployment sets it."""
    due_at: int | None = None
    """When its occurrence was due (UTC seconds), if that was not its nominal time."""
    retry_of: str | None = None
    """The id of the run that a caller asked to repeat."""
    work_of: str | None = None
    """The id of the run whose own item has its work, if that is not its schedule's definition."""
    reason: str | None = None
    """Why its nominal time had made no run before a backfill."""
    kept_days: int = 0
    """How long it is kept after its end, as its schedule said when it was created; 0: for ever."""
    expires_at: int | None = None
    """When it expires (UTC seconds), once it has ended."""
    watched: bool = False
    """Its schedule has a dead man's switch, which its completion moves."""
    tried: bool = False
    """It was claimed and put off before, so its next claim is not its start."""

    @property
    def terminal(self) -> bool:
        """Whether its outcome is final."""
        return self.status in TERMINAL

    def held(self, now: datetime) -> bool:
        """Whether it is being sent under a lease that still runs."""
        return self.status == "submitting" and not self.abandoned(now)

    def abandoned(self, now: datetime) -> bool:
        """Whether it is claimed or queued, was not sent, and no lease on it runs."""
        if self.status == "submitting":
            return self.lease_until is None or self.lease_until <= now
        return self.status == "queued" and self.gateway_response_id is None and not self.waiting

    def time_left(self, now: datetime, default: int) -> float:
        """Return the seconds until its timeout. `default` is the deployment's, in seconds. A wait for another run does
        not count."""
        allowed = default if self.timeout is None else self.timeout
        return allowed - (now - (self.released_at or self.created_at)).total_seconds()

    def timed_out(self, now: datetime, default: int) -> bool:
        """Whether its time is over."""
        return self.time_left(now, default) <= 0

    def expired(self, now: datetime) -> bool:
        """Whether its retention is over. DynamoDB may keep its row for some days longer."""
        return self.expires_at is not None and self.expires_at <= now.timestamp()

    def supersedes(self, rev: int | None) -> bool:
        """Whether a message with this `rev` is void, because the later writer of the row sent another.

        A message about a run that is being sent is never void: it may be the one that its holder came by.
        """
        return self.status == "queued" and rev is not None and rev < self.rev

    def forsaken(self, now: datetime, since: int) -> bool:
        """Whether no function may know of the open run any more: it was sent by a process whose lease is over, or its
        last message was due before `since` (UTC seconds), in times of trouble."""
        if self.look_at is None or self.held(now):
            return False
        return self.status == "submitting" or self.look_at - min(LOOK << self.requeues, LONGEST_LOOK) < since

    def with_recheck(self, now: datetime) -> Run:
        """Return the run with the time of the reconciler's next look at it, which comes after its lease.

        A look that is far enough ahead stays, because moving it costs two write units.
        """
        soon = max(now, self.lease_until or now)
        if self.look_at is not None and self.look_at >= soon.timestamp() + SOONEST_LOOK:
            return self
        return replace(self, look_at=int(soon.timestamp()) + min(LOOK << self.requeues, LONGEST_LOOK))

    def claimed(self, *, now: datetime, lease: float) -> Run:
        """Return the run held under a lease of `lease` seconds."""
        until = now + timedelta(seconds=lease)
        return replace(self, status="submitting", lease_until=until, rev=self.rev + 1).with_recheck(now)

    def released(self, *, now: datetime) -> Run:
        """Return a run that waited as free to be sent."""
        return replace(self, waiting=False, released_at=now, look_at=None, rev=self.rev + 1).with_recheck(now)

    def put_off(self, *, until: datetime) -> Run:
        """Return the run unsent and free for the message with this `rev`, which comes at `until`."""
        return replace(self, status="queued", lease_until=None, tried=True, rev=self.rev + 1).with_recheck(until)

    def linked(self, response_id: str, *, now: datetime) -> Run:
        """Return the run as accepted by the gateway under a response id. It is polled from now on."""
        linked = replace(self, status="queued", lease_until=None, gateway_response_id=response_id, rev=self.rev + 1)
        return linked.with_recheck(now)

    def requeued(self, *, now: datetime) -> Run:
        """Return the run as the reconciler requeues it: a raised `rev` voids older messages, and the reconciler waits
        longer until its next look.
        """
        return replace(self, rev=self.rev + 1, requeues=self.requeues + 1, look_at=None).with_recheck(now)

    def ended(self, status: RunStatus, *, now: datetime, error: dict[str, Any] | None) -> Run:
        """Return the run with its final outcome. The reconciler no longer looks at it."""
        return replace(
            self,
            status=status,
            error=error,
            completed_at=now,
            lease_until=None,
            look_at=None,
            expires_at=expires_at(self.kept_days, now),
            rev=self.rev + 1,
        )


def queued_run(
    key: RunKey, *, now: datetime, agent_version: int, on_behalf_of: str | None, size: int, kept_days: int = 0
) -> Run:
    """Return a run without a schedule that no function has sent yet. It is kept for `kept_days`; 0: for ever."""
    return Run(
        key=key,
        status="queued",
        trigger="api",
        agent_version=agent_version,
        on_behalf_of=on_behalf_of,
        created_at=now,
        size=size,
        rev=1,
        kept_days=kept_days,
    ).with_recheck(now)


def request_for(
    configuration: dict[str, Any], work: Work, *, background: bool, extensions: bool = False
) -> dict[str, Any]:
    """Return the Responses request of contract 5.1: the agent's configuration and the run's work, without nulls.

    `extensions` adds MKA1's `fallback_models` and `stream_events`. Other gateways refuse fields that they do not know.
    """
    request: dict[str, Any] = {
        "model": configuration["model"],
        "input": work.input,
        "tools": configuration["tools"],
        "parallel_tool_calls": configuration["parallel_tool_calls"],
        "metadata": work.metadata or {},
        "store": True,
        "stream": False,
    }
    if background:
        request["background"] = True
        if work.stream and extensions:
            request["stream_events"] = True
    optional = {
        **{
            name: configuration[name] for name in ("instructions", "tool_choice", "max_tool_calls", "text", "reasoning")
        },
        # Empty on an agent means "keep the gateway's own rules"; sent as an empty list it would mean "none".
        "fallback_models": (configuration["fallback_models"] or None) if extensions else None,
        "conversation": work.conversation,
        "previous_response_id": work.previous_response_id,
        "context_management": work.context_management,
    }
    return request | {name: value for name, value in optional.items() if value is not None}


def expires_at(kept_days: int, written: datetime) -> int | None:
    """Return when an outcome written then expires, in UTC seconds; None: never."""
    return floor_seconds(written) + kept_days * DAY if kept_days else None


def failure(code: str, message: str) -> dict[str, Any]:
    """Return the `error` of a failed run: a code for programs and a message for people."""
    return {"code": code, "message": message[:LONGEST_MESSAGE]}
