"""One request for every operation of stable keys and of jobs, as in `operations.py`."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

from agent_schedules.services import bulk

from tests.support.api import HOURLY
from tests.support.given import Given, Request


def _put_agent(*, exists: bool = False, **more: str) -> Callable[[Given], Request]:
    def prepare(given: Given) -> Request:
        body = {"name": "a", "model": "echo", "instructions": given.prompt}
        if exists:
            given.api.ok("PUT", "/api/v1/agents/by-key/k", body, status=201)
        return Request(body | more, path={"key": "k"}, status=200 if exists else 201)

    return prepare


def _agent_by_key(given: Given) -> Request:
    return Request(path=_put_agent(exists=True)(given).path)


def _put_schedule(*, exists: bool = False, **more: str) -> Callable[[Given], Request]:
    def prepare(given: Given) -> Request:
        agent = given.agent()
        body = {"schedule": HOURLY, "input": given.prompt}
        if exists:
            given.api.ok("PUT", f"/api/v1/agents/{agent}/schedules/by-key/k", body, status=201)
        return Request(body | more, path={"agent_id": agent, "key": "k"}, status=200 if exists else 201)

    return prepare


def _schedule_by_key(given: Given) -> Request:
    return Request(path=_put_schedule(exists=True)(given).path)


def _many(*, dry_run: bool = False, status: str = "active") -> Callable[[Given], Request]:
    """Two schedules."""

    def prepare(given: Given) -> Request:
        for _ in range(2):
            given.schedule()
        return Request({"filter": {"status": status}, "action": "pause", "dry_run": dry_run})

    return prepare


def _all_paused(given: Given) -> Request:
    _many()(given)
    given.api.post("/api/v1/schedules/pause-all")
    given.api.world.clock.advance(60)
    return Request()


def _jobs(given: Given) -> list[str]:
    return [str(given.api.post("/api/v1/schedules/pause-all")["id"]) for _ in range(given.page)]


def _open_job(given: Given) -> Request:
    _many()(given)
    with patch.object(bulk, "STEPS", 0):
        job = given.api.post("/api/v1/schedules/pause-all", status=202)
    given.api.world.queue.messages.clear()
    return Request(path={"job_id": job["id"]})


KEYS_AND_JOBS: dict[str, Callable[[Given], Request]] = {
    "change_schedules": _many(),
    "change_schedules, a dry run": _many(dry_run=True),
    "change_schedules, nothing to do": _many(status="paused"),
    "pause_all_schedules": lambda given: Request(path=_many()(given).path),
    "resume_all_schedules": _all_paused,
    "list_jobs": lambda given: Request(query=f"limit={len(_jobs(given))}"),
    "get_job": lambda given: Request(path={"job_id": _jobs(given)[0]}),
    "cancel_job": _open_job,
    "put_agent_by_key": _put_agent(),
    "put_agent_by_key, one that exists": _put_agent(exists=True, name="other"),
    "put_agent_by_key, nothing new": _put_agent(exists=True),
    "get_agent_by_key": _agent_by_key,
    "delete_agent_by_key": _agent_by_key,
    "put_agent_schedule_by_key": _put_schedule(),
    "put_agent_schedule_by_key, one that exists": _put_schedule(exists=True, name="other"),
    "put_agent_schedule_by_key, nothing new": _put_schedule(exists=True),
    "get_agent_schedule_by_key": _schedule_by_key,
    "delete_agent_schedule_by_key": _schedule_by_key,
}
