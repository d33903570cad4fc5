"""Remove the rows of deleted agents, in steps, once their retention is over (docs/decisions/0011).

A pass removes a bounded number of rows; the next one continues. The agent's own row is removed last, because the
reconciler finds the others by it. Every step may be repeated, also by two passes at once.
"""

from __future__ import annotations

from datetime import timedelta

from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.storage.agent_items import PURGE_SLACK
from agent_schedules.telemetry import hashed, logger
from agent_schedules.timestamps import floor_seconds

MOST_AGENTS = 50  # of one pass
MOST_ROWS = 5_000  # of one pass: some hundred calls, a few seconds


def purge(ports: Ports, *, most: int = MOST_ROWS) -> int:
    """Remove at most `most` rows of deleted agents whose retention is over. Returns the number removed.

    An agent whose rows cannot be removed now does not delay the others.
    """
    removed = 0
    for owner, agent_id in ports.store.retention.due(floor_seconds(ports.now()), limit=MOST_AGENTS):
        if removed >= most:
            break
        try:
            removed += _purged(ports, owner, agent_id, most=most - removed)
        except (ConditionFailed, Unavailable) as error:
            logger.warning("agent not purged", extra=_about(owner, agent_id, error=type(error).__name__))
    return removed


def _purged(ports: Ports, owner: str, agent_id: str, *, most: int) -> int:
    """Remove rows of one agent, its own with the last of them. Returns the number removed."""
    agent = ports.store.retention.deleted(owner, agent_id)
    if agent is None or not agent.expired(ports.now() - timedelta(seconds=PURGE_SLACK)):
        return 0  # the index is behind: it was restored, maybe deleted again, or is gone already
    below = ports.store.retention.remove_below(owner, agent_id, most=most)
    if below >= most:
        return below
    ports.store.retention.remove(owner, agent)
    logger.info("agent purged", extra=_about(owner, agent_id))
    return below + 1


def _about(owner: str, agent_id: str, **more: str) -> dict[str, str]:
    return {"owner": hashed(owner), "agent_id": agent_id, **more}
