"""The catalogue of events, for the bus and for webhooks alike. Pure (docs/reference/events.md).

An event has ids, states, times and codes: never a prompt, an output, a key or the text of an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent_schedules.domain.event_data import (
    EventData,
    OccurrenceData,
    PausedData,
    RecoveredData,
    RunData,
    ScheduleData,
    SilentData,
    WebhookData,
    WebhookDisabledData,
)
from agent_schedules.domain.schedules import Key
from agent_schedules.timestamps import text_of

SOURCE = "agent-schedules"
"""The source of all events on a bus."""

Kind = Literal[
    "run.started",
    "run.completed",
    "run.failed",
    "run.incomplete",
    "run.cancelled",
    "occurrence.missed",
    "occurrence.skipped",
    "schedule.created",
    "schedule.updated",
    "schedule.paused",
    "schedule.resumed",
    "schedule.completed",
    "schedule.deleted",
    "schedule.silent",
    "schedule.recovered",
    "webhook.disabled",
    "webhook.test",
]

KINDS: Mapping[Kind, type[EventData]] = {
    "run.started": RunData,
    "run.completed": RunData,
    "run.failed": RunData,
    "run.incomplete": RunData,
    "run.cancelled": RunData,
    "occurrence.missed": OccurrenceData,
    "occurrence.skipped": OccurrenceData,
    "schedule.created": ScheduleData,
    "schedule.updated": ScheduleData,
    "schedule.paused": PausedData,
    "schedule.resumed": ScheduleData,
    "schedule.completed": ScheduleData,
    "schedule.deleted": ScheduleData,
    "schedule.silent": SilentData,
    "schedule.recovered": RecoveredData,
    "webhook.disabled": WebhookDisabledData,
    "webhook.test": WebhookData,
}
"""Each kind of event, and its data."""

OPT_IN: frozenset[str] = frozenset({"run.started"})
"""The kinds that reach only the webhooks that name them."""


@dataclass(frozen=True)
class Event:
    """One event."""

    kind: Kind
    """Its type for webhooks, its detail type on the bus."""
    at: datetime
    owner: str
    """Whose it is: a tenant, or a tenant and the user that it acted for."""
    data: Mapping[str, Any]
    """The same for webhooks and on the bus."""

    @property
    def id(self) -> str:
        """The same for a repeated delivery of the same event."""
        return str(self.data["id"])

    @property
    def agent_id(self) -> str | None:
        """The agent that it is about, if it is about one."""
        return self.data.get("agent_id")

    @property
    def schedule_id(self) -> str | None:
        """The schedule that it is about, if it is about one."""
        return self.data.get("schedule_id")

    @property
    def schedule(self) -> Key | None:
        """The key of that schedule."""
        return Key(self.owner, self.agent_id, self.schedule_id) if self.agent_id and self.schedule_id else None

    @property
    def body(self) -> str:
        """The JSON that webhooks get."""
        body = {"id": self.id, "type": self.kind, "timestamp": self.data["occurred_at"], "data": self.data}
        return json.dumps(body, separators=(",", ":"))


def event_id(*parts: str) -> str:
    """Return the id of the event that these parts identify."""
    return f"evt_{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:32]}"


def event(kind: Kind, *, id_: str, at: datetime, owner: str, link: str, **data: Any) -> Event:
    """Return an event with the fields of its kind. `at` is aware."""
    tenant, _, user = owner.partition(":")
    about: dict[str, Any] = {"occurred_at": text_of(at), "tenant": tenant, "user_sha256": user or None, "link": link}
    return Event(kind, at, owner, vars(KINDS[kind](id=id_, **about, **data)))


def link_to(public_url: str, *path: str) -> str:
    """Return the address of a page of the console. Without a public URL it begins with a slash."""
    return "/".join([public_url.rstrip("/"), "console", *path])


def webhook_test(owner: str, webhook_id: str, *, nonce: str, at: datetime, public_url: str) -> Event:
    """Return the event that a caller sends to a webhook as a test. Each `nonce` makes another one."""
    return event(
        "webhook.test",
        id_=event_id(owner, webhook_id, nonce, "webhook.test"),
        at=at,
        owner=owner,
        link=link_to(public_url, "webhooks", webhook_id),
        webhook_id=webhook_id,
    )
