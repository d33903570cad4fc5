"""The notifier function: consumes the two queues of deliveries, and sends events to the URLs of webhooks."""

from __future__ import annotations

from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.domain.deliveries import deliver_of
from agent_schedules.lambda_handler import observed
from agent_schedules.sqs_batch import per_record

bootstrap.notifier()  # a bad deployment fails here, at cold start


@observed
def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Handle a batch, all of it at once. SQS delivers only the failed messages again (partial batch response)."""
    wiring, notifier = bootstrap.get(), bootstrap.notifier()
    records = event["Records"]
    sources = {str(record.get("eventSourceARN")).rpartition(":")[2] for record in records}
    first = wiring.delivery_queue in sources  # a batch comes from one queue

    def handle(body: dict[str, Any]) -> str:
        return notifier.handle(deliver_of(body), first=first)

    return per_record(event, handle, retry=wiring.retry_deliveries[first], width=len(records))


cold_start.over()
