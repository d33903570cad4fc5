"""The `Scheduler` port on EventBridge Scheduler: an `Entry` becomes the complete request, because an update
replaces all (aws.md 1.1)."""

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
EVENT_AGE = 3600  # seconds: later than the misfire grace a hint is of no use, the reconciler settles the row


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
        """See `Scheduler.put`. Two calls at most: the entry may have come or gone in between, then the next hint
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
        """See `Scheduler.remove`; one that is not there is as good as removed."""
        with translated("EventBridge Scheduler"):
            try:
                self._client.delete_schedule(Name=name, GroupName=self._to.group)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def request(self, entry: Entry) -> dict[str, Any]:
        """The arguments of CreateSchedule and UpdateSchedule alike."""
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
