"""Each control of a schedule and of its runs through the local stack over HTTP, on a fast clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.support.process import Stack, seconds

START = "2026-03-02T10:00:20Z"
SPECS: dict[str, dict[str, Any]] = {
    "minute": {"type": "cron", "cron_expression": "* * * * *"},
    "second": {"type": "interval", "interval_seconds": 30, "precision": "second"},
}
OVERLAPS = ["allow", "skip", "queue_one", "queue_all", "cancel_previous"]


def call(stack: Stack, path: str, body: dict[str, Any] | None = None, *, status: int) -> dict[str, Any]:
    """What a POST answers."""
    answer = stack.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_pause_ends_by_itself(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(START=START, SPEED="100")
    paused: dict[str, tuple[str, dict[str, Any], int]] = {}
    for name, spec in SPECS.items():
        for after in (600, 2000):  # by a message, and by an entry that becomes one
            agent = stack.agent()
            path = f"/api/v1/agents/{agent}/schedules"
            made = call(stack, path, {"schedule": spec, "input": "x"}, status=201)
            path += f"/{made['id']}"
            end = datetime.fromtimestamp(int(seconds(made["created_at"])) + after, UTC).isoformat()
            answer = call(stack, f"{path}/pause", {"reason": "Holidays", "until": end}, status=200)
            assert (answer["status"], answer["pause"]["reason"]) == ("paused", "Holidays")
            paused[path] = agent, answer, 60 if name == "minute" else 30
    for path, (agent, answer, step) in paused.items():
        end_second = seconds(answer["pause"]["until"])
        late = stack.wait(partial(_since, stack, agent, seconds(answer["pause"]["since"])))
        assert 0 < seconds(late[0]["scheduled_for"]) - end_second <= step
        reasons = {one["reason"] for one in stack.get(f"{path}/occurrences?limit=100")["data"]}
        assert "paused" in reasons
        shown = stack.get(path)
        assert (shown["status"], shown["pause"]) == ("active", None)


def _since(stack: Stack, agent: str, instant: float) -> list[dict[str, Any]]:
    """The runs that were due after an instant, oldest first."""
    return [run for run in stack.runs(agent) if seconds(run["scheduled_for"]) > instant]


def test_a_trigger_obeys_its_overlap(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(START=START, SPEED="20")
    agent = stack.agent("slow-60")
    paths: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for overlap in OVERLAPS:
        created = stack.schedule(agent, {"type": "interval", "interval_seconds": 86_400})
        path = f"/api/v1/agents/{agent}/schedules/{created['id']}"
        call(stack, f"{path}/pause", status=200)
        first = call(stack, f"{path}/trigger", {"input": "one"}, status=201)
        body = {"input": "two", "overlap": overlap}
        second = call(stack, f"{path}/trigger", body, status=409 if overlap == "skip" else 201)
        paths[overlap] = path, first["id"], second
    for overlap, (path, first_id, second) in paths.items():
        runs = {run["input"]: run for run in stack.all_ended(agent, path.rpartition("/")[2])}
        assert runs["one"]["status"] == ("cancelled" if overlap == "cancel_previous" else "completed")
        if overlap == "skip":
            assert first_id in second["error"]["message"]
            assert list(runs) == ["one"]
        else:
            assert (runs["two"]["status"], runs["two"]["trigger"]) == ("completed", "manual")
        after = stack.get(path)
        assert (after["status"], after["run_count"]) == ("paused", len(runs))


def test_a_run_is_retried(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(START=START, SPEED="20")
    agent = stack.agent("fail")
    created = stack.schedule(agent, {"type": "interval", "interval_seconds": 30})
    path = f"/api/v1/agents/{agent}/schedules/{created['id']}"
    failed = stack.ended(agent, 1)[0]
    call(stack, f"{path}/pause", status=200)
    before = stack.get(path)["run_count"]
    again = call(stack, f"/api/v1/agents/{agent}/runs/{failed['id']}/retry", status=201)
    assert (again["retry_of"], again["trigger"]) == (failed["id"], "retry")
    stack.ended(agent, before + 1)
    assert stack.get(path)["run_count"] == before + 1
