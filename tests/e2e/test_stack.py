"""The local stack end to end: real app, adapters, handlers and gateway over HTTP, on a fast clock."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import PATIENCE, ROOT, Stack, seconds


def test_each_occurrence_of_a_fast_hour_is_one_completed_run(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(SPEED="60")
    agent = stack.agent()
    specs: dict[str, dict[str, Any]] = {
        "exact": {"type": "interval", "interval_seconds": 90},
        "minutes": {"type": "interval", "interval_seconds": 120},
        "cron": {"type": "cron", "cron_expression": "*/5 * * * *", "timezone": "Asia/Kathmandu"},
    }
    schedules = {name: stack.schedule(agent, spec, name) for name, spec in specs.items()}
    stack.ended(agent, 45)
    for name, created in schedules.items():
        path = f"/api/v1/agents/{agent}/schedules/{created['id']}"
        assert stack.client.delete(path).status_code == 200
        runs = stack.all_ended(agent, created["id"])
        times = [seconds(run["scheduled_for"]) for run in runs]
        first = seconds(created["next_run_at"])
        step = {"exact": 90, "minutes": 120, "cron": 300}[name]
        assert times == [first + step * number for number in range(len(times))]
        assert stack.get(path)["run_count"] == len(runs)
        assert {run["status"] for run in runs} == {"completed"}
        assert {run["gateway_response"]["output"][0]["content"][0]["text"] for run in runs} == {name}
    assert stack.stop() < 2


@pytest.mark.parametrize("speed", ["1", "4"])
def test_no_run_is_made_before_its_time(stack_at: Callable[..., Stack], speed: str) -> None:
    stack = stack_at(SPEED=speed)
    agent = stack.agent()
    for spec in (
        {"type": "interval", "interval_seconds": 1},
        {"type": "interval", "interval_seconds": 2},
        {"type": "cron", "cron_expression": "*/2 * * * * *", "precision": "second"},
    ):
        stack.schedule(agent, spec)
    runs = stack.ended(agent, 12)
    assert [run["id"] for run in runs if run["created_at"] < run["scheduled_for"]] == []


def test_a_dst_night_skips_the_missing_hour(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(START="2026-03-28T23:50:00Z", SPEED="600")  # Lisbon goes from 01:00 to 02:00 on the 29th
    agent = stack.agent()
    spec = {"type": "cron", "cron_expression": "30 * * * *", "timezone": "Europe/Lisbon"}
    nightly = {"type": "cron", "cron_expression": "30 1 * * *", "timezone": "Europe/Lisbon"}
    stack.schedule(agent, spec)
    assert stack.schedule(agent, nightly)["next_run_at"] == "2026-03-30T00:30:00.000Z"
    runs = stack.ended(agent, 3)
    assert [run["scheduled_for"] for run in runs[:3]] == [
        "2026-03-29T00:30:00.000Z",
        "2026-03-29T01:30:00.000Z",
        "2026-03-29T02:30:00.000Z",
    ]


@pytest.mark.parametrize("mode", ["background", "synchronous"])
def test_each_model_of_the_gateway_ends_its_run_as_it_should(stack_at: Callable[..., Stack], mode: str) -> None:
    stack = stack_at(SPEED="20", GATEWAY_MODE=mode)
    expected = {
        "echo": ("completed", None),
        "slow-9": ("completed", None),
        "flaky-2": ("completed", None),
        "fail": ("failed", "server_error"),
        "incomplete": ("incomplete", None),
        "reject": ("failed", "gateway_refused"),
    }
    agents = {model: stack.agent(model) for model in expected}
    for agent in agents.values():
        stack.schedule(agent, {"type": "once", "run_at": now_of(stack)})
    for model, (status, code) in expected.items():
        (run,) = stack.ended(agents[model], 1)
        assert (run["status"], run["error"] and run["error"]["code"]) == (status, code), model
        schedule = stack.get(f"/api/v1/agents/{agents[model]}/schedules")["data"][0]
        assert (schedule["status"], schedule["run_count"], schedule["last_run_id"]) == ("completed", 1, run["id"])


def now_of(stack: Stack) -> str:
    """The stack's present."""
    return str(stack.post("/api/v1/agents", {"name": "clock", "model": "echo"})["created_at"])


