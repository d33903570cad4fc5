"""Counts the steps of a search by `next_after`: months and local times, the only things that it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from unittest.mock import patch

from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.dst import utc_of

Searches = dict[str, int]


@contextmanager
def counting_searches() -> Iterator[Searches]:
    """Count from here on."""
    count = {"months": 0, "times": 0}
    months_from = CronFields.months_from

    def months(self: CronFields, start: date) -> Iterator[tuple[int, int]]:
        for month in months_from(self, start):
            count["months"] += 1
            yield month

    def times(local: datetime) -> int | None:
        count["times"] += 1
        return utc_of(local)

    with patch.object(CronFields, "months_from", months), patch("agent_schedules.timing.cron.utc_of", times):
        yield count
