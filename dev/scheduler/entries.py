"""EventBridge Scheduler's storage for the local stack: the entries of one group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dev.fake_aws.clients import AwsError, Operation

DEFAULT_RETRY_ATTEMPTS, DEFAULT_EVENT_AGE_SECONDS = 185, 86_400  # AWS's, for what a RetryPolicy leaves out
GROUP_ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored schedule, as GetSchedule would show it. Two entries are equal when only `modified` differs.

    `start`, `end`, `created` and `modified` are aware UTC times; `input` is Target.Input, a JSON object as text.
    """

    name: str
    arn: str
    expression: str
    timezone: str
    state: str
    start: datetime | None
    end: datetime | None
    action_after_completion: str
    target_arn: str
    input: str
    max_retry_attempts: int
    max_event_age_seconds: int
    dlq_arn: str | None
    created: datetime
    modified: datetime = field(compare=False)


class Entries:
    """The stored entries. Thread-safe. As on AWS, an update replaces an entry whole, its state too."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stored: dict[str, Entry] = {}
        self._shown: Sequence[Entry] | None = None

    @property
    def operations(self) -> dict[str, Operation]:
        """The operations that a client may call."""
        return {"CreateSchedule": self._create, "UpdateSchedule": self._update, "DeleteSchedule": self._delete}

    def snapshot(self) -> Sequence[Entry]:
        """Return all entries; the same object as long as nothing changed."""
        with self._lock:
            if self._shown is None:
                self._shown = tuple(self._stored.values())
            return self._shown

    def remove(self, name: str) -> None:
        """Delete one. Raises KeyError."""
        with self._lock:
            del self._stored[name]
            self._shown = None

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            if request["Name"] in self._stored:
                raise AwsError("ConflictException", f"Schedule {request['Name']} already exists.")
            return self._store(request, self._clock())

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            if request["Name"] not in self._stored:
                raise AwsError("ResourceNotFoundException", f"Schedule {request['Name']} does not exist.")
            return self._store(request, self._stored[request["Name"]].created)

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self.remove(request["Name"])
        except KeyError:
            raise AwsError("ResourceNotFoundException", f"Schedule {request['Name']} does not exist.") from None
        return {}

    def _store(self, request: dict[str, Any], created: datetime) -> dict[str, Any]:
        entry = entry_of(request, created=created, now=self._clock())
        self._stored[entry.name] = entry
        self._shown = None
        return {"ScheduleArn": entry.arn}


def entry_of(request: dict[str, Any], *, created: datetime, now: datetime) -> Entry:
    """Return the entry of a CreateSchedule or UpdateSchedule request, with AWS's defaults."""
    target = request["Target"]
    retry = target.get("RetryPolicy", {})
    return Entry(
        name=request["Name"],
        arn=f"{GROUP_ARN}{request.get('GroupName', 'default')}/{request['Name']}",
        expression=request["ScheduleExpression"],
        timezone=request.get("ScheduleExpressionTimezone", "UTC"),
        state=request.get("State", "ENABLED"),
        start=_utc(request.get("StartDate")),
        end=_utc(request.get("EndDate")),
        action_after_completion=request.get("ActionAfterCompletion", "NONE"),
        target_arn=target["Arn"],
        input=target.get("Input", ""),
        max_retry_attempts=retry.get("MaximumRetryAttempts", DEFAULT_RETRY_ATTEMPTS),
        max_event_age_seconds=retry.get("MaximumEventAgeInSeconds", DEFAULT_EVENT_AGE_SECONDS),
        dlq_arn=target.get("DeadLetterConfig", {}).get("Arn"),
        created=created,
        modified=now,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None
