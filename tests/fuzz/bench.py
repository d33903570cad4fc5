"""The app on strict fakes, as the generated tests use it: full of resources in every state, the same for each case."""

from __future__ import annotations

import copy
from typing import Any

from agent_schedules.api.app import create_app
from agent_schedules.schemas.bulk import PauseAllBody, ResumeAllBody
from agent_schedules.schemas.requests import AgentFields, CreateRunBody, UpdateAgentBody
from agent_schedules.services import agents, bulk, by_key
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from starlette.types import Message, Receive, Scope, Send

from tests.support.webhooks import furnished_webhooks
from tests.support.world import World

UNKNOWN_ID = "0" * 26
KEY = "known"
bulk.STEPS = 1  # so that also a job of few schedules goes on after its answer


class Crash(Exception):
    """The worker dies."""


class Bench:
    """An ASGI app: the real one, between two looks at what is stored."""

    def __init__(self) -> None:
        self.world = World("2026-01-01T00:00:00Z")
        # No call takes any time, or a slow machine would give other answers to the same case.
        self.app = create_app(self.world.ports, self.world.authenticator, monotonic=lambda: 0.0)
        self.known: dict[str, list[str]] = {}
        """What there is to be found, by the path parameter that names it."""
        self.wrote: list[str] = []
        """What must not have written anything, and did."""
        self._furnish()
        self._saved = self._stored()

    def _furnish(self) -> None:
        world = self.world
        ports, call = world.ports, world.call
        late, gone, live = world.agent(), world.agent(), world.agent()
        agents.delete_agent(ports, call, late.id)
        world.clock.advance(31 * 86_400)  # which is longer than a deleted agent can be restored
        agents.delete_agent(ports, call, gone.id)

        def model(name: str) -> None:
            agents.update_agent(ports, call, live.id, UpdateAgentBody(model=name))

        def run() -> str:
            return run_service.create_run(ports, call, live.id, CreateRunBody(input="x")).run.key.run_id

        world.create({"type": "interval", "interval_seconds": 3600}, agent=live)  # the only one that a job has paused
        jobs = [bulk.pause_all(ports, call, PauseAllBody()).key.job_id]
        world.work()
        every_minute = world.create({"type": "interval", "interval_seconds": 60}, agent=live)
        once = world.create({"type": "once", "run_at": "2026-02-01T00:01:00Z"}, agent=live)
        world.pass_time(70, step=10)
        specs: list[dict[str, Any]] = [
            {"type": "interval", "interval_seconds": 3600},
            {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"},
            {"type": "once", "run_at": "2026-03-01T00:00:00Z"},
        ]
        active = [world.create(spec, agent=live) for spec in specs]
        paused = [world.create(spec, agent=live) for spec in specs]
        for schedule in paused:
            schedule_service.pause_schedule(ports, call, live.id, schedule.key.schedule_id)
        deleted = world.create(specs[0], agent=live)
        schedule_service.delete_schedule(ports, call, live.id, deleted.key.schedule_id)
        completed = [run.key.run_id for run in world.runs(every_minute)]
        model("fail")
        failed = run()
        world.work()
        model("echo")
        cancelled = run()
        run_service.cancel_run(ports, call, live.id, cancelled)
        world.gateway.polls = 1_000_000
        linked = run()
        world.pass_time(10, step=5)
        world.gateway.polls = 0
        submitting = run()
        world.gateway.before = self._crash
        try:
            world.work()
        except Crash:
            world.gateway.before = lambda _: None
        queued = run()
        world.create(specs[0], agent=live, key=KEY)
        by_key.put_agent(ports, call, KEY, AgentFields(name="a", model="echo"))
        jobs += [bulk.pause_all(ports, call, PauseAllBody()).key.job_id for _ in range(2)]
        jobs.append(bulk.resume_all(ports, call, ResumeAllBody()).key.job_id)
        webhooks, deliveries = furnished_webhooks(world)
        # Of all schedules only the first has occurrences that are over, so it is to be met often.
        schedules = [*[every_minute] * 5, once, *active, *paused, deleted]
        self.known = {
            # Most calls are to meet something.
            "agent_id": [live.id] * 12 + [gone.id, gone.id, late.id, f"agt_{UNKNOWN_ID}"],
            "schedule_id": [schedule.key.schedule_id for schedule in schedules] + [f"sched_{UNKNOWN_ID}"],
            "run_id": [queued, linked, queued, linked, submitting, failed, cancelled, *completed, f"run_{UNKNOWN_ID}"],
            "nominal_time": ["2026-02-01T00:01:00Z", "2026-02-01T01:01:00+01:00", "2026-02-01T00:02:00.000Z"] * 2
            + ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
            "key": [KEY] * 4 + ["free-1", "free-2", "free-3"],
            "job_id": [*jobs, *jobs, f"job_{UNKNOWN_ID}"],
            "webhook_id": [*webhooks * 4, f"whk_{UNKNOWN_ID}"],
            "delivery_id": [*deliveries * 2, f"dlv_{UNKNOWN_ID}"],
            "from": ["2026-02-01T00:00:00Z", "2026-01-31T20:00:00", "2026-02-01T05:45:30+05:45"],
            "to": ["2026-02-01T00:00:50Z", "2026-02-01T00:01:01Z"],
        }

    def _crash(self, verb: str) -> None:
        raise Crash

    def _stored(self) -> dict[str, Any]:
        world = self.world
        return {
            "items": dict(world.table.items),
            "entries": dict(world.scheduler.entries),
            "messages": list(world.queue.messages),
            "deliveries": (list(world.deliveries.messages), list(world.redeliveries.messages)),
            "responses": copy.deepcopy(world.gateway.responses),
            "moment": world.clock.moment,
            "counter": world._counter,
        }

    def restore(self) -> None:
        """Everything as it was at the start."""
        world, saved = self.world, self._saved
        world.table.items = dict(saved["items"])
        world.table.meter.calls.clear()
        world.scheduler.entries = dict(saved["entries"])
        world.scheduler.calls.clear()
        world.queue.messages = list(saved["messages"])
        world.deliveries.messages, world.redeliveries.messages = map(list, saved["deliveries"])
        world.gateway.responses = copy.deepcopy(saved["responses"])
        world.gateway.posts.clear()
        world.gateway.retrieved.clear()
        world.clock.moment = saved["moment"]
        world._counter = saved["counter"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. A refusal, and every GET, must leave what is stored as it is."""
        before = self._traces()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self.app(scope, receive, noted)
        if scope["type"] != "http" or self._traces() == before:
            return
        if scope["method"] == "GET" or status in {400, 401, 404, 405, 412}:
            self.wrote.append(f"{scope['method']} {scope['path']}, which answered {status}")

    def _traces(self) -> tuple[Any, ...]:
        world = self.world
        sent = [*world.queue.messages, *world.deliveries.messages, *world.redeliveries.messages]
        return dict(world.table.items), dict(world.scheduler.entries), sent
