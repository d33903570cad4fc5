"""Occurrences to come of many schedules, in the order of their nominal times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge

from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.timetable import Timetable
from agent_schedules.errors import InvalidRequest

DAY = 86_400
LONGEST_WINDOW = 31 * DAY
"""Seconds."""


@dataclass(frozen=True)
class Window:
    """The seconds (UTC) that are looked at, half open."""

    first: int
    end: int

    def __post_init__(self) -> None:
        """Raise InvalidRequest for a window that is empty or too long."""
        if self.end <= self.first:
            raise InvalidRequest("to: must be after `from`")
        if self.end - self.first > LONGEST_WINDOW:
            raise InvalidRequest("to: must be at most 31 days after `from`; ask again for the rest")


@dataclass(frozen=True, order=True)
class Place:
    """Where an occurrence stands in the order."""

    at: int
    """Its nominal time, UTC seconds."""
    schedule_id: str


@dataclass(frozen=True)
class Upcoming:
    """An occurrence to come of a schedule."""

    schedule: Schedule
    at: int
    """Its nominal time, UTC seconds."""

    @property
    def place(self) -> Place:
        """Where it stands in the order."""
        return Place(self.at, self.schedule.key.schedule_id)


def upcoming(schedules: Iterable[Schedule], window: Window, after: Place | None) -> Iterator[Upcoming]:
    """Yield the occurrences in a window that will make a run, behind `after` in the order if it is given."""
    first = window.first if after is None else max(window.first, after.at)
    streams = (_of_one(schedule, Window(first, window.end)) for schedule in schedules)
    for one in merge(*streams, key=lambda found: found.place):
        if after is None or one.place > after:
            yield one


def _of_one(schedule: Schedule, window: Window) -> Iterator[Upcoming]:
    begins, left = begins_after(schedule), schedule.remaining_runs
    if begins is None:
        return
    start = max(begins, window.first - 1)
    if left is not None and start > begins:
        left -= runs_in(schedule.timetable, begins, start)
    found = schedule.timetable.next_run(start)
    while found is not None and found < window.end and (left is None or left > 0):
        yield Upcoming(schedule, found)
        left = None if left is None else left - 1
        found = schedule.timetable.next_run(found)


def begins_after(schedule: Schedule) -> int | None:
    """Return the second after which a schedule makes runs: the end of what is settled, or of its pause. None if it
    makes none unless a caller changes it."""
    state = schedule.state
    if state.status == "active":
        return state.settled_until
    if state.status == "paused" and state.wakes_at is not None and not schedule.lapsed:
        return max(state.settled_until, state.wakes_at)
    return None


def runs_in(table: Timetable, after: int, until: int) -> int:
    """Count the nominal times in (after, until] that make a run."""
    count, found = 0, table.next_after(after)
    while found is not None and found <= until:
        end = table.same_until(found, until)
        if table.hidden(found) is None:
            count += table.count_in(found - 1, end)
        found = table.next_after(end)
    return count
