"""The timings that callers ask for at random."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.faults.core import Simulation

INTERVALS = (1, 5, 7, 45, 60, 60, 90, 120, 300, 400, 600, 901, 1001, 1500, 1800)
CRONS = (
    "* * * * *",
    "*/5 * * * *",
    "0,30 * * * *",
    "*/10 1-3 * * *",
    "*/7 * 1-15 * MON",
    "*/2 * */2 * SUN",
    "*/20 * * * *",
)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York")


def timing(sim: Simulation, fastest: int) -> dict[str, Any]:
    """A random timing, with no interval shorter than `fastest` (seconds)."""
    dice = sim.dice
    match dice.choice(("once", "interval", "interval", "cron")):
        case "once":
            at = datetime.fromtimestamp(sim.seconds + dice.choice((-50, -5, 1, 30, 100, 200, 900, 1400)), UTC)
            return {"type": "once", "run_at": at.isoformat()}
        case "interval":
            return {"type": "interval", "interval_seconds": dice.choice([s for s in INTERVALS if s >= fastest])}
        case _:
            return {"type": "cron", "cron_expression": dice.choice(CRONS), "timezone": dice.choice(ZONES)}
