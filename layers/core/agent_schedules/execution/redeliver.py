"""Send the messages of deliveries whose next attempt is near, or whose message was lost: part of a sweep.

A message can be delayed by 15 minutes at most, so a longer wait has none. Its delivery is found five minutes before
its time. The row moves on in the index before its message is sent, so one whose message is lost then is found again
five minutes after its time.
"""

from __future__ import annotations

from agent_schedules.domain.deliveries import LONGEST_MESSAGE_WAIT, Delivery
from agent_schedules.errors import ConditionFailed
from agent_schedules.ports import Ports
from agent_schedules.timestamps import floor_seconds

PAGE = 100  # deliveries of one read
SECONDS = 30  # that a pass takes; the next pass continues with the rest


def redeliver(ports: Ports) -> int:
    """Send a message for each pending delivery whose time to be looked at has come. Returns their number.

    Raises Unavailable.
    """
    if ports.webhooks is None:
        return 0
    began, sent = ports.now(), 0
    now = floor_seconds(began)
    while (ports.now() - began).total_seconds() < SECONDS:
        due = ports.store.deliveries.due(now, limit=PAGE)
        moved = [delivery for delivery in ports.store.deliveries.many(due) if _moved(ports, delivery, now)]
        for delay, some in _by_delay(moved, now).items():
            ports.webhooks.redeliveries.send([delivery.message for delivery in some], delay=delay)
        sent += len(moved)
        if len(due) < PAGE or not moved:
            break
    return sent


def _moved(ports: Ports, delivery: Delivery, now: int) -> bool:
    """Move a delivery forward in the index. Returns whether it gets a message."""
    if delivery.over or delivery.look_at is None or delivery.look_at > now:
        return False
    try:
        ports.store.deliveries.save(delivery.looked(now))
    except ConditionFailed:  # an attempt was made
        return False
    return True


def _by_delay(deliveries: list[Delivery], now: int) -> dict[int, list[Delivery]]:
    found: dict[int, list[Delivery]] = {}
    for delivery in deliveries:
        wait = max((delivery.next_attempt_at or now) - now, 0)
        found.setdefault(min(wait, LONGEST_MESSAGE_WAIT), []).append(delivery)
    return found
