"""The worker function: consumes the delay queue. A message stays there until its work is done."""

from __future__ import annotations

from functools import partial
from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.domain.messages import ContinueJob, Hint, message_of
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.execution.settle import on_hint
from agent_schedules.lambda_handler import lease_of, observed
from agent_schedules.sqs_batch import per_record

bootstrap.get()  # a bad deployment fails here, at cold start


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch. SQS delivers only the failed messages again (partial batch response)."""
    wiring = bootstrap.get()
    ports = wiring.ports

    def handle(body: dict[str, Any]) -> str:
        message = message_of(body)
        if isinstance(message, Hint):
            return on_hint(ports, message, lease=lease_of(context))
        if isinstance(message, ContinueJob):
            from agent_schedules.services.jobs import continue_job  # noqa: PLC0415 - loads every use case, and jobs are rare

            continue_job(ports, message.key, left=partial(lease_of, context))
            return "stepped"
        return process_run(ports, message, lease=lease_of(context))

    return per_record(event, handle, retry=wiring.retry)


cold_start.over()
