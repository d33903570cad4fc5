"""The runner function. EventBridge Scheduler invokes it for each occurrence, as a hint to settle the schedule."""

from __future__ import annotations

from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.domain.triggers import hint_of
from agent_schedules.execution.settle import on_hint
from agent_schedules.lambda_handler import lease_of, observed

bootstrap.get()  # a bad deployment fails here, at cold start


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Settle the schedule. After an exception Lambda retries, and then sends the event to the reconciler's queue."""
    outcome = on_hint(bootstrap.get().ports, hint_of(event), lease=lease_of(context))
    return {"outcome": outcome}


cold_start.over()
