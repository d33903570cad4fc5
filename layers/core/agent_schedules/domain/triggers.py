"""The event that EventBridge Scheduler sends to the runner: the entry's input after substitution (aws.md 1.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.wire import LATEST, KeyPart


class FireEvent(BaseModel):
    """The event of one invocation. Emulators leave the context attributes unsubstituted; then the time is unknown."""

    model_config = ConfigDict(extra="ignore")
    owner: KeyPart
    agent_id: KeyPart
    schedule_id: KeyPart
    scheduled_time: str = ""
    timing: str | None = None

    @property
    def at(self) -> int | None:
        """The scheduled time in UTC seconds; None if the string is not a valid time of a schedule."""
        try:
            moment = datetime.fromisoformat(self.scheduled_time)
        except ValueError:
            return None
        at = int(moment.timestamp()) if moment.tzinfo else -1
        return at if 0 <= at <= LATEST else None


def hint_of(event: dict[str, Any]) -> Hint:
    """Return the hint in the runner's event. Raises ValueError for another event."""
    fire = FireEvent.model_validate(event)
    return Hint(Key(fire.owner, fire.agent_id, fire.schedule_id), fire.at, fingerprint=fire.timing)
