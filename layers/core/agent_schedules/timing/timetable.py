"""When a schedule is due: one canonical spec and two independent questions, `next_after` and `matches`.

Two more, `last_in` and `count_in`, answer for a gap of any length without walking through it.

Nominal times are whole seconds since the epoch, UTC. A fraction of a second in `run_at` or `start_at` rounds up; the
moment of creation, as an interval's anchor, rounds down. No clock is read here: the caller says what time it is.

Each spec also knows its zone, in which people read it, and whether it is to be exact to the second (`precision:
"second"`), which decides only how it is armed, never when it is due.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.errors import InvalidRequest
from agent_schedules.timestamps import ceil_seconds
from agent_schedules.timing.cron import CronFields
from agent_schedules.timing.dst import utc_of
from agent_schedules.timing.zones import zone

HOUR = 3600
SHORTEST_INTERVAL = 1
LONGEST_INTERVAL = 315_360_000  # ten years (contract D13)
LATEST = int(datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Once:
    """One occurrence, at `run_at`."""

    run_at: int
    second_exact: bool = False
    timezone: str = "UTC"

    def next_after(self, instant: int) -> int | None:
        """`run_at` if it is still to come."""
        return self.run_at if instant < self.run_at else None

    def last_in(self, after: int, until: int) -> int | None:
        """`run_at` if it lies in (after, until]."""
        return self.run_at if after < self.run_at <= until else None

    def count_in(self, after: int, until: int) -> int:
        """1 if `run_at` lies in (after, until], else 0."""
        return int(after < self.run_at <= until)

    @property
    def busiest_hour(self) -> int:
        """How many occurrences an hour has at most."""
        return 1

    def matches(self, instant: int) -> bool:
        """Whether `instant` is the occurrence."""
        return instant == self.run_at


@dataclass(frozen=True)
class Interval:
    """Every `seconds` of elapsed time on a fixed grid that begins at `first`; it never drifts (contract D12)."""

    seconds: int
    first: int
    second_exact: bool = False
    timezone: str = "UTC"

    def next_after(self, instant: int) -> int | None:
        """The first grid point strictly after `instant`."""
        if instant < self.first:
            return self.first
        found = self.first + ((instant - self.first) // self.seconds + 1) * self.seconds
        return found if found <= LATEST else None

    def last_in(self, after: int, until: int) -> int | None:
        """The last grid point in (after, until]."""
        until = min(until, LATEST)
        found = self.first + (until - self.first) // self.seconds * self.seconds
        return found if found >= self.first and after < found <= until else None

    def count_in(self, after: int, until: int) -> int:
        """How many grid points lie in (after, until]."""
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

    fields: CronFields
    timezone: str
    second_exact: bool = False

    def next_after(self, instant: int) -> int | None:
        """The first selected time strictly after `instant`, by EventBridge's DST rule (see `cron`)."""
        found = self.fields.next_after(instant, zone(self.timezone)) if instant < LATEST else None
        return found if found is not None and found <= LATEST else None

    def last_in(self, after: int, until: int) -> int | None:
        """The last selected time in (after, until], found by halving: 31 questions to `next_after` for a lifetime."""
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
        """How many selected times lie in (after, until]."""
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
"""A schedule's timing in canonical form."""


def next_after(spec: Spec, instant: int) -> int | None:
    """The first nominal time strictly after `instant`, or None when there is none left.

    This one function is behind `next_run_at`, previews and the runner (architecture.md, invariant 6).
    """
    return spec.next_after(instant)


def last_in(spec: Spec, after: int, until: int) -> int | None:
    """The newest nominal time in (after, until], or None when there is none, however long that is."""
    return spec.last_in(after, until)


def count_in(spec: Spec, after: int, until: int) -> int:
    """How many nominal times there are in (after, until], exactly, however long that is."""
    return spec.count_in(after, until)


def matches(spec: Spec, instant: int) -> bool:
    """Whether `instant` is a nominal time: the oracle that tests hold `next_after` against."""
    return spec.matches(instant)


def moment_of(value: datetime, timezone: str, name: str) -> datetime:
    """A caller's time as an aware UTC one: an explicit offset wins, a naive time is local to `timezone` (contract D10).

    Raises InvalidRequest, naming the field, for a local time that the zone's clocks skip.
    """
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    local = value.replace(tzinfo=zone(timezone), fold=0)
    if utc_of(local.replace(microsecond=0)) is None:
        raise InvalidRequest(
            f"{name}: {value.isoformat()} does not exist in {timezone} (clocks go forward); choose another time"
        )
    return local.astimezone(UTC)


def spec_from(definition: dict[str, Any]) -> Spec:
    """The spec of a stored canonical `schedule` object, whose times are UTC texts and whose interval has its anchor.

    `precision: "second"` makes it second-exact and lets a cron expression have six fields. The object is what
    `canonical` returned; a foreign one may raise KeyError or ValueError.
    """
    exact, timezone = definition.get("precision") == "second", definition.get("timezone", "UTC")
    match definition["type"]:
        case "once":
            return Once(ceil_seconds(datetime.fromisoformat(definition["run_at"])), exact, timezone)
        case "interval":
            return Interval(definition["interval_seconds"], definition["first"], exact, timezone)
        case "cron":
            return Cron(CronFields.parse(definition["cron_expression"], seconds=exact), timezone, exact)
        case other:
            raise ValueError(f"unknown spec type {other!r}")
