"""Following runs: by looking at them again and again, since an HTTP API does not stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agent_schedules_cli.api_client import FINAL, Api, at

INTERVAL = 1.0  # seconds between two looks
PAGE = 20  # runs, each with its response, that a look reads at least


def runs_path(agent_id: str, schedule_id: str | None) -> str:
    """Where the runs of an agent, or of one schedule of it, are listed."""
    return at(agent_id, "runs") if schedule_id is None else at(agent_id, "schedules", schedule_id, "runs")


def watched(
    api: Api,
    sleep: Callable[[float], None],
    agent_id: str,
    *,
    run_id: str | None = None,
    schedule_id: str | None = None,
    count: int | None = None,
) -> Iterator[dict[str, Any]]:
    """A run whenever its status is another one; of all runs only those that are new, or not over at the first look.

    Ends with the run, or after `count` runs that are over.
    """
    seen: dict[str, str] = {}
    if run_id is None:
        # What is open is known but in no status yet, so that it is shown once as it is now.
        first = api.listed(runs_path(agent_id, schedule_id), 100).items
        seen = {run["id"]: run["status"] if run["status"] in FINAL else "" for run in first}
    wanted = 1 if run_id is not None else count
    over = 0
    while True:
        for run in _looked_at(api, agent_id, run_id, schedule_id, seen):
            if seen.get(run["id"]) == run["status"]:
                continue
            seen[run["id"]] = run["status"]
            yield run
            over += run["status"] in FINAL
            if wanted is not None and over >= wanted:
                return
        sleep(INTERVAL)


def _looked_at(
    api: Api, agent_id: str, run_id: str | None, schedule_id: str | None, seen: dict[str, str]
) -> list[dict[str, Any]]:
    """The runs to look at, the earliest due first."""
    if run_id is not None:
        return [api.get(at(agent_id, "runs", run_id))]
    found: dict[str, dict[str, Any]] = {}
    for page in api.pages(runs_path(agent_id, schedule_id), PAGE):
        found |= {run["id"]: run for run in page.items}
        if any(run["id"] in seen for run in page.items):
            break  # what is behind a known run was there before
    behind = [one for one, status in seen.items() if status not in FINAL and one not in found]
    found |= {one: api.get(at(agent_id, "runs", one)) for one in behind}
    return sorted(found.values(), key=lambda run: str(run["id"]))
