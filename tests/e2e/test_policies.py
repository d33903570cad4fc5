"""Each value of each policy through the local stack over HTTP, on a fast clock."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Stack, seconds

SPEED = 15
SLOW = "slow-100"  # longer than two occurrences of `OFTEN`
OFTEN = {"type": "interval", "interval_seconds": 45}


class Board:
    """Schedules that run side by side on one stack."""

    def __init__(self, directory: Path) -> None:
        self.stack = Stack(directory, SPEED=str(SPEED)).start()
        self._agents: dict[str, str] = {}
        self._schedules: dict[str, str] = {}

    def add(self, name: str, policies: dict[str, Any], *, model: str = "echo", spec: dict[str, Any] = OFTEN) -> None:
        """A schedule of an agent of its own."""
        self._agents[name] = agent = self.stack.agent(model)
        body = {"schedule": spec, "input": name, "policies": policies}
        self._schedules[name] = self.stack.post(f"/api/v1/agents/{agent}/schedules", body)["id"]

    def path(self, name: str, rest: str = "") -> str:
        """The path of a schedule."""
        return f"/api/v1/agents/{self._agents[name]}/schedules/{self._schedules[name]}{rest}"

    def schedule(self, name: str) -> dict[str, Any]:
        """The schedule as it is now."""
        return self.stack.get(self.path(name))

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Its runs, oldest first."""
        found: list[dict[str, Any]] = self.stack.get(self.path(name, "/runs?order=asc&limit=100"))["data"]
        return found

    def outcomes(self, name: str) -> list[dict[str, Any]]:
        """Its outcomes, oldest first."""
        found: list[dict[str, Any]] = self.stack.get(self.path(name, "/occurrences?order=asc&limit=100"))["data"]
        return found

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Poll until the condition holds."""
        return self.stack.wait(condition)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    board = Board(tmp_path_factory.mktemp("policies"))
    now = datetime.now(UTC)
    board.add("bounds", {"start_at": _at(now, 120), "end_at": _at(now, 300)})
    today = {str((now + timedelta(days=days)).date()) for days in (-1, 0, 1)}
    board.add("exclude", {"exclude": sorted(today)})
    board.add("max_runs", {"max_runs": 3})
    board.add("spread", {"spread_seconds": 20})
    board.add("timeout", {"timeout_seconds": 20}, model=SLOW)
    for overlap in ("allow", "skip", "queue_one", "queue_all", "cancel_previous"):
        board.add(overlap, {"overlap": overlap}, model=SLOW)
    yield board
    board.stack.stop(signal.SIGKILL)


def _at(now: datetime, after: int) -> str:
    return (now + timedelta(seconds=after)).isoformat()


def test_bounds_hold_the_first_and_the_last_run(board: Board) -> None:
    done = board.wait(lambda: (found := board.schedule("bounds"))["status"] == "completed" and found)
    bounds = done["policies"]
    times = [seconds(run["scheduled_for"]) for run in board.runs("bounds")]
    assert len(times) == 4
    assert all(seconds(bounds["start_at"]) <= time <= seconds(bounds["end_at"]) for time in times)
    later = {"policies": {"end_at": _at(datetime.fromisoformat(bounds["end_at"]), 86_400)}}
    assert board.stack.client.post(board.path("bounds"), json=later).json()["status"] == "active"


def test_excluded_dates_are_passed_over(board: Board) -> None:
    shown = board.stack.get(board.path("exclude", "/preview?count=3"))
    assert [one["skipped"] for one in shown["occurrences"]] == ["excluded"] * 3
    assert seconds(board.schedule("exclude")["next_run_at"]) - seconds(shown["occurrences"][0]["at"]) > 86_400
    assert board.runs("exclude") == []


def test_max_runs_completes_the_schedule(board: Board) -> None:
    done = board.wait(lambda: (found := board.schedule("max_runs"))["status"] == "completed" and found)
    assert (done["run_count"], done["remaining_runs"]) == (3, 0)
    assert len(board.runs("max_runs")) == 3


def test_a_spread_run_starts_at_its_offset(board: Board) -> None:
    shown = board.stack.get(board.path("spread", "/preview?count=20"))["occurrences"]
    effective = {one["at"]: one["effective_at"] for one in shown}
    offsets = {seconds(late) - seconds(at) for at, late in effective.items()}
    assert len(offsets) > 5
    assert all(0 <= offset <= 20 for offset in offsets)
    runs = board.wait(lambda: len(found := board.runs("spread")) > 2 and found)
    assert all(run["effective_at"] <= run["created_at"] for run in runs)
    common = [run for run in runs if run["scheduled_for"] in effective]
    assert all(effective[run["scheduled_for"]] == run["effective_at"] for run in common)


def test_a_run_ends_at_its_own_timeout(board: Board) -> None:
    run = board.wait(lambda: next((run for run in board.runs("timeout") if run["status"] == "failed"), None))
    assert run["error"]["code"] == "timeout"


def test_runs_overlap_where_that_is_allowed(board: Board) -> None:
    assert board.wait(lambda: _open(board, "allow") > 1)


def test_skip_names_the_open_run(board: Board) -> None:
    skipped = board.wait(lambda: next((one for one in board.outcomes("skip") if one["outcome"] == "skipped"), None))
    assert skipped["reason"] == "overlap"
    assert skipped["run_id"] in {run["id"] for run in board.runs("skip")}
    assert _open(board, "skip") <= 1


def test_queue_one_lets_one_wait(board: Board) -> None:
    board.wait(lambda: [one["outcome"] for one in board.outcomes("queue_one")].count("queued") == 1)
    board.wait(lambda: any(one["reason"] == "overlap" for one in board.outcomes("queue_one")))
    board.wait(lambda: sum(run["status"] == "completed" for run in board.runs("queue_one")) >= 2)
    _never_two(board.runs("queue_one"))


def test_queue_all_lets_all_wait_in_order(board: Board) -> None:
    board.wait(lambda: [one["outcome"] for one in board.outcomes("queue_all")].count("queued") >= 2)
    board.wait(lambda: sum(run["status"] == "completed" for run in board.runs("queue_all")) >= 2)
    runs = board.runs("queue_all")
    states = [run["status"] == "completed" for run in runs]
    assert states == sorted(states, reverse=True)  # the oldest ones are over
    _never_two(runs)


def test_cancel_previous_starts_the_newest(board: Board) -> None:
    run = board.wait(lambda: next((r for r in board.runs("cancel_previous") if r["status"] == "cancelled"), None))
    assert run["error"]["code"] == "overlap"


def _open(board: Board, name: str) -> int:
    """How many responses the gateway works on."""
    return sum(run["completed_at"] is None and run["gateway_response_id"] is not None for run in board.runs(name))


def _never_two(runs: list[dict[str, Any]]) -> None:
    """Each run was sent after the one before it was over."""
    sent = [run for run in runs if run["gateway_response"] is not None]
    for before, after in itertools.pairwise(sent):
        assert after["gateway_response"]["created_at"] >= int(seconds(before["completed_at"]))


MINUTELY = {"type": "interval", "interval_seconds": 60}
DOWN = 1200  # seconds


def test_late_occurrences_run_as_the_misfire_policy_says(stack_at: Callable[..., Stack]) -> None:
    begin = datetime(2026, 3, 2, 10, tzinfo=UTC)
    stack = stack_at(SPEED="1", START=begin.isoformat())
    agent = stack.agent()
    policies: dict[str, dict[str, Any]] = {
        "run_latest": {},
        "skip": {"misfire": "skip"},
        "run_all": {"misfire": "run_all"},
        "grace": {"misfire": "run_all", "misfire_grace_seconds": 600},
    }
    at = f"/api/v1/agents/{agent}/schedules"
    made = {
        name: stack.post(at, {"schedule": MINUTELY, "input": "x", "policies": more})["id"]
        for name, more in policies.items()
    }
    stack.stop()
    stack = stack_at(SPEED="1", START=(begin + timedelta(seconds=DOWN)).isoformat())

    def settled(schedule_id: str) -> list[dict[str, Any]]:
        found = stack.get(f"{at}/{schedule_id}/occurrences?order=asc&limit=100")["data"]
        return found if sum(one["count"] for one in found) >= DOWN // 60 - 1 else []

    late: dict[str, tuple[int, int]] = {}
    for name, schedule_id in made.items():
        found = stack.wait(partial(settled, schedule_id))
        ran = sum(one["outcome"] == "ran" for one in found)
        missed = sum(one["count"] for one in found if one["outcome"] == "missed")
        assert {one["reason"] for one in found if one["outcome"] == "missed"} <= {"late"}
        late[name] = ran, missed
    on_time = late["skip"][0]
    assert 2 <= on_time <= 4
    assert late["run_latest"][0] - on_time in {0, 1, 2}
    assert late["run_latest"][1] > 10
    assert late["run_all"][1] == 0
    assert 8 <= late["grace"][0] <= 13
