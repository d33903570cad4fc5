"""A preview of a schedule: its next occurrences, and how clock changes affect them. Pure.

The occurrences are those of `next_after`, the function that also decides what is due (architecture.md, invariant 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from agent_schedules.domain.runs import Work
from agent_schedules.domain.schedules import Definition, Options, initial_state
from agent_schedules.timing.dst import comes_twice, utc_of
from agent_schedules.timing.spec import Cron, Spec, next_after
from agent_schedules.timing.zones import zone

MOST_SKIPPED = 100  # local times listed for one occurrence; a missing hour of a cron with seconds has 3,600


@dataclass(frozen=True)
class Preview:
    """A timing, of which `count` occurrences after `after` (UTC seconds) are shown."""

    timing: Spec
    after: int
    count: int


def of_new(timing: Spec, now: datetime, count: int) -> Preview:
    """Return the preview of a schedule created now. Raises InvalidRequest if its timing has no occurrence left."""
    definition = Definition(revision=1, options=Options(), timing=timing, work=Work(input=""), on_behalf_of=None)
    return Preview(timing, initial_state(definition, now, agent_deletions=0).settled_until, count)


@dataclass(frozen=True)
class Occurrence:
    """One nominal time to come."""

    at: int
    """UTC seconds."""
    local: datetime
    """The same moment on the clocks of the schedule's zone, aware."""
    dst_skipped: tuple[datetime, ...]
    """Selected local times (naive) between the previous occurrence and this one that the clocks skip, so that they do
    not run; the first 100. Always empty for intervals and for crons open in hour, day and month, which lose none."""
    dst_repeated: bool
    """The clocks show this local time twice that day. A cron for a time of day runs at the first pass only."""


def upcoming(spec: Spec, after: int, count: int) -> list[Occurrence]:
    """Return the next occurrences strictly after `after` (UTC seconds), at most `count`."""
    return list(islice(_occurrences(spec, after), count))


def _occurrences(spec: Spec, after: int) -> Iterator[Occurrence]:
    tz = zone(spec.timezone)
    while (found := next_after(spec, after)) is not None:
        local = datetime.fromtimestamp(found, tz)
        yield Occurrence(found, local, _skipped(spec, after, local), comes_twice(local))
        after = found


def _skipped(spec: Spec, after: int, local: datetime) -> tuple[datetime, ...]:
    """Return the selected local times after the instant `after` and before `local` that do not exist."""
    if not isinstance(spec, Cron) or spec.fields.every_hour:
        return ()
    start = datetime.fromtimestamp(after, local.tzinfo).replace(tzinfo=None, fold=0) + timedelta(seconds=1)
    end = local.replace(tzinfo=None, fold=0)
    between = takewhile(lambda moment: moment < end, spec.fields.local_times(start))
    missing = (moment for moment in between if utc_of(moment.replace(tzinfo=local.tzinfo)) is None)
    return tuple(islice(missing, MOST_SKIPPED))
