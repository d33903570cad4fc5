"""A change of many schedules through the local stack over HTTP: the worker makes the steps that the call leaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.support.process import Stack

SCHEDULES = 230
DAILY = {"type": "cron", "cron_expression": "0 9 * * *"}


def _ended(stack: Stack, job_id: str) -> dict[str, Any] | None:
    job = stack.get(f"/api/v1/jobs/{job_id}")
    return job if job["status"] == "completed" else None


def test_pause_all_and_resume_all_reach_every_schedule(stack_at: Callable[..., Stack]) -> None:
    stack = stack_at(START="2026-03-02T10:00:20Z")
    path = f"/api/v1/agents/{stack.agent()}/schedules"
    for _ in range(SCHEDULES):
        assert stack.client.post(path, json={"schedule": DAILY, "input": "x"}).status_code == 201
    for verb, status in (("pause-all", "paused"), ("resume-all", "active")):
        answer = stack.client.post(f"/api/v1/schedules/{verb}")
        assert answer.status_code == 202, answer.text
        job = stack.wait(partial(_ended, stack, answer.json()["id"]))
        assert (job["matched"], job["changed"], job["failed"]) == (SCHEDULES, SCHEDULES, 0)
        assert stack.get(f"/api/v1/schedules?status={status}&limit=1")["has_more"]
        assert stack.get(f"{path}?limit=1")["data"][0]["status"] == status
