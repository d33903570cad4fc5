"""The nominal times of one schedule: its timing within its bounds, the ones that do not run, and when each is due.

Pure. All times are whole seconds since the epoch, UTC. A *hidden* nominal time exists but makes no run, because its
date is excluded or a caller asked to skip it. Without policies everything here is the timing itself.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal

from agent_schedules.domain.policies import NO_POLICIES, Policies
from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.spec import LATEST, Spec
from agent_schedules.timing.zones import zone

Hidden = Literal["excluded", "skip_requested"]
Cause = Literal["schedule", "policies.start_at", "policies.end_at", "policies.exclude", "skips"]
_NOTHING_LEFT: dict[Cause, str] = {
    "schedule": "schedule: has no occurrence left; choose other times",
    "policies.start_at": "policies.start_at: the schedule has no occurrence from then on; choose an earlier time",
    "policies.end_at": "policies.end_at: the schedule has no occurrence left until then; choose a later time",
    "policies.exclude": "policies.exclude: has the date of every occurrence that is left; exclude fewer dates",
    "skips": "schedule: every occurrence that is left is to be skipped; take back a skip, or choose other times",
}
"""The refusal of a timing that never runs within its policies."""

DAY = timedelta(days=1)
LAST_DATE = date(2200, 1, 2)  # no nominal time is later (`LATEST`)


@dataclass(frozen=True)
class Handover:
    """What a change of the timing leaves to be decided. From the first of these nominal times, which both timings have,
    to `until`, the second of the change, the new timing has no others."""

    until: int
    times: tuple[int, ...]

    def covers(self, instant: int) -> bool:
        """Whether a time lies within it."""
        return self.times[0] <= instant <= self.until


@dataclass(frozen=True)
class Timetable:
    """The times of a schedule. The policies are those of its definition."""

    timing: Spec
    policies: Policies = NO_POLICIES
    skips: frozenset[int] = frozenset()
    """Nominal times to come that a caller asked to skip."""
    seed: str = ""
    """The schedule's id, which the spread depends on."""
    handover: Handover | None = None

    def next_after(self, instant: int) -> int | None:
        """Return the first nominal time strictly after `instant`."""
        found, handover = self._next(instant), self.handover
        if handover is None or found is None or not handover.covers(found):
            return found
        return next((time for time in handover.times if time > instant), self._next(handover.until))

    def last_in(self, after: int, until: int) -> int | None:
        """Return the newest nominal time in (after, until]."""
        handover = self.handover
        if handover is None:
            return self._last(after, until)
        newest = self._last(max(after, handover.until), until)
        if newest is None:
            newest = max((time for time in handover.times if after < time <= until), default=None)
        return self._last(after, min(until, handover.times[0] - 1)) if newest is None else newest

    def count_in(self, after: int, until: int) -> int:
        """Count the nominal times in (after, until]."""
        handover = self.handover
        if handover is None:
            return self._count(after, until)
        shared = sum(after < time <= until for time in handover.times)
        earlier = self._count(after, min(until, handover.times[0] - 1))
        return earlier + shared + self._count(max(after, handover.until), until)

    def matches(self, instant: int) -> bool:
        """Whether `instant` is a nominal time."""
        if self.handover is not None and self.handover.covers(instant):
            return instant in self.handover.times
        return (instant - 1, instant) == self._bounded(instant - 1, instant) and self.timing.matches(instant)

    def _next(self, instant: int) -> int | None:
        first, last = self.policies.first, self.policies.last
        found = self.timing.next_after(instant if first is None else max(instant, first - 1))
        return found if found is None or last is None or found <= last else None

    def _last(self, after: int, until: int) -> int | None:
        after, until = self._bounded(after, until)
        return self.timing.last_in(after, until) if after < until else None

    def _count(self, after: int, until: int) -> int:
        after, until = self._bounded(after, until)
        return self.timing.count_in(after, until) if after < until else 0

    def _bounded(self, after: int, until: int) -> tuple[int, int]:
        first, last = self.policies.first, self.policies.last
        return after if first is None else max(after, first - 1), until if last is None else min(until, last)

    # ---------------------------------------------------------------------------------------------- hidden times

    def hidden(self, nominal: int) -> Hidden | None:
        """Return why a nominal time makes no run; None if it runs."""
        if nominal in self.skips:
            return "skip_requested"
        if self.policies.exclude and self._excluded(nominal):
            return "excluded"
        return None

    def next_run(self, instant: int) -> int | None:
        """Return the first nominal time strictly after `instant` that runs."""
        found = self.next_after(instant)
        while found is not None and self.hidden(found):
            found = self.next_after(self.same_until(found, LATEST))
        return found

    def why_none_after(self, instant: int) -> Cause:
        """Return why no nominal time after `instant` runs, where none does."""
        if self.next_after(instant) is not None:
            visible = replace(self, skips=frozenset())
            return "policies.exclude" if visible.next_run(instant) is None else "skips"
        if self.timing.next_after(instant) is None:
            return "schedule"
        unending = replace(self, policies=replace(self.policies, end_at=None))
        return "policies.end_at" if unending.next_after(instant) is not None else "policies.start_at"

    def last_run(self, after: int, until: int) -> int | None:
        """Return the newest nominal time in (after, until] that runs."""
        found = self.last_in(after, until)
        while found is not None and self.hidden(found):
            found = self.last_in(after, self._same_from(found) - 1)
        return found

    def same_until(self, nominal: int, until: int) -> int:
        """Return a second, at most `until`, up to which the nominal times from `nominal` on are all hidden for the same
        reason, or all run."""
        if not self.skips and not self.policies.exclude:
            return until
        if nominal in self.skips:
            return nominal
        until = min(until, *(skip - 1 for skip in self.skips if skip > nominal), LATEST)
        within = next((end for begin, end in self._stretches if begin <= nominal <= end), None)
        if within is not None:
            return min(until, within)
        return min(until, *(begin - 1 for begin, _ in self._stretches if begin > nominal), LATEST)

    def _same_from(self, nominal: int) -> int:
        """Return the first second of the hidden stretch that a nominal time is in."""
        if nominal in self.skips:
            return nominal
        return next((begin for begin, end in self._stretches if begin <= nominal <= end), nominal)

    def _excluded(self, nominal: int) -> bool:
        return any(begin <= nominal <= end for begin, end in self._stretches)

    @cached_property
    def _stretches(self) -> list[tuple[int, int]]:
        """The excluded dates as seconds, both ends included, in order and merged. A date begins and ends where the
        clocks of the schedule's zone show midnight."""
        tz = zone(self.timing.timezone)

        def midnight(day: date) -> int:
            return int(datetime.combine(day, time.min, tz).timestamp())

        merged: list[tuple[int, int]] = []
        for begin, end in sorted(
            (midnight(days.first), midnight(min(days.last, LAST_DATE) + DAY) - 1) for days in self.policies.exclude
        ):
            if merged and begin <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(merged[-1][1], end)
            else:
                merged.append((begin, end))
        return merged

    # -------------------------------------------------------------------------------------------------- spread

    def due_at(self, nominal: int) -> int:
        """Return when an occurrence is due: at its nominal time, or a fixed offset later.

        The offset is hashed from the schedule and the nominal time. It ends before the following nominal time, so that
        occurrences keep their order.
        """
        spread = self.policies.spread_seconds
        if not spread:
            return nominal
        following = self._next(nominal)
        longest = spread if following is None else min(spread, following - nominal - 1)
        return nominal + zlib.crc32(f"{self.seed}/{nominal}".encode()) % (longest + 1)

    def due_by(self, instant: int) -> int:
        """Return a second up to which every nominal time is due at `instant`, and after which none is."""
        if not self.policies.spread_seconds:
            return instant
        newest = self.last_in(instant - self.policies.spread_seconds - 1, instant)
        return instant if newest is None or self.due_at(newest) <= instant else newest - 1


def first_run(table: Timetable, after: int) -> int:
    """Return the first nominal time after `after` (UTC seconds) that runs. Raises InvalidRequest, naming the field that
    is the reason, if there is none."""
    found = table.next_run(after)
    if found is None:
        raise InvalidRequest(_NOTHING_LEFT[table.why_none_after(after)])
    return found
