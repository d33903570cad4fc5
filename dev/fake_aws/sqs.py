"""SQS for the local stack: sent messages go to the delay queue, which runs on the stack's own clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from dev.fake_aws.clients import Operation

LOCAL_QUEUE = "https://sqs.local/agent-schedules"


def sqs_operations(send: Callable[[str, float], None], hide: Callable[[str, int], None]) -> dict[str, Operation]:
    """What a client may call. `send` takes a message and its delay in stack seconds; `hide` a receipt and the seconds
    until its message comes again."""
    numbers = itertools.count(1)

    def sent(message: dict[str, Any]) -> dict[str, Any]:
        send(message["MessageBody"], message.get("DelaySeconds", 0))
        return {"MessageId": str(next(numbers))}

    def sent_batch(request: dict[str, Any]) -> dict[str, Any]:
        return {"Successful": [{"Id": entry["Id"], **sent(entry)} for entry in request["Entries"]], "Failed": []}

    def hidden_batch(request: dict[str, Any]) -> dict[str, Any]:
        for entry in request["Entries"]:
            hide(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]], "Failed": []}

    return {"ChangeMessageVisibilityBatch": hidden_batch, "SendMessage": sent, "SendMessageBatch": sent_batch}
