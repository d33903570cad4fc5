"""`doctor --fire`: a real schedule, from its creation to its run and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from agent_schedules_cli.api_client import FINAL, Api, at
from agent_schedules_cli.doctor.checks import Check, fail, ok, warn
from agent_schedules_cli.errors import Failure

AHEAD = 180
"""Seconds to the occurrence: whole minutes, which EventBridge repeats by itself, and beyond the two minutes in which a
delayed message goes with the entry."""
CLAIMED_WITHIN = 300.0  # seconds after its time; the reconciler has then looked, too
OVER_WITHIN = 300.0  # seconds after it was claimed
LATE = 60  # seconds: EventBridge promises its minute
LOOK = 3.0  # seconds between two looks


def fired(
    api: Api, model: str, *, sleep: Callable[[float], None], monotonic: Callable[[], float], tell: Callable[[str], None]
) -> Iterator[Check]:
    """An agent and a schedule are made, one run is awaited, and both are deleted whatever happens.

    A caller that stops early closes this generator, which deletes them too.
    """
    agent = schedule = None
    try:
        agent = api.post(at(), {"name": "doctor", "model": model, "instructions": "Answer with one word."})["id"]
        body = {"schedule": {"type": "interval", "interval_seconds": AHEAD}, "input": "Say hello.", "name": "doctor"}
        made = api.post(at(agent, "schedules"), body)
        schedule = made["id"]
        tell(f"{schedule} is due at {made['next_run_at']}; waiting for its run")
        run = _awaited(api, agent, schedule, sleep, monotonic)
        yield _verdict(made, run)
        api.delete(at(agent, "schedules", schedule))  # now, or a slow run would see the next occurrence
        if run is not None:
            yield _outcome(_ended(api, agent, run, sleep, monotonic))
    except Failure as failure:
        yield fail("fire", str(failure))
    finally:
        left = _left(api, agent, schedule)
        said = f"{' and '.join(left)} could not be deleted: delete by hand"
        if left:
            tell(said)  # after an interruption no check follows
    if left:
        yield fail("cleanup", said)


def _awaited(
    api: Api, agent: str, schedule: str, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> dict[str, Any] | None:
    """The schedule's first run, or None if there is none in time."""
    deadline = monotonic() + AHEAD + CLAIMED_WITHIN
    while not (runs := api.get(at(agent, "schedules", schedule, "runs"), limit=1, order="asc")["data"]):
        if monotonic() > deadline:
            return None
        sleep(LOOK)
    found: dict[str, Any] = runs[0]
    return found


def _ended(
    api: Api, agent: str, run: dict[str, Any], sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> dict[str, Any]:
    """The run when it is over, or as it is when that takes too long."""
    deadline = monotonic() + OVER_WITHIN
    while run["status"] not in FINAL and monotonic() <= deadline:
        sleep(LOOK)
        run = api.get(at(agent, "runs", run["id"]))
    return run


def _verdict(made: dict[str, Any], run: dict[str, Any] | None) -> Check:
    if run is None:
        return fail("fire", f"nothing ran by {CLAIMED_WITHIN:g} s after {made['next_run_at']}: read the runner's log")
    if run["scheduled_for"] != made["next_run_at"]:
        return fail("fire", f"{run['scheduled_for']} ran, not {made['next_run_at']}")
    late = (datetime.fromisoformat(run["created_at"]) - datetime.fromisoformat(run["scheduled_for"])).total_seconds()
    said = f"due {run['scheduled_for']}, claimed {late:.3f} s later"
    return ok("fire", said) if late <= LATE else warn("fire", f"{said}: EventBridge, or the runner, is slow")


def _outcome(run: dict[str, Any]) -> Check:
    if run["status"] == "completed":
        return ok("run", f"{run['id']} completed at {run['completed_at']}")
    if run["status"] not in FINAL:
        return warn("run", f"{run['id']} is still {run['status']} after {OVER_WITHIN:g} s: the gateway is slow")
    error = run["error"] or {}
    return fail("run", f"{run['id']} {run['status']}: {error.get('code')}: {error.get('message')}")


def _left(api: Api, agent: str | None, schedule: str | None) -> list[str]:
    """Delete both; what could not be deleted."""
    left = []
    if agent is not None and schedule is not None and not _deleted(api, at(agent, "schedules", schedule)):
        left.append(schedule)
    if agent is not None and not _deleted(api, at(agent)):
        left.append(agent)
    return left


def _deleted(api: Api, path: str) -> bool:
    try:
        api.delete(path)
    except Failure:
        return False
    return True
