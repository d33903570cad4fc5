"""When a schedule is due: three kinds of timing and two independent questions, `next_after` and `matches`.

Two more, `last_in` and `count_in`, answer for a gap of any length without walking through it. `next_after` is behind
`next_run_at`, previews and the runner (architecture.md, invariant 6), and tests check it against `matches`.

Nominal times are whole seconds since the epoch, UTC. A fraction of a second in `run_at` or `start_at` rounds up. The
moment of creation, as an interval's anchor, rounds down. No clock is read here: the caller passes the time.

Each spec has a zone, in which people read it, and says whether runs start to the second (`precision: "second"`). The
precision decides only how an occurrence is armed, never when it is due.

A spec keeps what the caller wrote, so that it is stored and shown unchanged. Two specs are equal when they are written
alike; `same_times` compares what they mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from agent_schedules.timestamps import ceil_seconds
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.zones import zone

HOUR = 3600
SHORTEST_INTERVAL = 1
LONGEST_INTERVAL = 315_360_000  # ten years (contract D13)
LATEST = int(datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Once:
    """One occurrence, at `run_at`."""

    run_at: datetime
    """Aware; may have a fraction of a second."""
    second_exact: bool = False
    timezone: str = "UTC"

    @cached_property
    def at(self) -> int:
        """The nominal time: `run_at` in whole UTC seconds, a fraction rounded up."""
        return ceil_seconds(self.run_at)

    def next_after(self, instant: int) -> int | None:
        """Return the occurrence if it is still to come."""
        return self.at if instant < self.at else None

    def last_in(self, after: int, until: int) -> int | None:
        """Return the occurrence if it lies in (after, until]."""
        return self.at if after < self.at <= until else None

    def count_in(self, after: int, until: int) -> int:
        """1 if the occurrence lies in (after, until], else 0."""
        return int(after < self.at <= until)

    @property
    def busiest_hour(self) -> int:
        """How many occurrences an hour has at most."""
        return 1

    def matches(self, instant: int) -> bool:
        """Whether `instant` is the occurrence."""
        return instant == self.at


@dataclass(frozen=True)
class Interval:
    """Every `seconds` of elapsed time on a fixed grid that begins at `first`; it never drifts (contract D12)."""

    seconds: int
    first: int
    second_exact: bool = False
    timezone: str = "UTC"
    start_at: datetime | None = None
    """The aware time from which the caller asked the grid to begin. None: it begins one interval after creation."""

    def next_after(self, instant: int) -> int | None:
        """Return the first grid point strictly after `instant`."""
        if instant < self.first:
            return self.first
        found = self.first + ((instant - self.first) // self.seconds + 1) * self.seconds
        return found if found <= LATEST else None

    def last_in(self, after: int, until: int) -> int | None:
        """Return the last grid point in (after, until]."""
        until = min(until, LATEST)
        found = self.first + (until - self.first) // self.seconds * self.seconds
        return found if found >= self.first and after < found <= until else None

    def count_in(self, after: int, until: int) -> int:
        """Count the grid points in (after, until]."""
        return self._up_to(min(until, LATEST)) - self._up_to(after) if after < until else 0

    def _up_to(self, instant: int) -> int:
        return 0 if instant < self.first else (instant - self.first) // self.seconds + 1

    @property
    def busiest_hour(self) -> int:
        """How many grid points an hour has at most."""
        return math.ceil(HOUR / self.seconds)

    def matches(self, instant: int) -> bool:
        """Whether `instant` is on the grid."""
        return self.first <= instant <= LATEST and (instant - self.first) % self.seconds == 0


@dataclass(frozen=True)
class Cron:
    """The local times that a cron expression selects on the clocks of one zone (contract D14, D15)."""

    expression: str
    """As the caller wrote it. Six fields, the seconds first, only where it is `second_exact`."""
    timezone: str
    second_exact: bool = False

    @cached_property
    def fields(self) -> CronFields:
        """The expression, parsed when it is first needed: a list of schedules shows expressions and parses none.

        Raises InvalidRequest for an expression that cannot be read or never occurs.
        """
        return CronFields.parse(self.expression, seconds=self.second_exact)

    def next_after(self, instant: int) -> int | None:
        """Return the first selected time strictly after `instant`, by EventBridge's DST rule (see `cron`)."""
        found = self.fields.next_after(instant, zone(self.timezone)) if instant < LATEST else None
        return found if found is not None and found <= LATEST else None

    def last_in(self, after: int, until: int) -> int | None:
        """Return the last selected time in (after, until], by bisection: 31 calls of `next_after` for a lifetime."""
        low, found = after, None
        while low < until:
            middle = (low + until) // 2
            following = self.next_after(middle)
            if following is None or following > until:
                until = middle
            else:
                low = found = following
        return found

    def count_in(self, after: int, until: int) -> int:
        """Count the selected times in (after, until]."""
        until = min(until, LATEST)
        return self.fields.count(after, until, zone(self.timezone)) if after < until else 0

    @property
    def busiest_hour(self) -> int:
        """How many selected times an hour of the clock has at most."""
        return len(self.fields.seconds) * len(self.fields.minutes)

    def matches(self, instant: int) -> bool:
        """Whether `instant` is selected, decided from the local clock alone."""
        return instant <= LATEST and self.fields.matches(datetime.fromtimestamp(instant, zone(self.timezone)))


Spec = Once | Interval | Cron
"""A schedule's timing."""


def same_times(one: Spec, other: Spec) -> bool:
    """Whether two specs have the same occurrences with the same precision, in the same zone, however they are written.

    `0 9 * * 0-6` means what `0 9 * * *` does, and a `run_at` rounds up to the second.
    """
    match one, other:
        case Cron(), Cron():
            return one == other or (replace(one, expression=other.expression) == other and one.fields == other.fields)
        case Interval(), Interval():
            return replace(one, start_at=None) == replace(other, start_at=None)
        case Once(), Once():
            return replace(one, run_at=other.run_at) == other and one.at == other.at
    return False
