"""The `Scheduler` port on EventBridge Scheduler. An `Entry` becomes the complete request, because an update replaces
every attribute (aws.md 1.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from agent_schedules.adapters.errors import code_of, translated
from agent_schedules.domain.entries import Entry
from agent_schedules.errors import DefinitionRefused

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

RETRY_ATTEMPTS = 30
EVENT_AGE = 3600  # seconds: after the misfire grace a hint is useless, because the reconciler settles the row


@dataclass(frozen=True)
class Destination:
    """The parts of a target that are the same for every entry of a stack."""

    group: str
    runner_arn: str
    role_arn: str
    dead_letter_arn: str


class EventBridgeScheduler:
    """`Scheduler` in one schedule group."""

    def __init__(self, client: EventBridgeSchedulerClient, destination: Destination) -> None:
        self._client = client
        self._to = destination

    def put(self, entry: Entry, *, expect_new: bool) -> None:
        """See `Scheduler.put`. Makes two calls at most. If the entry is created or removed between them, the next hint
        repairs it."""
        request = self.request(entry)
        first, second = self._client.create_schedule, self._client.update_schedule
        otherwise = "ConflictException"
        if not expect_new:
            first, second, otherwise = second, first, "ResourceNotFoundException"
        with translated("EventBridge Scheduler"):
            try:
                first(**request)
            except ClientError as error:
                if code_of(error) == "ValidationException":
                    raise DefinitionRefused(
                        f"schedule: EventBridge Scheduler refused it: {error.response['Error']['Message'][:300]}"
                    ) from error
                if code_of(error) != otherwise:
                    raise
                second(**request)

    def remove(self, name: str) -> None:
        """See `Scheduler.remove`. An entry that does not exist counts as removed."""
        with translated("EventBridge Scheduler"):
            try:
                self._client.delete_schedule(Name=name, GroupName=self._to.group)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def request(self, entry: Entry) -> dict[str, Any]:
        """Return the arguments, which are the same for CreateSchedule and UpdateSchedule."""
        return {
            "Name": entry.name,
            "GroupName": self._to.group,
            "ScheduleExpression": entry.expression,
            "ScheduleExpressionTimezone": entry.timezone,
            "State": "ENABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE" if entry.delete_after else "NONE",
            **({"StartDate": entry.start} if entry.start else {}),
            "Target": {
                "Arn": self._to.runner_arn,
                "RoleArn": self._to.role_arn,
                "Input": json.dumps(entry.input, separators=(",", ":")),
                "RetryPolicy": {"MaximumRetryAttempts": RETRY_ATTEMPTS, "MaximumEventAgeInSeconds": EVENT_AGE},
                "DeadLetterConfig": {"Arn": self._to.dead_letter_arn},
            },
        }
