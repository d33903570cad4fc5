"""The `Queue` port on SQS: delayed messages, ten to a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent_schedules.arming import LONGEST_DELAY
from agent_schedules.aws import translated
from agent_schedules.errors import Unavailable
from agent_schedules.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10  # messages that SendMessageBatch takes


class SqsQueue:
    """`Queue` on one standard queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`."""
        delay = min(max(delay, 0), LONGEST_DELAY)
        bodies = [json.dumps(message.body(), separators=(",", ":")) for message in messages]
        with translated("SQS"):
            if len(bodies) == 1:
                self._client.send_message(QueueUrl=self._url, MessageBody=bodies[0], DelaySeconds=delay)
                return
            for start in range(0, len(bodies), BATCH):
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "MessageBody": body, "DelaySeconds": delay}
                        for number, body in enumerate(bodies[start : start + BATCH])
                    ],
                )
                if answer.get("Failed"):
                    raise Unavailable("SQS did not take all messages; try again")
