"""The real use cases on strict fakes, with the few moves that tests of behaviour need."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.api_keys import digest_of
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.messages import ContinueJob, Hint, Message
from agent_schedules.domain.paging import Cursors
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, Schedule, State
from agent_schedules.execution import reconcile
from agent_schedules.execution.outcomes import HintOutcome
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import Limits, Ports
from agent_schedules.schemas.requests import CreateAgentBody, CreateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services.api_keys import Keyring
from agent_schedules.services.jobs import continue_job
from agent_schedules.storage.items import run_of, state_of
from agent_schedules.storage.keys import api_key_item_key
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Item

from tests.support.delivery_queue import FakeDeliveryQueue, fake_webhooks
from tests.support.fake_table import FakeTable
from tests.support.fakes import FakeClock, FakeGateway, FakeQueue, FakeScheduler
from tests.support.logs import PROMPT

LEASE = 60.0
LOCAL_KEYS = {"local": "local", "local-2": "local-2"}
EVENTS_KEY = "agsched_" + "0" * 30 + "2C8GjS"
"""The key in the event files, which the deployed functions take for one."""


class World:
    """One deployment in memory, with the tenants and keys of the local stack."""

    def __init__(self, start: str = "2026-03-02T10:00:00Z", *, limits: Limits | None = None) -> None:
        self.clock = FakeClock(start)
        self.table = FakeTable()
        self.scheduler = FakeScheduler(self.clock)
        self.queue = FakeQueue(self.clock)
        self.gateway = FakeGateway()
        self.deliveries = FakeDeliveryQueue(self.clock)
        self.redeliveries = FakeDeliveryQueue(self.clock)
        self._counter = 0
        self.left: Callable[[], float] = lambda: LEASE
        """The seconds that the worker's invocation still has, as far as a job knows."""
        self.pauses: list[float] = []
        """What the code would have waited for, in seconds."""
        self.ports = Ports(
            store=Store(self.table),
            scheduler=self.scheduler,
            queue=self.queue,
            gateway=self.gateway,
            now=self.clock,
            pause=self._pause,
            entropy=self._entropy,
            cursors=Cursors(lambda: b"secret"),
            limits=limits or Limits(),
            webhooks=fake_webhooks(self.deliveries, self.redeliveries),
        )
        self.authenticator = Authenticator(self.ports.store.keys.find, now=self.clock, also=LOCAL_KEYS)
        # Keys differ between worlds: `Api` shares an app, which remembers the keys that it looked up.
        self.keyring = Keyring(self.ports.store.keys, self.clock, secrets.token_bytes)
        self.caller = Caller("local")
        for key, tenant in (LOCAL_KEYS | {EVENTS_KEY: "local"}).items():
            at = api_key_item_key(digest_of(key))
            self.table.items[at.pk, at.sk] = {"pk": at.pk, "sk": at.sk, "v": 1, "tenant": tenant}

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    def _entropy(self, count: int) -> bytes:
        self._counter += 1
        return self._counter.to_bytes(count, "big")

    @property
    def call(self) -> RequestContext:
        """A call of the world's caller, without an idempotency key and in no hurry."""
        return RequestContext(self.caller)

    def agent(self, model: str = "echo") -> Agent:
        """A new agent."""
        return agent_service.create_agent(self.ports, self.call, CreateAgentBody(name="a", model=model))

    def create(self, spec: dict[str, Any], *, agent: Agent | None = None, **body: Any) -> Schedule:
        """A new schedule of a new agent."""
        agent = agent or self.agent()
        request = CreateScheduleBody.model_validate({"schedule": spec, "input": PROMPT, **body})
        return schedule_service.create_schedule(self.ports, self.call, agent.id, request)

    def hint(self, schedule: Schedule, at: int | None = None, *, repair: bool = False) -> HintOutcome:
        """Deliver a hint, as the runner or the worker would."""
        return on_hint(self.ports, Hint(schedule.key, at, repair), lease=LEASE)

    def deliver(self, message: Message) -> str:
        """Deliver a message of the delay queue."""
        if isinstance(message, Hint):
            return on_hint(self.ports, message, lease=LEASE)
        if isinstance(message, ContinueJob):
            continue_job(self.ports, message.key, left=self.left)
            return "stepped"
        return process_run(self.ports, message, lease=LEASE)

    def work(self) -> int:
        """Deliver everything that is due on the queue, and what comes of it; how much that was."""
        done = 0
        while messages := self.queue.take_due():
            for message in messages:
                self.deliver(message)
                done += 1
        return done

    def pass_time(self, seconds: int, *, step: int = 1) -> None:
        """Let time pass with a worker running."""
        steps = len(range(0, seconds, step))
        while steps > 0:
            waits = min((delayed.due for delayed in self.queue.messages), default=datetime.max.replace(tzinfo=UTC))
            still = -(-(waits - self.clock.moment) // timedelta(seconds=step))  # without anything that is due
            passed = min(max(still, 1), steps)
            self.clock.advance(passed * step)
            self.work()
            steps -= passed

    def sweep(self) -> int:
        """A pass of the reconciler."""
        return reconcile.sweep(self.ports)

    @property
    def now(self) -> int:
        """The present in whole seconds."""
        return int(self.clock.moment.timestamp())

    def state(self, schedule: Schedule) -> State:
        """The stored state, deleted or not."""
        item = self._row(schedule.key, "S#") or self._row(schedule.key, "XS#")
        assert item is not None
        return state_of(item)

    def _row(self, key: Key, prefix: str) -> Item | None:
        return self.table.items.get((f"{key.owner}#{key.agent_id}", f"{prefix}{key.schedule_id}#s"))

    def runs(self, schedule: Schedule) -> list[Run]:
        """The stored runs of a schedule, by nominal time."""
        key = schedule.key
        found = [
            run_of(key.owner, key.agent_id, item)
            for (_, sk), item in sorted(self.table.items.items())
            if sk.startswith("R#") and item.get("schedule_id") == key.schedule_id
        ]
        return sorted(found, key=lambda run: run.scheduled_for or 0)

    def records(self, schedule: Schedule) -> list[Item]:
        """The stored records of occurrences that made no run."""
        prefix = f"O#{schedule.key.schedule_id}#"
        return [item for (_, sk), item in sorted(self.table.items.items()) if sk.startswith(prefix)]

    def with_limits(self, **limits: Any) -> None:
        """Change the deployment's parameters."""
        self.ports = replace(self.ports, limits=replace(self.ports.limits, **limits))
