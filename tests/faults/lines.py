"""Laws of schedules whose runs may not overlap: one run is open, and the next in line starts soon after its end.

A schedule is held to them as long as its policy was never `allow`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.core import Simulation, Violation
from tests.faults.rules import Definition, remembered, serial
from tests.faults.stories import TERMINAL, Row

GIVEN_UP = {"failed", "cancelled"}
"""Ends that the service decides itself, where the gateway may not know, or did not take the cancel."""
SOON = 30  # seconds of calm from the end of a run to the start of the next


class Lines:
    """The open runs of each schedule."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.runs: dict[str, dict[str, Row]] = {}
        """The rows of each schedule's runs."""
        self.open: dict[str, dict[str, Row]] = {}
        """Those of them that are open. Counting all runs after each commit would take half of the simulation's time."""
        self.schedule_of: dict[str, str] = {}
        self.held: set[str] = set()
        """Schedules whose runs may not overlap."""
        self.touched: set[str] = set()
        """Schedules of which this commit wrote a run."""
        self.free: set[str] = set()
        """Schedules whose runs could overlap at some time."""
        self.state: Callable[[str], Row | None] = lambda _: None
        """The state row of a schedule, if it is not deleted."""

    def defined(self, schedule_id: str, definition: Definition) -> None:
        """A definition was committed."""
        if serial(definition) and schedule_id not in self.free:
            self.held.add(schedule_id)
        else:
            self.free.add(schedule_id)
            self.held.discard(schedule_id)

    def run_is(self, row: Row) -> None:
        """A run was written."""
        if "schedule_id" not in row:
            return
        schedule_id, run_id = str(row["schedule_id"]), str(row["run_id"])
        known = self.runs.setdefault(schedule_id, {})
        before, known[run_id] = known.get(run_id), row
        if is_open(row):
            self.open.setdefault(schedule_id, {})[run_id] = row
        else:
            self.open.get(schedule_id, {}).pop(run_id, None)
        self.touched.add(schedule_id)
        self.schedule_of[run_id] = schedule_id
        if row.get("waiting") and before is None:
            self.sim.counts["policies: waited"] += 1
        if row["status"] in TERMINAL and (before is None or before["status"] not in TERMINAL):
            code = '"overlap"' in str(row.get("error"))
            self.sim.counts["policies: replaced"] += code
            if not self.sim.faults:
                self.sim.later(SOON, lambda: self._goes_on(schedule_id, run_id))

    def undone(self, run_id: str) -> None:
        """A run was taken back, because its caller heard nothing of it."""
        for rows in (self.runs, self.open):
            rows.get(self.schedule_of.get(run_id, ""), {}).pop(run_id, None)

    def committed(self) -> None:
        """A transaction has taken effect."""
        for schedule_id in self.touched:
            rows = self.open.get(schedule_id, {}).values()
            if sum(row["trigger"] == "backfill" for row in rows) > 1:
                raise Violation("backfill", f"{schedule_id} has two open runs of a backfill")
            if schedule_id in self.held:
                self._one(schedule_id)
        self.touched.clear()

    def _one(self, schedule_id: str) -> None:
        found = [run_id for run_id, row in self.open.get(schedule_id, {}).items() if queues(row)]
        if len(found) > 1:
            raise Violation("overlap", f"{schedule_id} has {len(found)} open runs: {found}")

    def posted(self, run_id: str, responses: Mapping[str, Mapping[str, Any]]) -> None:
        """The gateway takes a request. Nothing else of its schedule may be in progress there."""
        schedule_id = self.schedule_of.get(run_id, "")
        if schedule_id not in self.held:
            return
        rows = self.runs[schedule_id]
        if not queues(rows[run_id]):
            return
        if rows[run_id].get("waiting") and rows[run_id]["status"] not in TERMINAL:
            raise Violation("overlap", f"{run_id} is sent and should wait")
        for other, row in rows.items():
            response = responses.get(f"resp_{other.removeprefix('run_').lower()}")
            under_way = response is not None and response["left"] > 0
            if other != run_id and under_way and queues(row) and row["status"] not in GIVEN_UP:
                raise Violation("overlap", f"{run_id} is sent while {other} is in progress at the gateway")

    def _goes_on(self, schedule_id: str, ended: str) -> None:
        state, rows = self.state(schedule_id), self.runs[schedule_id]
        if state is None or schedule_id not in self.held:
            return
        line = remembered(state)
        if line.get("backfill") and line.get("open_run_id") == ended:
            raise Violation("line", f"the backfill of {schedule_id} waits for {ended}, which ended {SOON} s ago")
        waiting = [run_id for run_id in line.get("waiting", ()) if rows[run_id]["status"] not in TERMINAL]
        if waiting and line.get("open_run_id") == ended:
            raise Violation("line", f"{waiting} of {schedule_id} wait for {ended}, which ended {SOON} s ago")


def is_open(row: Row) -> bool:
    """Whether a run is under way or may be sent at any moment."""
    return row["status"] not in TERMINAL and not row.get("waiting")


def queues(row: Row) -> bool:
    """Whether a run may not overlap with others of its schedule. A caller may ask for one that may."""
    return row["trigger"] in {"schedule", "backfill"} or bool(row.get("in_line"))
