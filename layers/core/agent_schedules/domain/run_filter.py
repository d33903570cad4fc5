"""Which runs a list over an account shows, and the ids that begin and end a stretch of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent_schedules.domain.runs import Run, RunStatus, Trigger
from agent_schedules.ids import first_run_id


@dataclass(frozen=True)
class Stretch:
    """A stretch of time, half open, in milliseconds since the epoch. None: no bound."""

    first: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class RunFilter:
    """The conditions that a run must all meet; None: any."""

    status: RunStatus | None = None
    agent_id: str | None = None
    schedule_id: str | None = None
    due: Stretch = Stretch()
    """When it was due: the time that its id begins with. That is its creation if it has no nominal time."""
    trigger: Trigger | None = None
    error_code: str | None = None

    def matches(self, run: Run) -> bool:
        """Whether a run meets all conditions but the time."""
        return (
            self.status in {None, run.status}
            and self.agent_id in {None, run.key.agent_id}
            and self.schedule_id in {None, run.schedule_id}
            and self.trigger in {None, run.trigger}
            and self.error_code in {None, error_code(run.error)}
        )

    def as_json(self) -> dict[str, Any]:
        """Return the conditions that are there, for the signature of a cursor."""
        return {name: str(value) for name, value in vars(self).items() if value is not None}


def error_code(error: dict[str, Any] | None) -> str | None:
    """Return the code of a run's error. The gateway's own may have any form."""
    code = (error or {}).get("code")
    return None if code is None else str(code)


@dataclass(frozen=True)
class IdRange:
    """A stretch of run ids in the order of a page: the ones after `start` and before `stop`, both excluded."""

    start: str | None
    stop: str | None
    newest_first: bool

    def within(self, ids: list[str]) -> Iterator[str]:
        """Yield the ids, which are in order, until the stretch ends."""
        for one in ids:
            if self.stop is not None and (one <= self.stop if self.newest_first else one >= self.stop):
                return
            yield one


def id_range(due: Stretch, *, newest_first: bool, after: str | None) -> IdRange:
    """Return the ids of the runs that were due in a stretch of time, after the last id of the page before."""
    low = first_run_id(due.first, below=True) if due.first else None
    high = first_run_id(due.end) if due.end is not None else None
    start, stop = (high, low) if newest_first else (low, high)
    if after is not None:  # a cursor is within the stretch
        start = after
    return IdRange(start, stop, newest_first)
