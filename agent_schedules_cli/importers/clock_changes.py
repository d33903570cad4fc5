"""Which times of a cron the clocks of its zone skip or show twice in the coming year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from agent_schedules.timing.dst import stretches
from agent_schedules.timing.spec import Cron
from agent_schedules.timing.zones import zone

YEAR = 366 * 86_400


@dataclass(frozen=True)
class Changes:
    """The first local time of each kind, naive; None if there is none."""

    missing: datetime | None
    repeated: datetime | None


def changes_of(cron: Cron, now: datetime) -> Changes:
    """Return the selected times of the coming year that do not exist, and those that come twice."""
    found = [*_between(cron, int(now.timestamp()))]
    return Changes(
        missing=next((local for local, missing in found if missing), None),
        repeated=next((local for local, missing in found if not missing), None),
    )


def _between(cron: Cron, start: int) -> Iterator[tuple[datetime, bool]]:
    """Yield the first selected local time of each gap and of each repeated stretch, and whether it is missing."""
    for (_, ends), (begins, _) in pairwise(stretches(zone(cron.timezone), start, start + YEAR)):
        low, high = min(ends, begins), max(ends, begins)
        first = next(cron.fields.local_times(low), None)
        if first is not None and first < high:
            yield first, begins > ends
