"""What the functions share: logs and counts around an invocation, and the time it has left."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from agent_schedules.telemetry import logger, publish

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """A handler whose log lines name the invocation, and whose counts are printed at its end, however it ends."""

    @functools.wraps(handler)
    def invoked(event: dict[str, Any], context: Any) -> dict[str, Any]:
        logger.remove_keys(["function_arn", "function_memory_size"])  # the log group says as much, once
        try:
            return handler(event, context)
        finally:
            publish()

    answer: Handler = logger.inject_lambda_context(invoked)
    return answer


def lease_of(context: Any) -> float:
    """Seconds this invocation can still hold a run: when they are over it is dead and another may take the run."""
    return float(context.get_remaining_time_in_millis()) / 1000
