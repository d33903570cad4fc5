"""Skip and backfill through the local stack over HTTP, on a fast clock."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.process import Stack

OFTEN = {"type": "interval", "interval_seconds": 60}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("controls"), SPEED="30").start()
    yield stack
    stack.stop(signal.SIGKILL)


def schedule(stack: Stack, spec: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A new schedule of a new agent: its path, and what was answered."""
    agent = stack.agent()
    made = stack.schedule(agent, spec)
    return f"/api/v1/agents/{agent}/schedules/{made['id']}", made


def outcomes(stack: Stack, path: str) -> list[dict[str, Any]]:
    """The outcomes of a schedule, oldest first."""
    found: list[dict[str, Any]] = stack.get(f"{path}/occurrences?order=asc&limit=100")["data"]
    return found


def test_a_skipped_occurrence_is_passed_over(stack: Stack) -> None:
    path, made = schedule(stack, OFTEN)
    coming = [one["at"] for one in stack.get(f"{path}/preview?count=3")["occurrences"]]
    for moment in coming[1:]:
        stack.client.post(f"{path}/skip", json={"scheduled_for": moment})
    stack.client.post(f"{path}/unskip", json={"scheduled_for": coming[2]})
    shown = stack.get(f"{path}/preview?count=3")["occurrences"]
    assert [one["skipped"] for one in shown] == [None, "skip_requested", None]
    stack.wait(lambda: stack.get(path)["run_count"] == 2)
    found = [(one["scheduled_for"], one["outcome"], one["reason"]) for one in outcomes(stack, path)]
    assert found[:3] == [
        (made["next_run_at"], "ran", None),
        (coming[1], "skipped", "skip_requested"),
        (coming[2], "ran", None),
    ]


def test_a_backfill_makes_runs_of_the_past(stack: Stack) -> None:
    path, made = schedule(stack, {"type": "cron", "cron_expression": "* * * * *"})
    created = datetime.fromisoformat(made["created_at"])
    body = {"from": (created - timedelta(minutes=3)).isoformat(), "to": made["created_at"]}
    dry = stack.client.post(f"{path}/backfill", json=body).json()
    assert (dry["count"], {one["reason"] for one in dry["occurrences"]}) == (3, {"not_scheduled"})
    assert stack.client.post(f"{path}/backfill", json=body | {"dry_run": False}).json()["count"] == 3
    times = [one["scheduled_for"] for one in dry["occurrences"]]

    def ended() -> list[dict[str, Any]] | None:
        runs: list[dict[str, Any]] = stack.get(f"{path}/runs?order=asc")["data"]
        found = [run for run in runs if run["trigger"] == "backfill" and run["completed_at"]]
        return found if len(found) == 3 else None

    runs = stack.wait(ended)
    assert [run["scheduled_for"] for run in runs] == times
    assert [run["completed_at"] for run in runs] == sorted(run["completed_at"] for run in runs)
    assert [one["reason"] for one in outcomes(stack, path)[:3]] == ["not_scheduled"] * 3
    assert stack.get(path)["backfill"] is None
    assert stack.client.delete(f"{path}/backfill").status_code == 200
