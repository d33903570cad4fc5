"""`doctor --fire`: a real schedule, from its creation to the end of its first run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from agent_schedules_cli.api_client import FINAL, ApiClient, agents_path, schedule_path
from agent_schedules_cli.doctor.checks import Check, fail, ok, warn
from agent_schedules_cli.errors import Failure

AHEAD = 180
"""Seconds to the occurrence: whole minutes, so that EventBridge repeats the entry by itself, and more than the 120 s
within which a delayed message is sent too."""
CLAIMED_WITHIN = 300.0  # seconds after its time; by then the reconciler has run, too
ENDED_WITHIN = 300.0  # seconds after it was claimed
LATE = 60  # seconds: EventBridge's precision is a minute
INTERVAL = 3.0  # seconds between polls


def smoke_test(
    api: ApiClient,
    model: str,
    *,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
    tell: Callable[[str], None],
) -> Iterator[Check]:
    """Create an agent and a schedule, wait for one run, and delete both in any case.

    A caller that stops early closes this generator, which deletes them too.
    """
    agent = schedule = None
    try:
        agent = api.post(agents_path(), {"name": "doctor", "model": model, "instructions": "Answer with one word."})[
            "id"
        ]
        body = {"schedule": {"type": "interval", "interval_seconds": AHEAD}, "input": "Say hello.", "name": "doctor"}
        created = api.post(agents_path(agent, "schedules"), body)
        schedule = created["id"]
        tell(f"{schedule} is due at {created['next_run_at']}; waiting for its run")
        run = _awaited(api, agent, schedule, sleep, monotonic)
        yield _verdict(created, run)
        api.delete(schedule_path(agent, schedule))  # now, because a slow run could outlast the next occurrence
        if run is not None:
            yield _outcome(_ended(api, agent, run, sleep, monotonic))
    except Failure as failure:
        yield fail("fire", str(failure))
    finally:
        left = _left(api, agent, schedule)
        said = f"{' and '.join(left)} could not be deleted: delete them by hand"
        if left:
            tell(said)  # after an interruption no check is printed
    if left:
        yield fail("cleanup", said)


def _awaited(
    api: ApiClient, agent: str, schedule: str, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> dict[str, Any] | None:
    """Return the schedule's first run, or None if it does not come in time."""
    deadline = monotonic() + AHEAD + CLAIMED_WITHIN
    while not (runs := api.get(schedule_path(agent, schedule, "runs"), limit=1, order="asc")["data"]):
        if monotonic() > deadline:
            return None
        sleep(INTERVAL)
    found: dict[str, Any] = runs[0]
    return found


def _ended(
    api: ApiClient, agent: str, run: dict[str, Any], sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> dict[str, Any]:
    """Return the run when it has ended, or as it is after too long a time."""
    deadline = monotonic() + ENDED_WITHIN
    while run["status"] not in FINAL and monotonic() <= deadline:
        sleep(INTERVAL)
        run = api.get(agents_path(agent, "runs", run["id"]))
    return run


def _verdict(created: dict[str, Any], run: dict[str, Any] | None) -> Check:
    if run is None:
        return fail(
            "fire", f"nothing ran by {CLAIMED_WITHIN:g} s after {created['next_run_at']}: read the runner's log"
        )
    if run["scheduled_for"] != created["next_run_at"]:
        return fail("fire", f"{run['scheduled_for']} ran, not {created['next_run_at']}")
    late = (datetime.fromisoformat(run["created_at"]) - datetime.fromisoformat(run["scheduled_for"])).total_seconds()
    said = f"due {run['scheduled_for']}, claimed {late:.3f} s later"
    return ok("fire", said) if late <= LATE else warn("fire", f"{said}: EventBridge, or the runner, is slow")


def _outcome(run: dict[str, Any]) -> Check:
    if run["status"] == "completed":
        return ok("run", f"{run['id']} completed at {run['completed_at']}")
    if run["status"] not in FINAL:
        return warn("run", f"{run['id']} is still {run['status']} after {ENDED_WITHIN:g} s: the gateway is slow")
    error = run["error"] or {}
    return fail("run", f"{run['id']} {run['status']}: {error.get('code')}: {error.get('message')}")


def _left(api: ApiClient, agent: str | None, schedule: str | None) -> list[str]:
    """Delete both, and return the ids of those that could not be deleted."""
    left = []
    if agent is not None and schedule is not None and not _deleted(api, schedule_path(agent, schedule)):
        left.append(schedule)
    if agent is not None and not _deleted(api, agents_path(agent)):
        left.append(agent)
    return left


def _deleted(api: ApiClient, path: str) -> bool:
    try:
        api.delete(path)
    except Failure:
        return False
    return True
