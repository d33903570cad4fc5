"""The `Bus` port on EventBridge: ten events to a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent_schedules.adapters.errors import translated
from agent_schedules.domain.events import SOURCE, Event
from agent_schedules.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

BATCH = 10  # entries that PutEvents takes


class EventBus:
    """One bus."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> None:
        """See `Bus.publish`."""
        with translated("EventBridge"):
            for start in range(0, len(events), BATCH):
                answer = self._client.put_events(
                    Entries=[
                        {
                            "Source": SOURCE,
                            "DetailType": event.kind,
                            "Detail": json.dumps(event.data, separators=(",", ":")),
                            "EventBusName": self._name,
                        }
                        for event in events[start : start + BATCH]
                    ]
                )
                if answer["FailedEntryCount"]:
                    raise Unavailable("EventBridge did not take all events; try again")