def test_entries_up_to_a_minute_late_start_each_run_once(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(SPEED="60", LATE="60")
    agent = stack.agent()
    stack.schedule(agent, {"type": "interval", "interval_seconds": 60})
    runs = stack.ended(agent, 10)
    times = [seconds(run["scheduled_for"]) for run in runs]
    assert times == [times[0] + 60 * number for number in range(len(times))]


def test_a_restart_keeps_everything_and_the_schedules_still_fire(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at()
    agent, slow = stack.agent(), stack.agent("slow-6")
    created = [
        stack.schedule(agent, {"type": "interval", "interval_seconds": 2}),
        stack.schedule(agent, {"type": "interval", "interval_seconds": 60}),
        stack.schedule(agent, {"type": "cron", "cron_expression": "0 0 1 1 *", "timezone": "UTC"}),
    ]
    stack.schedule(slow, {"type": "once", "run_at": now_of(stack)})
    stack.ended(agent, 1)
    stack.wait(lambda: stack.runs(slow))
    before = [run["id"] for run in stack.runs(agent)]
    assert stack.stop(signal.SIGTERM) < 2

    stack = stack_at()
    assert stack.get(f"/api/v1/agents/{agent}")["id"] == agent
    listed = stack.get(f"/api/v1/agents/{agent}/schedules?order=asc")["data"]
    assert [schedule["id"] for schedule in listed] == [schedule["id"] for schedule in created]
    runs = stack.ended(agent, len(before) + 2)
    assert [run["id"] for run in runs][: len(before)] == before
    assert stack.ended(slow, 1)[0]["status"] == "completed"
    first = stack.get(f"/api/v1/agents/{agent}/schedules/{created[0]['id']}")
    assert first["run_count"] >= len(before) + 2


def test_a_killed_stack_starts_again_and_heals_itself(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at()
    agent = stack.agent()
    created = stack.schedule(agent, {"type": "interval", "interval_seconds": 1})
    stack.ended(agent, 2)
    stack.stop(signal.SIGKILL)
    stack = stack_at()
    kept = len(stack.runs(agent))
    stack.ended(agent, kept + 3)
    stack.client.delete(f"/api/v1/agents/{agent}/schedules/{created['id']}")
    runs = stack.all_ended(agent, created["id"])
    times = [run["scheduled_for"] for run in runs]
    assert len(times) == len(set(times))
    assert stack.get(f"/api/v1/agents/{agent}/schedules/{created['id']}")["run_count"] == len(runs)


def test_a_taken_port_is_said_in_one_line(stack_at: Callable[..., Stack]) -> None:
    running = stack_at()
    second = Stack(running.directory / "second", PORT=str(running.client.base_url.port))
    with pytest.raises(AssertionError, match="choose another with PORT="):
        second.start()
    assert second.process is not None
    assert second.process.wait(PATIENCE) == 1
    second.close()


def test_a_stack_that_cannot_write_its_data_ends(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at()
    shutil.rmtree(stack.directory)
    assert stack.process is not None
    said, _ = stack.process.communicate(timeout=PATIENCE)
    assert stack.process.returncode == 1
    assert "the local stack stops: FileNotFoundError" in said
    stack.close()


def test_a_full_disk_ends_the_stack_in_order(stack_at: Callable[..., Stack], tmp_path: Path) -> None:
    stack = stack_at()
    (tmp_path / "clock.new").symlink_to("/dev/full")  # refuses a write as a full disk does
    assert stack.process is not None
    said, _ = stack.process.communicate(timeout=PATIENCE)
    assert stack.process.returncode == 1
    assert "the local stack stops: OSError" in said
    assert "free space on the disk of LOCAL_DIR" in said
    assert "Traceback" not in said
    assert not (tmp_path / "table.db-wal").exists()  # the journal was closed
    stack.spawn()
    said, _ = stack.process.communicate(timeout=PATIENCE)
    assert said.endswith("clock.new: No space left on device; free space on its disk, or set another LOCAL_DIR\n")
    stack.close()


def test_clock_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for environ, word in (({"START": "2026-03-29T00:55:00"}, "offset"), ({"SPEED": "0"}, "SPEED")):
        answer = subprocess.run(
            [sys.executable, "-m", "dev"],
            cwd=ROOT,
            env={**os.environ, "LOCAL_DIR": str(tmp_path), **environ},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert answer.returncode == 2
        assert word in answer.stderr


def test_a_clock_that_was_ahead_goes_on_from_where_it_was_killed(stack_at: Callable[..., Stack]) -> None:
    stack_at(START="2150-01-01T00:00:00Z").stop(signal.SIGKILL)
    for start in ("2100-01-01T00:00:00Z", ""):
        stack = stack_at(START=start)
        agent = stack.get(f"/api/v1/agents/{stack.agent()}")
        assert agent["created_at"].startswith("2150-01-01T00:0")
        stack.stop()


def test_the_present_is_the_wall_clock_unless_told_otherwise(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at()
    assert abs(seconds(now_of(stack)) - datetime.now(UTC).timestamp()) < 5


def test_what_happens_is_announced(stack_at: Callable[..., Stack], tmp_path: Path) -> None:
    stack = stack_at()
    agent = stack.agent()
    schedule = stack.schedule(agent, {"type": "interval", "interval_seconds": 2}, "a secret")
    stack.ended(agent, 1)
    told = tmp_path / "events.jsonl"

    def announced() -> list[dict[str, Any]] | None:
        events = [json.loads(line) for line in told.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return events if "run.completed" in [event["detail-type"] for event in events] else None

    events = stack.wait(announced)  # at the stack's next beat after the run has ended
    assert [event["detail-type"] for event in events][:2] == ["schedule.created", "run.started"]
    assert {event["detail"]["schedule_id"] for event in events} == {schedule["id"]}
    assert "a secret" not in told.read_text()


def test_a_key_made_here_opens_the_service_after_a_restart_too(stack_at: Callable[..., Stack], tmp_path: Path) -> None:
    stack = stack_at()
    made = stack.post("/local/keys", {"tenant": "acme", "scope": "read"})
    stack.stop()
    stack.start()
    with_it = {"Authorization": f"Bearer {made['key']}"}
    assert stack.client.get("/api/v1/agents", headers=with_it).json()["data"] == []
    assert stack.client.post("/api/v1/agents", headers=with_it).status_code == 403
    (listed,) = stack.client.get("/local/keys?tenant=acme").json()["data"]
    assert listed["id"] == made["id"]
    stack.stop()
    assert made["key"].encode() not in (tmp_path / "table.db").read_bytes()
