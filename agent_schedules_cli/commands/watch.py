"""Follows runs by polling, because the HTTP API does not stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agent_schedules_cli.api_client import FINAL, ApiClient, agents_path, schedule_path

INTERVAL = 1.0  # seconds between polls
PAGE = 20  # runs, each with its response, that one poll reads at least
REMEMBERED = 1_000  # of the runs that have ended, the newest: a poll reads the new ones and few others


def runs_path(agent_id: str, schedule_id: str | None) -> str:
    """Return the path of the runs of an agent, or of one of its schedules."""
    return agents_path(agent_id, "runs") if schedule_id is None else schedule_path(agent_id, schedule_id, "runs")


def watched(
    api: ApiClient,
    sleep: Callable[[float], None],
    agent_id: str,
    *,
    run_id: str | None = None,
    schedule_id: str | None = None,
    count: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield a run whenever its status has changed. Runs that had ended before the first poll are left out.

    Stops when the run `run_id` has ended, or `count` runs have.
    """
    seen: dict[str, str] = {}
    if run_id is None:
        # An open run has no known status yet, so it is yielded once as it is.
        first = api.list_items(runs_path(agent_id, schedule_id), 100).items
        seen = {run["id"]: run["status"] if run["status"] in FINAL else "" for run in first}
    wanted = 1 if run_id is not None else count
    ended = 0
    while True:
        for run in _poll(api, agent_id, run_id, schedule_id, seen):
            if seen.get(run["id"]) == run["status"]:
                continue
            seen[run["id"]] = run["status"]
            yield run
            ended += run["status"] in FINAL
            if wanted is not None and ended >= wanted:
                return
        if len(seen) > 2 * REMEMBERED:
            newest = set(sorted(seen)[-REMEMBERED:])
            seen = {one: status for one, status in seen.items() if one in newest or status not in FINAL}
        sleep(INTERVAL)


def _poll(
    api: ApiClient, agent_id: str, run_id: str | None, schedule_id: str | None, seen: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the runs that may have changed, the earliest due first."""
    if run_id is not None:
        return [api.get(agents_path(agent_id, "runs", run_id))]
    found: dict[str, dict[str, Any]] = {}
    for page in api.pages(runs_path(agent_id, schedule_id), PAGE):
        found |= {run["id"]: run for run in page.items}
        if any(run["id"] in seen for run in page.items):
            break  # the runs on later pages are known, unless they began long after they were due
    open_and_later = [one for one, status in seen.items() if status not in FINAL and one not in found]
    found |= {one: api.get(agents_path(agent_id, "runs", one)) for one in open_and_later}
    return sorted(found.values(), key=lambda run: str(run["id"]))
