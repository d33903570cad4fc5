"""One deployment with several owners, each of whom has one of everything."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from agent_schedules.api.app import create_app
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.bulk import PauseAllBody
from agent_schedules.schemas.requests import CreateAgentBody, CreateRunBody, CreateScheduleBody, UpdateAgentBody
from agent_schedules.services import agents, bulk, runs
from agent_schedules.services import schedules as schedule_service

from tests.support.client import Client
from tests.support.fake_table import FakeTable
from tests.support.logs import PROMPT
from tests.support.operations import DOCUMENT
from tests.support.webhooks import furnished_webhooks
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
EVERY_MINUTE = {"type": "interval", "interval_seconds": 60}
EVERY_HOUR = {"type": "cron", "cron_expression": "0 * * * *"}
SECRET = f"{PROMPT}, and only its owner may read"
BODIES: dict[str, Any] = {
    "create_agent": {"name": "a", "model": "m"},
    "update_agent": {"name": "changed"},
    "put_agent_by_key": {"name": "a", "model": "m"},
    "change_schedules": {"filter": {}, "action": "pause"},
    "put_agent_schedule_by_key": {"schedule": HOURLY, "input": "x"},
    "create_agent_schedule": {"schedule": HOURLY, "input": "x"},
    "update_agent_schedule": {"name": "changed"},
    "create_agent_run": {"input": "x"},
    "preview_schedule": {"schedule": HOURLY},
    "create_webhook": {"url": "https://example.com/"},
    "update_webhook": {"description": "changed"},
    "skip_occurrence": {"scheduled_for": "2030-03-02T11:00:00Z"},
    "unskip_occurrence": {"scheduled_for": "2026-03-02T11:00:00Z"},
    "backfill_agent_schedule": {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z", "dry_run": False},
}

# Whose a version or a time is, no one can tell from it: it is the id before it that is another's.
OWNED = ("agent_id", "schedule_id", "run_id", "job_id", "webhook_id", "delivery_id")


@dataclass(frozen=True)
class Owner:
    """Somebody, and the headers that say so."""

    caller: Caller
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What each request of theirs carries."""
        user = self.caller.on_behalf_of
        return {"Authorization": f"Bearer {self.secret}"} | ({"X-On-Behalf-Of": user} if user else {})


@dataclass(frozen=True)
class Operation:
    """A route of the app."""

    name: str
    method: str
    path: str

    @property
    def kinds(self) -> list[str]:
        """The ids in its path."""
        return [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]

    @property
    def owned(self) -> list[int]:
        """The places in its path where another owner's id is a 404. A PUT takes any key, as a name for one's own."""
        return [
            place for place, kind in enumerate(self.kinds) if kind in OWNED or (kind == "key" and self.method != "PUT")
        ]

    @property
    def paged(self) -> bool:
        """Whether it takes a cursor."""
        return self.method == "GET" and self.name.startswith("list_")


class Town:
    """One deployment with four owners: two tenants, and the first one's two users. Each has one of everything."""

    def __init__(self) -> None:
        self.world = World()
        self.client = Client(create_app(self.world.ports, self.world.authenticator))
        self.operations = [
            Operation(operation["operationId"], method.upper(), path)
            for path, methods in DOCUMENT["paths"].items()
            if path.startswith("/api/")
            for method, operation in methods.items()
        ]
        keys = {tenant: self.world.keyring.create(tenant, "admin")[1] for tenant in ("acme", "other")}
        callers = [Caller("acme"), Caller("acme", "ada"), Caller("acme", "bob"), Caller("other")]
        self.owners = [Owner(caller, keys[caller.tenant]) for caller in callers]
        self.ids = {owner: self._furnished(owner.caller) for owner in self.owners}
        self.cursors = self._cursors()

    def _furnished(self, caller: Caller) -> dict[str, list[str]]:
        """The ids of somebody's things, by the path parameter that takes them."""
        world, ports, call = self.world, self.world.ports, RequestContext(caller)

        def agent(key: str | None = None) -> str:
            body = CreateAgentBody(name=SECRET, model="echo", instructions=SECRET, key=key)
            return agents.create_agent(ports, call, body).id

        def schedule(spec: dict[str, Any], key: str | None = None) -> str:
            body = CreateScheduleBody.model_validate({"schedule": spec, "input": SECRET, "name": SECRET, "key": key})
            return schedule_service.create_schedule(ports, call, live, body).key.schedule_id

        def run() -> str:
            return runs.create_run(ports, call, live, CreateRunBody(input=SECRET)).run.key.run_id

        key = f"key-of-{caller.on_behalf_of or caller.tenant}"

        def open_job() -> str:
            with patch.object(bulk, "STEPS", 0):
                job = bulk.pause_all(ports, call, PauseAllBody())
            world.queue.messages.clear()
            return job.key.job_id

        live, gone = agent(key), agent()
        agents.update_agent(ports, call, live, UpdateAgentBody(model="m2"))
        agents.delete_agent(ports, call, gone)
        done = run()
        schedules = [schedule(EVERY_MINUTE, key), schedule(EVERY_HOUR), schedule(HOURLY)]
        first = world.clock.moment + timedelta(minutes=1)
        world.pass_time(130, step=10)
        schedule_service.pause_schedule(ports, call, live, schedules[1])
        schedule_service.delete_schedule(ports, call, live, schedules[2])
        world.gateway.polls = 1_000_000
        linked = run()
        world.work()
        world.gateway.polls = 0
        webhooks, deliveries = furnished_webhooks(world, caller, description=SECRET)
        return {
            "agent_id": [live, gone],
            "schedule_id": schedules,
            "run_id": [done, linked, run()],
            "version": ["1", "2"],
            "nominal_time": [first.isoformat()],
            "key": [key],
            "job_id": [open_job()],
            "webhook_id": webhooks,
            "delivery_id": deliveries,
        }

    def _cursors(self) -> dict[Owner, list[str]]:
        """Cursors of everybody's lists."""
        found: dict[Owner, list[str]] = {owner: [] for owner in self.owners}
        for owner, operation in itertools.product(self.owners, self.operations):
            if operation.paged:
                ids = {kind: values[0] for kind, values in self.ids[owner].items()}
                answer = self.ask(owner, operation, ids, query={"limit": "1"})
                found[owner] += [answer.json()["next_cursor"]] if answer.json()["next_cursor"] else []
        return found

    def ask(self, owner: Owner, operation: Operation, ids: dict[str, str], *, query: Any = None, **headers: str) -> Any:
        """A request, done right but for whose ids it names."""
        return self.client.request(
            operation.method,
            operation.path.format(**ids),
            params=query,
            json=BODIES.get(operation.name),
            headers=owner.headers | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def stored(self) -> tuple[Any, ...]:
        """Everything there is, anywhere."""
        world = self.world
        table: FakeTable = world.table
        sent = [len(queue.messages) for queue in (world.queue, world.deliveries, world.redeliveries)]
        return dict(table.items), dict(world.scheduler.entries), sent, len(world.gateway.posts)

    def of(self, owner: Owner) -> dict[Any, Any]:
        """What is stored of somebody; the counter of a tenant is that of all its users."""
        mine = owner.caller.owner
        return {
            at: item
            for at, item in self.world.table.items.items()
            if at[0].split("#")[0] == mine and at != (owner.caller.tenant, "C")
        }
