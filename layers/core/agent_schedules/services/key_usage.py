"""When a key was last used, to the hour: enough to see which keys nobody needs, and a write an hour at most."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent_schedules.domain.api_keys import Grant
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.telemetry import logger

MOST_NOTED = 10_000


class LastUse:
    """Notes uses in the request that brings the first of an hour: one write more, which no request fails by."""

    def __init__(self, note: Callable[[str, str, datetime], None]) -> None:
        """`note` takes tenant, key id and hour, and raises AgentSchedulesError."""
        self._note = note
        self._hours: dict[str, datetime] = {}

    def __call__(self, grant: Grant, now: datetime) -> None:
        """Note that the key behind the grant is in use. Keys made before they had ids leave no trace."""
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
