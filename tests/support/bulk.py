"""Changes of many schedules over HTTP, as tests ask for them."""

from __future__ import annotations

from typing import Any

from agent_schedules.domain.messages import ContinueJob

from tests.support.api import Api

BULK, JOBS = "/api/v1/schedules/bulk", "/api/v1/jobs"
PAUSE: dict[str, Any] = {"filter": {}, "action": "pause"}


def many(api: Api, number: int, **body: Any) -> list[dict[str, Any]]:
    made = [api.create(name=f"n{index}", **body) for index in range(number)]
    api.world.clock.advance(1)
    api.world.queue.messages.clear()
    return made


def fill(api: Api, number: int) -> None:
    """Make that many schedules as `many` does, without their views."""
    api.fill(number)
    api.world.clock.advance(1)
    api.world.queue.messages.clear()


def bulk(api: Api, status: int = 200, **body: Any) -> dict[str, Any]:
    return api.post(BULK, PAUSE | {"dry_run": False} | body, status=status)


def counts(job: dict[str, Any]) -> tuple[int, ...]:
    return tuple(job[name] for name in ("matched", "changed", "unchanged", "failed"))


def statuses(api: Api) -> list[str]:
    return [one["status"] for one in api.get(f"{api.schedules}?limit=100&order=asc")["data"]]


def messages(api: Api) -> list[ContinueJob]:
    return [one.message for one in api.world.queue.messages if isinstance(one.message, ContinueJob)]
