"""Every operation of the API, called once at least."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from agent_schedules.services import bulk

from tests.support.client import Client
from tests.support.world import World

SPECS: list[dict[str, Any]] = [
    {"type": "interval", "interval_seconds": 3600},
    {"type": "interval", "interval_seconds": 90},
    {"type": "interval", "interval_seconds": 581_769},
    {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"},
]


def by_key(call: Callable[..., Any], agents: str, schedules: str) -> None:
    """Call the operations of stable keys."""
    for at, body in ((agents, {"name": "a", "model": "m"}), (schedules, {"schedule": SPECS[0], "input": "x"})):
        for method, sent in (("PUT", body), ("GET", None), ("DELETE", None)):
            call(method, f"{at}/by-key/{{key}}", sent)


def webhooks(call: Callable[..., Any], names: dict[str, str]) -> None:
    """Call the operations of webhooks."""
    hooks, hook = "/api/v1/webhooks", "/api/v1/webhooks/{webhook_id}"
    names["webhook_id"] = call("POST", hooks, {"poll": True})["id"]
    call("DELETE", hook)
    names["webhook_id"] = call("POST", hooks, {"url": "https://example.com/"})["id"]
    call("GET", hooks)
    call("GET", hook)
    call("POST", hook, {"description": "d"})
    call("POST", f"{hook}/rotate")
    names["delivery_id"] = call("POST", f"{hook}/test")["id"]
    call("GET", f"{hook}/deliveries")
    call("GET", f"{hook}/deliveries/{{delivery_id}}")
    call("POST", f"{hook}/deliveries/{{delivery_id}}/replay", status=409)  # it is pending


def webhooks_and_jobs(call: Callable[..., Any], names: dict[str, str]) -> None:
    """Call the operations of webhooks and of jobs."""
    webhooks(call, names)
    at = "/api/v1/schedules"
    call("POST", f"{at}/bulk", {"filter": {}, "action": "update", "update": {"name": "n"}, "dry_run": False})
    for verb in ("pause-all", "resume-all"):
        with patch.object(bulk, "STEPS", 2 if verb == "pause-all" else 0):
            names["job_id"] = call("POST", f"{at}/{verb}")["id"]
    call("GET", "/api/v1/jobs")
    call("GET", "/api/v1/jobs/{job_id}")
    call("POST", "/api/v1/jobs/{job_id}/cancel")


def everything_asked_of_the_api(client: Client, world: World) -> set[tuple[str, str]]:
    """Call every operation once at least; those that were."""
    called: set[tuple[str, str]] = set()
    names = {"key": "own"}

    def call(method: str, path: str, body: Any = None, *, status: int = 0, key: str | None = None) -> Any:
        called.add((method, path.partition("?")[0]))
        headers = {"Idempotency-Key": key} if key else {}
        answer = client.request(method, path.format(**names), json=body, headers=headers)
        assert answer.status_code == status if status else answer.is_success, (method, path, answer.text)
        return answer.json() if answer.headers.get("content-type") == "application/json" else None

    agents, agent = "/api/v1/agents", "/api/v1/agents/{agent_id}"
    schedules, schedule, runs = f"{agent}/schedules", f"{agent}/schedules/{{schedule_id}}", f"{agent}/runs"
    lists = ("schedules", "runs?status=failed", "problems", "upcoming", "summary")
    for path in (
        "/healthz",
        "/api/v1/limits",
        "/api/v1/whoami",
        "/api/v1/keys",
        *(f"/api/v1/{name}" for name in lists),
    ):
        call("GET", path)
    names["agent_id"] = call("POST", agents, {"name": "a", "model": "echo"}, key="once")["id"]
    call("POST", agents, {"name": "a", "model": "echo"}, key="once")
    call("GET", agents)
    call("GET", agent)
    call("POST", agent, {"name": "b"})
    call("GET", f"{agent}/versions")
    names["version"] = "1"
    call("GET", f"{agent}/versions/{{version}}")
    call("POST", f"{agent}/versions/{{version}}/rollback")
    for spec in reversed(SPECS):
        created = call("POST", schedules, {"schedule": spec, "input": "x"})
        names["schedule_id"] = created["id"]
    for listed in (schedules, schedule):
        call("GET", listed)
    by_key(call, agents, schedules)
    call("POST", schedule, {"schedule": {"type": "interval", "interval_seconds": 7200}})
    call("POST", f"{schedule}/pause")
    following = call("POST", f"{schedule}/resume")["next_run_at"]
    for verb in ("skip", "unskip"):
        call("POST", f"{schedule}/{verb}", {"scheduled_for": following})
    call("POST", f"{schedule}/backfill", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"})
    call("DELETE", f"{schedule}/backfill")
    for listed in ("runs", "preview", "occurrences"):
        call("GET", f"{schedule}/{listed}")
    call("POST", "/api/v1/schedules/preview", {"schedule": SPECS[0]})
    webhooks_and_jobs(call, names)
    names["nominal_time"] = created["next_run_at"]
    call("GET", f"{schedule}/occurrences/{{nominal_time}}", status=404)
    names["run_id"] = call("POST", runs, {"input": "x"})["id"]
    call("GET", runs)
    call("GET", f"{runs}/{{run_id}}")
    world.pass_time(3)  # the worker sends it
    call("GET", f"{runs}/{{run_id}}/events")
    names["run_id"] = call("POST", runs, {"input": "x"})["id"]
    call("POST", f"{runs}/{{run_id}}/cancel")
    call("POST", f"{runs}/{{run_id}}/retry")
    call("POST", f"{schedule}/trigger")
    call("DELETE", schedule)
    call("DELETE", agent)
    call("POST", f"{agent}/restore")
    world.clock.advance(timedelta(days=2).total_seconds())
    call("POST", agents, {"name": "a", "model": "echo"}, key="once")  # the receipt of before is removed
    return called
