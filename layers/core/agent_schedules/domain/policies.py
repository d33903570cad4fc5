"""Policies: the behaviour of a schedule where its owner has a choice (policies.md). Pure.

This file has the values, and the decisions that follow from a policy alone: `admit` and `late_runs`. To add a policy,
add a field of `Policies`, and use it in `timetable` (which nominal times there are, and when they are due) or in
`settlement.decide` (the outcome of those that are due).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from agent_schedules.timestamps import ceil_seconds, floor_seconds

ON_TIME = 120  # seconds: an occurrence found up to this late is on time and always runs (contract D30)
MOST_LATE = 100  # late occurrences that `run_all` runs; the rest are missed
MOST_WAITING = 100  # runs of one schedule that wait for an open one
MOST_EXCLUDED = 100  # dates or ranges of dates
LONGEST_SPREAD = 900  # seconds, as long as the queue can hold a message back

Overlap = Literal["allow", "skip", "queue_one", "queue_all", "cancel_previous"]
Misfire = Literal["run_latest", "skip", "run_all"]
Admission = Literal["start", "wait", "skip"]


@dataclass(frozen=True)
class DateRange:
    """Local dates, from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> DateRange:
        """Read `2026-12-24` or `2026-12-24/2027-01-02`. Raises ValueError."""
        first, slash, last = text.partition("/")
        found = cls(date.fromisoformat(first), date.fromisoformat(last if slash else first))
        if found.last < found.first:
            raise ValueError("the range ends before it begins")
        return found

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Policies:
    """The policies of a schedule. The defaults are those of a schedule that names none."""

    start_at: datetime | None = None
    """Aware; nominal times before it do not exist."""
    end_at: datetime | None = None
    """Aware; nominal times after it do not exist."""
    exclude: tuple[DateRange, ...] = ()
    """In the schedule's zone: nominal times on these dates are skipped."""
    max_runs: int | None = None
    """Scheduled runs after which the schedule is completed."""
    spread_seconds: int = 0
    """An occurrence is due up to this long after its nominal time (`Timetable.due_at`)."""
    overlap: Overlap = "allow"
    """Whether an occurrence runs while a run of the schedule is open."""
    misfire: Misfire = "run_latest"
    """Which of the occurrences that are found more than 120 s late still run."""
    misfire_grace_seconds: int | None = None
    """How late an occurrence may still run. None: as the deployment sets it."""
    timeout_seconds: int | None = None
    """The time of all attempts of a run together. None: as the deployment sets it."""
    run_retention_days: int | None = None
    """How long outcomes are kept; 0: for ever. None: as the deployment sets it."""
    alert_after_seconds: int | None = None
    """How long an active schedule may go without a completed run before it is silent. None: for ever."""

    @cached_property
    def first(self) -> int | None:
        """The first second (UTC) that may be a nominal time."""
        return None if self.start_at is None else ceil_seconds(self.start_at)

    @cached_property
    def last(self) -> int | None:
        """The last second (UTC) that may be a nominal time."""
        return None if self.end_at is None else floor_seconds(self.end_at)

    @property
    def serial(self) -> bool:
        """Whether at most one run of the schedule may be open."""
        return self.overlap != "allow"

    def kept_days(self, default: int) -> int:
        """Return how long outcomes are kept; 0: for ever. `default` is the deployment's."""
        return default if self.run_retention_days is None else self.run_retention_days

    def same_times(self, other: Policies) -> bool:
        """Whether both allow the same nominal times, each due at the same moment."""
        return replace(self, **_TIMELESS) == replace(other, **_TIMELESS)

    @property
    def late_runs(self) -> int:
        """How many of the late occurrences within the grace run, the newest ones."""
        return {"skip": 0, "run_latest": 1, "run_all": MOST_LATE}[self.misfire]


NO_POLICIES = Policies()
_TIMELESS: dict[str, Any] = {
    name: getattr(NO_POLICIES, name)
    for name in (
        "max_runs",
        "overlap",
        "misfire",
        "misfire_grace_seconds",
        "timeout_seconds",
        "run_retention_days",
        "alert_after_seconds",
    )
}
"""The policies that say nothing about when an occurrence is due."""


def admit(overlap: Overlap, *, busy: bool, waiting: int) -> Admission:
    """Decide what an occurrence does. `busy`: a run of the schedule is open; `waiting`: how many wait for it.

    With `cancel_previous` it waits until the open run is cancelled.
    """
    if overlap == "allow" or not busy:
        return "start"
    places = {"skip": 0, "queue_one": 1, "queue_all": MOST_WAITING, "cancel_previous": MOST_WAITING}[overlap]
    return "wait" if waiting < places else "skip"
