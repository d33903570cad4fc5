"""The announcer function: reads the table's stream and tells EventBridge what changed."""

from __future__ import annotations

from typing import Any

from agent_schedules import at_start, bootstrap
from agent_schedules.announcements import announcements_of
from agent_schedules.dynamo import unmarshalled
from agent_schedules.lambdas import observed

bus = bootstrap.event_bus()


@observed
def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Announce a batch of changes. An exception makes Lambda deliver the batch again."""
    changes = [record["dynamodb"] for record in event["Records"]]
    announcements = [
        announcement
        for change in changes
        for announcement in announcements_of(_image(change, "OldImage"), _image(change, "NewImage"))
    ]
    bus.publish(announcements)
    return {"announced": len(announcements)}


def _image(change: dict[str, Any], name: str) -> Any:
    return unmarshalled(change[name]) if name in change else None


at_start.over()
