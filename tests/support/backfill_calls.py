"""Backfills over HTTP: a schedule with gaps in its past, and what an answer says."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

DRY, REAL = {"dry_run": True}, {"dry_run": False}
BEFORE = [
    ("ran", None, "11:00", "11:00", 1),
    ("missed", "late", "12:00", "15:00", 4),
    ("ran", None, "16:00", "16:00", 1),
    ("skipped", "paused", "17:00", "18:00", 2),
]
"""The outcomes of `history`."""


def at(hour: str, day: int = 2) -> str:
    """A moment of a day."""
    return f"2026-03-{day:02}T{hour}:00.000Z"


def history(api: Api) -> str:
    """A schedule that ran at 11:00 and 16:00, missed the times between, and was paused from 16:30 to 18:30."""
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    api.world.clock.advance(3600)
    api.fire(created)
    api.world.pass_time(5)
    api.world.clock.advance(5 * 3600 + 5)
    api.fire(created)
    api.world.pass_time(1800, step=10)
    api.post(f"{path}/pause")
    api.world.clock.advance(7200)
    api.post(f"{path}/resume")
    return path


def ask(api: Api, path: str, first: str, end: str, **more: Any) -> dict[str, Any]:
    """Ask for a backfill."""
    return api.post(f"{path}/backfill", {"from": first, "to": end, **more})


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    """The hours that a backfill gives a run, each with why there was none."""
    assert answer["count"] == len(answer["occurrences"])
    return {one["scheduled_for"][11:16]: one["reason"] for one in answer["occurrences"]}


def outcomes(api: Api, path: str) -> list[tuple[Any, ...]]:
    """The outcomes of a schedule as they are listed. Each nominal time of them is read by itself too."""
    listed = api.get(f"{path}/occurrences?order=asc&limit=100")["data"]
    for one in listed:
        for end in (one["scheduled_for"], one["until"]):
            assert api.get(f"{path}/occurrences/{end}") == one
    return [
        (one["outcome"], one["reason"], one["scheduled_for"][11:16], one["until"][11:16], one["count"])
        for one in listed
    ]
