"""What users do: webhooks come, change and go; schedules and runs make events."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhooks import WebhookKey
from agent_schedules.errors import AgentSchedulesError
from agent_schedules.schemas.requests import CreateAgentBody, CreateRunBody, CreateScheduleBody
from agent_schedules.schemas.webhooks import CreateWebhookBody, UpdateWebhookBody
from agent_schedules.services import agents, deliveries, runs, schedules, triggers, webhooks

from tests.faults.notify.core import Simulation
from tests.faults.notify.receivers import MOODS, RARE, Receivers
from tests.support.world import World

OWNERS = (Caller("acme"), Caller("acme", "ann"), Caller("acme", "bob"), Caller("other"))
TYPES = ("run.failed", "run.completed", "run.started", "schedule.paused", "schedule.created", "schedule.recovered",
         "occurrence.skipped", "webhook.disabled")  # fmt: skip


class Users:
    """Takes a step now and then."""

    def __init__(self, sim: Simulation, world: World, receivers: Receivers) -> None:
        self.sim, self.world, self.receivers = sim, world, receivers
        self.webhooks: list[tuple[RequestContext, WebhookKey]] = []
        self.touched: dict[str, list[float]] = {}
        """When each webhook was changed by a caller, or by the service."""
        self.agents: dict[str, list[str]] = {}
        self.schedules: list[tuple[RequestContext, str, str]] = []
        self.tests: set[str] = set()
        self._urls = 0
        for caller in OWNERS:
            call = RequestContext(caller)
            made = [
                agents.create_agent(world.ports, call, CreateAgentBody(name=model, model=model)).id
                for model in ("echo", "fail")
            ]
            self.agents[caller.owner] = made

    def step(self) -> None:
        """Do one thing. A refusal, for example of a test of a disabled webhook, changes nothing."""
        doing: tuple[Callable[[], None], ...] = (
            self._hook, self._hook, self._run, self._run, self._run, self._run, self._schedule, self._pause,
            self._trigger, self._trigger, self._trigger,            self._change, self._test, self._mood, self._mood,
        )  # fmt: skip
        with suppress(AgentSchedulesError):
            self.sim.undisturbed(self.sim.dice.choice(doing))

    def _call(self) -> RequestContext:
        return RequestContext(self.sim.dice.choice(OWNERS))

    def _hook(self) -> None:
        dice, call = self.sim.dice, self._call()
        self._urls += 1
        body: dict[str, Any] = {"url": f"https://r{self._urls}.example.com/"} if dice.random() < 0.9 else {"poll": True}
        if dice.random() < 0.5:
            body["events"] = dice.sample(TYPES, dice.randrange(1, len(TYPES)))
        if dice.random() < 0.2:
            body["agent_id"] = dice.choice(self.agents[call.caller.owner])
        if dice.random() < 0.2:
            body["metadata"] = {"team": dice.choice("ab")}
        if call.caller.on_behalf_of is None and dice.random() < 0.6:
            body["all_users"] = True
        made = webhooks.create_webhook(self.world.ports, call, CreateWebhookBody.model_validate(body))
        self.webhooks.append((call, made.key))
        if made.url is not None:
            self.receivers.moods[made.url] = dice.choice(MOODS)

    def _change(self) -> None:
        if not self.webhooks:
            return
        dice = self.sim.dice
        call, key = dice.choice(self.webhooks)
        what = dice.choice(("rotate", "rotate", "disable", "enable", "enable", "events", "delete"))
        self.touched.setdefault(key.webhook_id, []).append(self.sim.now)
        if what == "rotate":
            webhooks.rotate_webhook(self.world.ports, call, key.webhook_id)
        elif what == "delete":
            webhooks.delete_webhook(self.world.ports, call, key.webhook_id)
        else:
            body = {"events": {"events": dice.sample(TYPES, 4)}, "disable": {"enabled": False}}.get(
                what, {"enabled": True}
            )
            webhooks.update_webhook(self.world.ports, call, key.webhook_id, UpdateWebhookBody.model_validate(body))

    def _test(self) -> None:
        if not self.webhooks:
            return
        call, key = self.sim.dice.choice(self.webhooks)
        if self.sim.dice.random() < 0.5:
            self.tests.add(deliveries.send_test(self.world.ports, call, key.webhook_id).key.delivery_id)
            return
        over = [
            sk.removeprefix("E#")
            for (pk, sk), row in self.world.table.items.items()
            if pk == f"{key.owner}#{key.webhook_id}" and row.get("status") == "dead"
        ]
        if over:
            made = deliveries.replay_delivery(self.world.ports, call, key.webhook_id, self.sim.dice.choice(over))
            self.tests.add(made.key.delivery_id)

    def _run(self) -> None:
        call = self._call()
        agent = self.sim.dice.choice(self.agents[call.caller.owner])
        runs.create_run(self.world.ports, call, agent, CreateRunBody.model_validate({"input": "hello"}))

    def _schedule(self) -> None:
        call = self._call()
        agent = self.sim.dice.choice(self.agents[call.caller.owner])
        body = {
            "schedule": {"type": "interval", "interval_seconds": 900}, "input": "hello",
            "metadata": {"team": self.sim.dice.choice("ab")},
        }  # fmt: skip
        made = schedules.create_schedule(self.world.ports, call, agent, CreateScheduleBody.model_validate(body))
        self.schedules.append((call, agent, made.key.schedule_id))

    def _trigger(self) -> None:
        if self.schedules:
            call, agent, schedule = self.sim.dice.choice(self.schedules)
            triggers.trigger_schedule(self.world.ports, call, agent, schedule, None)

    def _pause(self) -> None:
        if not self.schedules:
            return
        call, agent, schedule = self.sim.dice.choice(self.schedules)
        do = self.sim.dice.choice((schedules.pause_schedule, schedules.resume_schedule, schedules.delete_schedule))
        do(self.world.ports, call, agent, schedule)

    def _mood(self) -> None:
        if self.receivers.moods:
            url = self.sim.dice.choice([*self.receivers.moods])
            moods = MOODS + RARE if self.sim.dice.random() < 0.5 else MOODS
            self.receivers.moods[url] = self.sim.dice.choice(moods)
