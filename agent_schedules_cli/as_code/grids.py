"""The grids of intervals that were created without `start_at`. Pure.

Such a grid begins one interval after the creation. A file says where it begins, or another stack would begin its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent_schedules.timestamps import ceil_seconds, floor_seconds, stamp


def is_unsaid(timing: dict[str, Any]) -> bool:
    """Whether a timing has a grid without saying where it begins."""
    return timing["type"] == "interval" and timing.get("start_at") is None


def start_of(timing: dict[str, Any], next_time: str, created_at: str) -> str:
    """Return where the grid of an interval begins: its first time after the creation of the schedule.

    It is computed from any time of the grid, so the next one gives the same start.
    """
    point, created = _seconds(next_time), floor_seconds(datetime.fromisoformat(created_at))
    every: int = timing["interval_seconds"]
    return stamp(point - (point - created - 1) // every * every)


def is_on(timing: dict[str, Any], start: str, wanted: dict[str, Any]) -> bool:
    """Whether an interval that says its start has the grid of one that begins at `start` without saying so."""
    if wanted["type"] != "interval" or wanted.get("start_at") is None:
        return False
    every: int = timing["interval_seconds"]
    apart = _seconds(start) - _seconds(wanted["start_at"])
    return wanted["interval_seconds"] == every and apart >= 0 and apart % every == 0


def _seconds(text: str) -> int:
    return ceil_seconds(datetime.fromisoformat(text))
