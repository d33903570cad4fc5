"""SQS for the local stack: sent messages go to the queues of its Lambda, which run on the stack's own clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from dev.fake_aws.clients import Operation

LOCAL_QUEUE = "https://sqs.local/agent-schedules"
Send = Callable[[str, str, float], None]
"""Takes the name of a queue, a message and its delay in stack seconds."""


def sqs_operations(send: Send, hide: Callable[[str, int], None]) -> dict[str, Operation]:
    """What a client may call. `hide` takes a receipt and the seconds until its message comes again."""
    numbers = itertools.count(1)

    def sent(message: dict[str, Any], url: str | None = None) -> dict[str, Any]:
        name = str(url or message["QueueUrl"]).rpartition("/")[2]
        send(name, message["MessageBody"], message.get("DelaySeconds", 0))
        return {"MessageId": str(next(numbers))}

    def sent_batch(request: dict[str, Any]) -> dict[str, Any]:
        return {
            "Successful": [{"Id": entry["Id"], **sent(entry, request["QueueUrl"])} for entry in request["Entries"]],
            "Failed": [],
        }

    def hidden_batch(request: dict[str, Any]) -> dict[str, Any]:
        for entry in request["Entries"]:
            hide(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]], "Failed": []}

    return {"ChangeMessageVisibilityBatch": hidden_batch, "SendMessage": sent, "SendMessageBatch": sent_batch}
