"""What the functions share: logs and counts around an invocation, the time it has left, and SQS batches in which each
record stands alone."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from agent_schedules.telemetry import fault, logger, publish

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """A handler whose log lines name the invocation, and whose counts are printed at its end, however it ends."""

    @functools.wraps(handler)
    def invoked(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        finally:
            publish()

    answer: Handler = logger.inject_lambda_context(invoked)
    return answer


def lease_of(context: Any) -> float:
    """Seconds this invocation can still hold a run: when they are over it is dead and another may take the run."""
    return float(context.get_remaining_time_in_millis()) / 1000


def per_record(event: dict[str, Any], handle: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Give `handle` each record's JSON body; records it raises on are reported, so that only they come again.

    Powertools' batch processor does the same, and importing it takes longer than everything else of ours.
    """
    failures = []
    for record in event["Records"]:
        try:
            handle(json.loads(record["body"]))
        except Exception as error:
            logger.debug("record not handled", extra={"message_id": record["messageId"], **fault(error)})
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
