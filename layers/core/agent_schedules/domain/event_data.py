"""The data of each kind of event: its fields and their types. Pure.

docs/reference/events.schema.json is generated from these classes, from their docstrings too. A field is never removed
or given another meaning within a version; receivers ignore fields that they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, WithJsonSchema

from agent_schedules.domain.runs import RunStatus, Trigger
from agent_schedules.domain.schedules import Status

PauseCause = Literal["caller", "job", "pause_all", "agent_deleted"]
After = Literal["failures", "silence"]
DisabledReason = Literal["caller", "gone", "failing"]

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


@dataclass(frozen=True, kw_only=True)
class EventData:
    """The fields of every event."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The same for a repeated delivery of the same event."""
    version: Literal[1] = 1
    """Of the catalogue."""
    occurred_at: Time
    """When it happened."""
    tenant: str
    """The tenant that it belongs to."""
    user_sha256: str | None
    """SHA-256 of the user that the tenant acted for, if any."""
    link: str
    """Its subject's page in the console."""


@dataclass(frozen=True, kw_only=True)
class RunData(EventData):
    """A run."""

    agent_id: str
    run_id: str
    schedule_id: str | None
    """Null for a run without a schedule."""
    trigger: Trigger
    status: RunStatus
    agent_version: int
    scheduled_for: Time | None
    """Its nominal time, if it has one."""
    completed_at: Time | None
    """When it ended."""
    error_code: str | None
    """Why it failed or was cancelled: a code of this service, or the gateway's own."""


@dataclass(frozen=True, kw_only=True)
class OccurrenceData(EventData):
    """Nominal times that made no run."""

    agent_id: str
    schedule_id: str
    reason: str
    scheduled_for: Time
    """The first of them."""
    until: Time
    """The last of them."""
    count: int
    """How many they are."""


@dataclass(frozen=True, kw_only=True)
class ScheduleData(EventData):
    """A schedule, after its change."""

    agent_id: str
    schedule_id: str
    status: Status
    generation: int
    """Raised by each change."""
    run_count: int
    next_run_at: Time | None


@dataclass(frozen=True, kw_only=True)
class PausedData(ScheduleData):
    """A schedule that was paused."""

    cause: PauseCause
    """A call about this schedule, a job, the job that pauses all, or the deletion of its agent."""
    until: Time | None
    """When it resumes by itself, if it does."""


@dataclass(frozen=True, kw_only=True)
class SilentData(ScheduleData):
    """An active schedule that had no completed run for as long as its policy allows."""

    alert_after_seconds: int
    """The policy."""
    since: Time
    """Its last completed run, or when it was activated."""


@dataclass(frozen=True, kw_only=True)
class RecoveredData(EventData):
    """The first completed run of a schedule after runs that failed or were incomplete, or after silence."""

    agent_id: str
    schedule_id: str
    run_id: str
    after: After
    since: Time
    """When the first of those runs ended, or the silence was noticed."""


@dataclass(frozen=True, kw_only=True)
class WebhookData(EventData):
    """A webhook."""

    webhook_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookDisabledData(WebhookData):
    """A webhook that gets no more events."""

    reason: DisabledReason
    """A caller disabled it, its receiver answered 410, or its deliveries failed for five days."""
