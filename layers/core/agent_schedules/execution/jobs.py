"""Find the jobs whose message was lost: part of a sweep of the reconciler."""

from __future__ import annotations

from agent_schedules.domain.messages import ContinueJob
from agent_schedules.ports import Ports
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

MOST = 100  # jobs of a sweep


def revive(ports: Ports) -> int:
    """Send a message for each job that made no progress for five minutes. Returns their number. Raises Unavailable.

    The rows stay as they are, because a step that is under way writes its row on the condition that nothing else did.
    So a job that cannot go on has one more message at every sweep, until its step gives it up.
    """
    forgotten = ports.store.jobs.forgotten(floor_seconds(ports.now()), limit=MOST)
    for key in forgotten:
        logger.warning("job forgotten", extra=about(key))
    if forgotten:
        ports.queue.send([ContinueJob(key) for key in forgotten], delay=0)
    return len(forgotten)
