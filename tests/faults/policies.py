"""Policies that users ask for in some seeds, drawn so that each matters within an hour.

They have dice of their own, so that all other seeds are the histories that they were.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.schemas.controls import PauseBody
from agent_schedules.timing.zones import zone

from tests.faults.weather import HOUR

SHARE = 0.4
"""Of the seeds that are no day."""
OF_DAYS = 0.25
OVERLAPS = ("skip", "queue_one", "queue_all", "cancel_previous")
POLLS = (0, 0, 1, 2, 3, 4, 5, 5, 6, 6, 7)
"""How often the gateway is asked until a response is there: the seventh poll comes three minutes after the send."""
NEVER = 10**9
INTERVALS = (45, 60, 60, 90, 120, 300)


def with_policies(seed: int, length: int) -> bool:
    """Whether the users of a seed that lasts so long ask for policies."""
    share = OF_DAYS if length > HOUR else SHARE
    return random.Random(f"with policies {seed}").random() < share


class Drawn:
    """The policies of one seed's users."""

    def __init__(self, seed: int, now: Callable[[], int]) -> None:
        self.dice = random.Random(f"policies {seed}")
        self.overlap = self.dice.choice((None, *OVERLAPS, *OVERLAPS))
        """What most schedules of the seed ask for, so that some seeds are about one policy."""
        self._now = now

    def polls(self) -> int:
        """How long a response takes."""
        return NEVER if self.dice.random() < 0.04 else self.dice.choice(POLLS)

    def body(self, schedule: dict[str, Any], fastest: int) -> dict[str, Any]:
        """The part of a create's body that a seed with policies asks for."""
        body: dict[str, Any] = {"schedule": self._timing(schedule, fastest)}
        if self.dice.random() < 0.85:
            body["policies"] = self.policies(schedule)
        return body

    def update(self, schedule: dict[str, Any]) -> dict[str, Any]:
        """The body of an update."""
        drawn = self.dice.random()
        if drawn < 0.4:
            return {"schedule": schedule}
        policies = None if drawn < 0.45 else self.policies(schedule)
        return {"policies": policies} if drawn < 0.75 else {"schedule": schedule, "policies": policies}

    def _timing(self, schedule: dict[str, Any], fastest: int) -> dict[str, Any]:
        if self.dice.random() < 0.55:
            seconds = self.dice.choice([found for found in INTERVALS if found >= fastest])
            return {"type": "interval", "interval_seconds": seconds}
        return schedule

    def policies(self, schedule: dict[str, Any]) -> dict[str, Any]:
        """Random policies for a timing."""
        dice, found = self.dice, dict[str, Any]()
        if dice.random() < 0.75:
            found["overlap"] = (
                self.overlap if self.overlap and dice.random() < 0.7 else dice.choice(("allow", *OVERLAPS))
            )
        if dice.random() < 0.2:
            found["max_runs"] = dice.choice((1, 2, 3, 4, 6, 30))
        if dice.random() < 0.3:
            found["spread_seconds"] = dice.choice((1, 20, 50, 100, 200))
        if dice.random() < 0.2:
            found["start_at"] = self._moment(dice.choice((-100, -0.3, 40, 200, 900)))
        if dice.random() < 0.15:
            found["end_at"] = self._moment(dice.choice((1000, 1500.5, 2500, 6000, 9000)))
        if dice.random() < 0.15:
            found["exclude"] = self._dates(schedule.get("timezone", "UTC"))
        if dice.random() < 0.4:
            found["misfire"] = dice.choice(("skip", "run_latest", "run_all"))
        if dice.random() < 0.25:
            found["misfire_grace_seconds"] = dice.choice((0, 60, 200, 400, 3600))
        if dice.random() < 0.25:
            found["timeout_seconds"] = dice.choice((30, 90, 300, 900))
        if (drawn := zlib.crc32(repr(found).encode())) % 3 == 0:  # leaves the dice of older seeds alone
            found["alert_after_seconds"] = (60, 300, 1_800, 9_000)[drawn % 4]
        return found

    def pause(self) -> PauseBody | None:
        """The body of a pause."""
        drawn = self.dice.random()
        if drawn < 0.4:
            return None
        until = self._moment(self.dice.choice((1, 20, 100, 400, 1000, 1500, 2500, 20_000)))
        return PauseBody.model_validate({"until": until} if drawn < 0.9 else {"reason": "it is late"})

    def _moment(self, seconds: float) -> str:
        return (datetime.fromtimestamp(self._now(), UTC) + timedelta(seconds=seconds)).isoformat()

    def _dates(self, timezone: str) -> list[str]:
        """The date that the zone's clocks show now, or soon, or had yesterday."""
        dates = [
            datetime.fromtimestamp(self._now() + hours * HOUR, zone(timezone)).date()
            for hours in self.dice.sample((-24, 0, 1, 2, 24), 2)
        ]
        first, last = min(dates), max(dates)
        return [f"{first}/{last}"] if self.dice.random() < 0.2 else [str(dates[0])]
