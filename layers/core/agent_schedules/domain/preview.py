"""A preview of a schedule: its next occurrences, and how clock changes affect them. Pure.

The occurrences are those of the timetable, which also decides what is due (architecture.md, invariant 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from agent_schedules.domain.initial import initial_schedule
from agent_schedules.domain.policies import Policies
from agent_schedules.domain.runs import Work
from agent_schedules.domain.schedules import Definition, Key, Options, Schedule
from agent_schedules.domain.timetable import Hidden
from agent_schedules.timing.dst import comes_twice, utc_of
from agent_schedules.timing.spec import Cron, Spec
from agent_schedules.timing.zones import zone

MOST_SKIPPED = 100  # local times listed for one occurrence; a missing hour of a cron with seconds has 3,600


@dataclass(frozen=True)
class Preview:
    """A schedule, of which `count` nominal times after `after` (UTC seconds) are shown."""

    schedule: Schedule
    after: int
    count: int
    stored: bool
    """Whether the schedule exists. The spread of one that does not is unknown, because it depends on the id."""


def of_new(timing: Spec, policies: Policies, now: datetime, count: int) -> Preview:
    """Return the preview of a schedule created now. Raises InvalidRequest if its timing has no occurrence left."""
    definition = Definition(1, Options(), timing, Work(input=""), None, policies)
    schedule = initial_schedule(Key("", "", ""), definition, now, agent_deletions=0)
    return Preview(schedule, schedule.state.settled_until, count, stored=False)


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
    hidden: Hidden | None
    """Why it will make no run."""
    due_at: int | None
    """When it is due (UTC seconds); None where that is unknown."""
    remaining_runs: int | None
    """How many scheduled runs are left after it; None: any number."""


def upcoming(preview: Preview) -> list[Occurrence]:
    """Return the nominal times to come, at most `count`, and none after the last run."""
    return list(islice(_occurrences(preview), preview.count))


def _occurrences(preview: Preview) -> Iterator[Occurrence]:
    table, after, remaining = preview.schedule.timetable, preview.after, preview.schedule.remaining_runs
    tz, spread = zone(table.timing.timezone), table.policies.spread_seconds
    while remaining != 0 and (found := table.next_after(after)) is not None:
        local, hidden = datetime.fromtimestamp(found, tz), table.hidden(found)
        if remaining is not None and hidden is None:
            remaining -= 1
        yield Occurrence(
            at=found,
            local=local,
            dst_skipped=_skipped(table.timing, max(after, (table.policies.first or 0) - 1), local),
            dst_repeated=comes_twice(local),
            hidden=hidden,
            due_at=table.due_at(found) if preview.stored or not spread else None,
            remaining_runs=remaining,
        )
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
