"""One request for every operation of docs/openapi.json, and more where an operation has ways of different cost.

Each function brings about what its request needs, and returns the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_schedules.timestamps import stamp, text_of

from tests.support.api import HOURLY
from tests.support.given import Given, Request
from tests.support.keys_and_jobs import KEYS_AND_JOBS
from tests.support.run_operations import RUN_LISTS
from tests.support.schedule_lists import SCHEDULE_LISTS
from tests.support.webhook_operations import WEBHOOKS

DOCUMENT = json.loads((Path(__file__).parent.parent.parent / "docs" / "openapi.json").read_text())
ROUTES: dict[str, tuple[str, str]] = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
"""Method and path of each operation."""


def _page(given: Given) -> str:
    return f"limit={given.page}"


def _agent(status: int = 200, **request: Any) -> Callable[[Given], Request]:
    return lambda given: Request(path={"agent_id": given.agent()}, status=status, **request)


def _schedule(spec: dict[str, Any] | None = None, **request: Any) -> Callable[[Given], Request]:
    return lambda given: Request(path=given.schedule(spec)[0], **request)


def _listed_agents(given: Given) -> Request:
    for _ in range(given.page + 1):
        given.agent()
    return Request(query=_page(given))


def _listed_schedules(given: Given) -> Request:
    path, _ = given.schedule()
    given.more(path)
    return Request(path=path, query=_page(given))


def _next_page(given: Given) -> Request:
    path, _ = given.schedule()
    given.more(path)
    given.more(path)
    found = given.api.get(f"/api/v1/agents/{path['agent_id']}/schedules?{_page(given)}")
    return Request(path=path, query=f"{_page(given)}&after={found['next_cursor']}")


def _listed_runs(given: Given) -> Request:
    return Request(path=given.runs(), query=_page(given))


def _versions(given: Given) -> dict[str, Any]:
    agent = given.agent()
    for number in range(given.page):
        given.api.post(f"/api/v1/agents/{agent}", {"name": f"n{number}"})
    return {"agent_id": agent}


def _listed_versions(given: Given) -> Request:
    return Request(path=_versions(given), query=_page(given))


def _of_version(given: Given) -> Request:
    agent = given.agent()
    given.api.post(f"/api/v1/agents/{agent}", {"name": "other"})
    return Request(path={"agent_id": agent, "version": 1})


def _created_run(given: Given) -> Request:
    return Request({"input": given.prompt}, path={"agent_id": given.agent()}, status=201)


def _of_run(**request: Any) -> Callable[[Given], Request]:
    return lambda given: Request(path=given.run(), **request)


def _queued_run(given: Given) -> Request:
    return Request(path=given.run(finished=False))


def _run_of_schedule(given: Given) -> Request:
    path, _ = given.schedule()
    at = f"/api/v1/agents/{path['agent_id']}"
    run = given.api.post(f"{at}/schedules/{path['schedule_id']}/trigger", status=201)
    given.pass_a_moment()
    return Request(path={"agent_id": path["agent_id"], "run_id": run["id"]}, status=201)


def _triggered(given: Given) -> Request:
    return Request({"input": given.prompt}, path=given.schedule()[0], status=201)


def _restored(given: Given) -> Request:
    agent = given.agent()
    given.api.ok("DELETE", f"/api/v1/agents/{agent}")
    return Request(path={"agent_id": agent})


def _paused(given: Given) -> Request:
    path, _ = given.schedule()
    given.post(path, "/pause")
    return Request(path=path)


def _paused_a_minute(given: Given) -> Request:
    """Within half a minute one more message sees to an entry that the pause may still remove."""
    request = _paused(given)
    given.api.world.clock.advance(60)
    return request


def _paused_later(given: Given) -> Request:
    request = _paused(given)
    given.api.world.clock.advance(86_400)
    return request


def _paused_for(seconds: int) -> Callable[[Given], Request]:
    def prepare(given: Given) -> Request:
        path, _ = given.schedule()
        given.api.world.clock.advance(60)
        return Request({"until": stamp(given.api.world.now + seconds)}, path=path)

    return prepare


def _paused_for_a_day(given: Given) -> Request:
    request = _paused_for(86_400)(given)
    given.post(request.path, "/pause", request.body)
    given.api.world.clock.advance(60)
    return Request(path=request.path)


def _created(spec: dict[str, Any], *, named: bool = False, **more: Any) -> Callable[[Given], Request]:
    """`named`: with an idempotency key, another one for each agent."""

    def prepare(given: Given) -> Request:
        agent = given.agent()
        headers = {"Idempotency-Key": agent} if named else {}
        body = {"schedule": spec, "input": given.prompt, **more}
        return Request(body, path={"agent_id": agent}, status=201, headers=headers)

    return prepare


def _repeated(given: Given) -> Request:
    request = _created(HOURLY, named=True)(given)
    agent = request.path["agent_id"]
    given.api.post(f"/api/v1/agents/{agent}/schedules", request.body, status=201, Idempotency_Key=agent)
    return request


def _one_occurrence(given: Given) -> Request:
    path, made = given.schedule()
    given.api.world.clock.advance(3600)
    given.api.fire(made, agent=path["agent_id"])
    given.pass_a_moment()
    return Request(path=path | {"nominal_time": made["next_run_at"]})


def _first(given: Given) -> Request:
    path, made = given.schedule()
    return Request({"scheduled_for": made["next_run_at"]}, path=path)


def _skipped(given: Given) -> Request:
    request = _first(given)
    given.post(request.path, "/skip", request.body)
    return request


def _missed(*, dry_run: bool) -> Callable[[Given], Request]:
    """A page of occurrences that a pause skipped."""

    def prepare(given: Given) -> Request:
        path, made = given.schedule()
        given.post(path, "/pause")
        given.api.world.clock.advance(given.page * 3600)
        given.post(path, "/resume")
        given.api.world.queue.messages.clear()
        until = text_of(given.api.world.clock.moment)
        return Request({"from": made["created_at"], "to": until, "dry_run": dry_run}, path=path)

    return prepare


def _backfilled(given: Given) -> Request:
    request = _missed(dry_run=False)(given)
    given.post(request.path, "/backfill", request.body)
    return Request(path=request.path)


OPERATIONS: dict[str, Callable[[Given], Request]] = {
    "healthz": lambda _: Request(),
    "list_agents": _listed_agents,
    "create_agent": lambda given: Request({"name": "a", "model": "echo", "instructions": given.prompt}, status=201),
    "get_agent": _agent(),
    "update_agent": _agent(body={"name": "other"}),
    "delete_agent": _agent(),
    "restore_agent": _restored,
    "list_agent_versions": _listed_versions,
    "get_agent_version": _of_version,
    "rollback_agent_version": _of_version,
    "list_agent_schedules": _listed_schedules,
    "list_agent_schedules, the next page": _next_page,
    "create_agent_schedule": _created(HOURLY),
    "create_agent_schedule, once": _created({"type": "once", "run_at": "2027-03-02T11:00:00Z"}),
    "create_agent_schedule, every 5 s": _created({"type": "interval", "interval_seconds": 5}),
    "create_agent_schedule, every 581,769 s": _created({"type": "interval", "interval_seconds": 581_769}),
    "create_agent_schedule, first run within 2 minutes": _created(
        {"type": "cron", "cron_expression": "* * * * *", "timezone": "UTC"}
    ),
    "create_agent_schedule, with an idempotency key": _created(HOURLY, named=True),
    "create_agent_schedule, its repeat": _repeated,
    "get_agent_schedule": _schedule(),
    "update_agent_schedule": _schedule(body={"name": "other"}),
    "update_agent_schedule, its timing": _schedule(body={"schedule": HOURLY | {"interval_seconds": 7200}}),
    "update_agent_schedule, nothing new": _schedule(body={"schedule": HOURLY}),
    "delete_agent_schedule": _schedule(),
    "pause_agent_schedule": _schedule(),
    "pause_agent_schedule, paused already": _paused,
    "pause_agent_schedule, for 10 minutes": _paused_for(600),
    "pause_agent_schedule, for a day": _paused_for(86_400),
    "resume_agent_schedule": _paused_a_minute,
    "resume_agent_schedule, a day later": _paused_later,
    "skip_occurrence": _first,
    "unskip_occurrence": _skipped,
    "backfill_agent_schedule": _missed(dry_run=False),
    "backfill_agent_schedule, a dry run": _missed(dry_run=True),
    "stop_backfill": _backfilled,
    "resume_agent_schedule, before the end of its pause": _paused_for_a_day,
    "list_agent_schedule_runs": _listed_runs,
    "list_agent_runs": _listed_runs,
    "create_agent_run": _created_run,
    "get_agent_run": _of_run(),
    "cancel_agent_run": _queued_run,
    "retry_agent_run": _of_run(status=201),
    "retry_agent_run, of a schedule": _run_of_schedule,
    "trigger_agent_schedule": _schedule(status=201),
    "trigger_agent_schedule, with an input": _triggered,
    "stream_agent_run_events": _of_run(),
    **KEYS_AND_JOBS,
    "create_agent_schedule, with a key": _created(HOURLY, key="k"),
    "preview_schedule": lambda _: Request({"schedule": HOURLY}),
    "preview_agent_schedule": _schedule(),
    "list_occurrences": _listed_runs,
    "get_occurrence": _one_occurrence,
    "get_limits": lambda _: Request(),
    "whoami": lambda _: Request(),
    "list_api_keys": lambda _: Request(),
    **SCHEDULE_LISTS,
    "get_limits, of an agent": lambda given: Request(query=f"agent_id={given.agent()}"),
    **RUN_LISTS,
    **WEBHOOKS,
}
"""By operation, and after a comma what is particular."""


def operation_of(name: str) -> str:
    """The operation that a name of `OPERATIONS` is about."""
    return name.partition(",")[0]
