"""When a key was last used, to the hour: enough to see which keys nobody needs, and a write an hour at most."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from agent_schedules.domain.api_keys import Grant
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.telemetry import logger

MOST_NOTED = 10_000

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="last-use")


class LastUse:
    """Notes uses beside the requests: none waits for it, and none fails by it.

    Lambda may freeze the thread between two requests. Then the note comes with the next one, or that hour has none.
    """

    def __init__(
        self,
        note: Callable[[str, str, datetime], None],
        *,
        submit: Callable[[Callable[[], None]], Any] = _thread.submit,
    ) -> None:
        """`note` takes tenant, key id and hour, and raises AgentSchedulesError."""
        self._note = note
        self._submit = submit
        self._hours: dict[str, datetime] = {}

    def __call__(self, grant: Grant, now: datetime) -> None:
        """The key behind the grant is in use. Keys made before they had ids leave no trace."""
        key_id = grant.key_id
        if key_id is None:
            return
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._hours.get(key_id) == hour:
            return
        if len(self._hours) >= MOST_NOTED:
            self._hours.clear()
        self._hours[key_id] = hour
        self._submit(lambda: self._noted(grant.tenant, key_id, hour))

    def _noted(self, tenant: str, key_id: str, hour: datetime) -> None:
        try:
            self._note(tenant, key_id, hour)
        except AgentSchedulesError:
            logger.warning("last use not noted", extra={"key_id": key_id})
