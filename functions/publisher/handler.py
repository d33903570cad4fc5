"""The publisher function: reads the table's stream and publishes events on EventBridge."""

from __future__ import annotations

from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.adapters.stream import events_in
from agent_schedules.lambda_handler import observed

bus = bootstrap.event_bus()


@observed
def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Publish the events of a batch of changes. An exception makes Lambda deliver the batch again."""
    events = [event for record in event["Records"] for event in events_in(record)]
    bus.publish(events)
    return {"published": len(events)}


cold_start.over()
