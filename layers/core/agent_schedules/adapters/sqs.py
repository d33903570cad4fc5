"""The `Queue` port on SQS: delayed messages, ten to a call.

Each message has the hash of its tenant as `MessageGroupId`, or that of its webhook. That makes a standard queue fair:
while one tenant's messages hold more than their share of the workers, SQS delivers other tenants' messages first. It
gives no order and costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent_schedules.adapters.errors import translated
from agent_schedules.domain.deliveries import Deliver
from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.messages import Message
from agent_schedules.errors import Unavailable
from agent_schedules.storage.keys import tenant_of
from agent_schedules.telemetry import hashed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10  # messages that SendMessageBatch takes


class SqsQueue:
    """`Queue` on one standard queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[Message | Deliver], *, delay: int) -> None:
        """See `Queue.send`."""
        entries: list[dict[str, Any]] = [_entry(message, min(max(delay, 0), LONGEST_DELAY)) for message in messages]
        with translated("SQS"):
            if len(entries) == 1:
                self._client.send_message(QueueUrl=self._url, **entries[0])
                return
            for start in range(0, len(entries), BATCH):
                batch: list[Any] = [
                    {"Id": str(number), **entry} for number, entry in enumerate(entries[start : start + BATCH])
                ]
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=batch)
                if answer.get("Failed"):
                    raise Unavailable("SQS did not take all messages; try again")

    def retry(self, waits: Mapping[str, int]) -> None:
        """Make messages in flight visible again after the given seconds, by receipt handle. Raises Unavailable."""
        receipts = list(waits)
        with translated("SQS"):
            for start in range(0, len(receipts), BATCH):
                self._client.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": waits[receipt]}
                        for number, receipt in enumerate(receipts[start : start + BATCH])
                    ],
                )


def _entry(message: Message | Deliver, delay: int) -> dict[str, Any]:
    return {
        "MessageBody": json.dumps(message.body(), separators=(",", ":")),
        "DelaySeconds": delay,
        "MessageGroupId": hashed(
            message.key.webhook_id if isinstance(message, Deliver) else tenant_of(message.key.owner)
        ),
    }
