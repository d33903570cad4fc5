"""Laws of a claim: the occurrence may run, is due within its spread, and is not too late by its policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.core import Violation
from tests.faults.nominal import nominal_times
from tests.faults.rules import MOST_LATE, ON_TIME, Definition, hidden, policy, remembered

Row = Mapping[str, Any]
APART = 2  # seconds between two clocks, rounded


def admitted(run: Row, spec: Definition, skips: tuple[int, ...], *, made: int) -> None:
    """The nominal time is in bounds and not hidden, its run one of `max_runs`, and its due time within the spread."""
    run_id, nominal = run["run_id"], int(run["scheduled_for"])
    if not nominal_times(spec, nominal - 1, nominal):
        raise Violation("bounds", f"{run_id} is of {nominal}, which {spec} has not")
    if reason := hidden(spec, skips, nominal):
        raise Violation("reasons", f"{run_id} of {nominal} runs although it is {reason}")
    most = policy(spec, "max_runs")
    if most is not None and made > most:
        raise Violation("max_runs", f"{run_id} is the run number {made} of {most}")
    due, spread = int(run.get("due_at", nominal)), int(policy(spec, "spread_seconds", 0))
    following = nominal_times(spec, nominal, nominal + spread + 1)
    if not nominal <= due <= nominal + spread or (following and due >= following[0]):
        raise Violation("spread", f"{run_id} of {nominal} is due at {due}; spread {spread}, then {following[:1]}")


def in_time(run: Row, spec: Definition, skips: tuple[int, ...], *, began: int, grace: int, since: int) -> None:
    """It is on time, or late as its misfire policy allows. `began`: when the process that claims it did."""
    run_id, nominal = run["run_id"], int(run["scheduled_for"])
    late = began - int(run.get("due_at", nominal))
    if late <= ON_TIME:
        return
    if late > policy(spec, "misfire_grace_seconds", grace):
        raise Violation("late", f"{run_id} was claimed {late} s late")
    misfire = policy(spec, "misfire", "run_latest")
    most = {"skip": 0, "run_latest": 1, "run_all": MOST_LATE}[misfire]
    # Each of these is due, whatever its spread, and late too.
    until = began - ON_TIME - 2 * APART - int(policy(spec, "spread_seconds", 0))
    newer = [time for time in nominal_times(spec, max(nominal, since), until) if hidden(spec, skips, time) is None]
    if len(newer) >= most:
        raise Violation("late", f"{run_id} was claimed {late} s late, before {len(newer)} newer late ones; {misfire}")


def backfilled(run: Row, spec: Definition, state: Row, ran: list[int], replaced: list[Row]) -> None:
    """A backfill runs a time of the stretch that is settled and made no run, and keeps the reason of that.

    `state` is the schedule's of before, `ran` are the times with a run, `replaced` are the records that had it.
    """
    run_id, nominal, line = run["run_id"], int(run["scheduled_for"]), remembered(state).get("backfill")
    if line is None or not line["after"] < nominal <= line["until"] or nominal > int(state["settled_until"]):
        raise Violation("backfill", f"{run_id} of {nominal} is not one of {line}")
    if nominal in ran:
        raise Violation("backfill", f"{run_id} of {nominal} had a run already")
    whole = {name: value for name, value in spec.items() if name != "handover"}  # also before it was in force
    if not nominal_times(whole, nominal - 1, nominal):
        raise Violation("bounds", f"{run_id} is of {nominal}, which {spec} has not")
    held = [str(record["reason"]) for record in replaced if int(record["first"]) <= nominal <= int(record["last"])]
    if held and held != [run.get("reason")]:
        raise Violation("backfill", f"{run_id} of {nominal} forgets {held}: {run.get('reason')}")
