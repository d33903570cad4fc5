"""Shared by the functions: logs and counts around an invocation, and the time it has left."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from agent_schedules.telemetry import logger, publish

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """Return the handler with the invocation's id in its log lines. Its counts are printed at the end, also after an
    exception."""

    @functools.wraps(handler)
    def invoked(event: dict[str, Any], context: Any) -> dict[str, Any]:
        logger.remove_keys(["function_arn", "function_memory_size"])  # the same in every line of a log group
        try:
            return handler(event, context)
        finally:
            publish()

    answer: Handler = logger.inject_lambda_context(invoked)
    return answer


def lease_of(context: Any) -> float:
    """Return the seconds for which this invocation can still hold a run: after its timeout another may take the run."""
    return float(context.get_remaining_time_in_millis()) / 1000
