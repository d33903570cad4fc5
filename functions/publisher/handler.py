"""The publisher function: reads the table's stream and publishes events on EventBridge and for webhooks."""

from __future__ import annotations

from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.adapters.stream import events_in
from agent_schedules.execution.publish import publish
from agent_schedules.lambda_handler import observed

bootstrap.outlets()  # a bad deployment fails here, at cold start


@observed
def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Publish the events of a batch of changes. An exception makes Lambda deliver the batch again."""
    outlets = bootstrap.outlets()
    records = (events_in(record, public_url=outlets.public_url) for record in event["Records"])
    return {"published": publish(outlets, [event for events in records for event in events])}


cold_start.over()
