"""Record the hour in which each key was last used. That suffices to find unused keys, for at most one write an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent_schedules.domain.api_keys import Grant
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.telemetry import logger

MOST_NOTED = 10_000


class LastUse:
    """Records the first use of each hour, with one write in that request. A failed write does not fail the request."""

    def __init__(self, note: Callable[[str, str, datetime], None]) -> None:
        """Set up the record. `note` takes tenant, key id and hour, and may raise AgentSchedulesError."""
        self._note = note
        self._hours: dict[str, datetime] = {}

    def __call__(self, grant: Grant, now: datetime) -> None:
        """Record a use of the grant's key. Keys from before keys had ids are not recorded."""
        key_id = grant.key_id
        if key_id is None:
            return
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._hours.get(key_id) == hour:
            return
        if len(self._hours) >= MOST_NOTED:
            self._hours.clear()
        self._hours[key_id] = hour
        try:
            self._note(grant.tenant, key_id, hour)
        except AgentSchedulesError:
            logger.warning("last use not noted", extra={"key_id": key_id})
