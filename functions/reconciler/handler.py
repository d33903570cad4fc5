"""The reconciler function: dead letters from its queue, and a sweep every few minutes."""

from __future__ import annotations

import json
from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.execution import jobs, reconcile, redeliver, retention
from agent_schedules.lambda_handler import observed
from agent_schedules.sqs_batch import per_record

bootstrap.get()  # a bad deployment fails here, at cold start


@observed
def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Return dead letters to the queue; or, on its own schedule, find overdue rows and remove expired agents."""
    wiring = bootstrap.get()
    if "Records" in event:
        return per_record(
            event, lambda body: reconcile.on_dead_letter(wiring.ports, json.dumps(body)), retry=wiring.retry
        )
    found, revived = reconcile.sweep(wiring.ports), jobs.revive(wiring.ports)
    sent = redeliver.redeliver(wiring.ports)
    return {"found": found, "jobs": revived, "deliveries": sent, "purged": retention.purge(wiring.ports)}


cold_start.over()
