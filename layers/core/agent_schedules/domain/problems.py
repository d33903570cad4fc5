"""Problems of an account: runs that did not end well and occurrences that made no run, in one order. Pure.

They come from several lists, each in the order of its own places. The order of them all is that of their time, then of
the list, then of the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent_schedules.domain.run_filter import error_code
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.settlement import Record
from agent_schedules.ids import first_run_id, milliseconds_of

Kind = Literal["run_failed", "run_timed_out", "run_incomplete", "occurrence_missed", "occurrence_skipped"]
OF_RUNS = ("failed", "incomplete")
LISTS = (*OF_RUNS, "missed", "skipped")
"""The lists of an owner that problems are in."""


@dataclass(frozen=True, order=True)
class Position:
    """The place of a problem among all of an owner's."""

    at: int
    """Milliseconds since the epoch: the nominal time, or the creation of a run that has none."""
    name: str
    """One of `LISTS`."""
    place: str
    """Its place there: a run's id, or the first nominal time of a record and its schedule's id."""

    @classmethod
    def of(cls, name: str, place: str) -> Position:
        """Return the position of a place in a list."""
        at = milliseconds_of(place) if name in OF_RUNS else int(place.partition("#")[0]) * 1000
        return cls(at, name, place)

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read the form of `str`."""
        name, _, place = text.partition("/")
        return cls.of(name, place)

    def __str__(self) -> str:
        return f"{self.name}/{self.place}"


def end_of(name: str, at: int) -> str:
    """Return a boundary in a list's order: exactly the places older than a time (milliseconds) sort before it."""
    return first_run_id(at) if name in OF_RUNS else f"{-(-at // 1000):012d}"


def beginning_of(name: str, at: int) -> str:
    """Return a boundary in a list's order: exactly the places not older than a time sort after it."""
    return first_run_id(at, below=True) if name in OF_RUNS else f"{-(-at // 1000):012d}"


@dataclass(frozen=True)
class Problem:
    """A run that did not end well, or occurrences without a run."""

    position: Position
    key: Key | None
    """The schedule's; None for a run without one."""
    of: Run | Record

    @property
    def kind(self) -> Kind:
        """What went wrong."""
        if isinstance(self.of, Record):
            return "occurrence_missed" if self.of.outcome == "missed" else "occurrence_skipped"
        if self.of.status == "incomplete":
            return "run_incomplete"
        return "run_timed_out" if error_code(self.of.error) == "timeout" else "run_failed"
