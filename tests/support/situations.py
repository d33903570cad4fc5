"""Situations that the metrics show: each leads to one outcome of a hint, an occurrence, a run or a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import pytest
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.api.app import create_app
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.policies import DateRange, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.occurrences import SkipBody
from agent_schedules.schemas.requests import CreateRunBody, UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services import skips as skip_service

from tests.support.backfills import backfill, missed
from tests.support.client import Client
from tests.support.lines import with_policies
from tests.support.times import text_of
from tests.support.upstream import Pool
from tests.support.world import LEASE, World

HOURLY = {"type": "interval", "interval_seconds": 3600}
MINUTE = {"type": "interval", "interval_seconds": 60}


def due(world: World, *, model: str = "echo", hours: int = 1) -> Schedule:
    """An hourly schedule with that many occurrences behind it."""
    schedule = world.create(HOURLY, agent=world.agent(model))
    world.queue.messages.clear()
    world.clock.advance(3600 * hours)
    return schedule


def settled(world: World, *, model: str = "echo") -> Schedule:
    """One whose hint has come."""
    schedule = due(world, model=model)
    world.hint(schedule, world.now)
    return schedule


def ended(world: World, *, model: str = "echo") -> None:
    """A run that is over."""
    settled(world, model=model)
    world.pass_time(3)


def paused(world: World, schedule: Schedule) -> None:
    schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def resumed(world: World, schedule: Schedule) -> None:
    schedule_service.resume_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def deleted(world: World, schedule: Schedule) -> None:
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def updated(world: World, schedule: Schedule) -> None:
    body = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 60}})
    schedule_service.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)


def claimed_and_died(world: World) -> Schedule:
    """One whose runner died between its claim and the gateway."""

    def die(_: str) -> None:
        raise RuntimeError

    schedule = due(world)
    world.gateway.before = die
    with pytest.raises(RuntimeError):
        world.hint(schedule, world.now)
    world.gateway.before = lambda _: None
    return schedule


def continued(world: World) -> None:
    schedule = claimed_and_died(world)
    world.clock.advance(LEASE + 1)
    world.hint(schedule, world.now - int(LEASE) - 1)


def held(world: World) -> None:
    schedule = claimed_and_died(world)
    world.hint(schedule, world.now)


def of_a_deleted_agent(world: World) -> Schedule:
    schedule = due(world)
    agent_service.delete_agent(world.ports, world.call, schedule.key.agent_id)
    return schedule


def skipped_with_its_agent(world: World) -> None:
    schedule = of_a_deleted_agent(world)
    agent_service.restore_agent(world.ports, world.call, schedule.key.agent_id)
    resumed(world, schedule)


def excluded_today(world: World) -> None:
    today = DateRange.parse(str(world.clock.moment.date()))
    schedule = with_policies(world, Policies(exclude=(today,)), HOURLY)
    world.clock.advance(14 * 3600)
    world.hint(schedule, world.now)


def skipped_by_a_caller(world: World) -> None:
    schedule = world.create(HOURLY)
    at = (schedule.key.agent_id, schedule.key.schedule_id)
    body = SkipBody(scheduled_for=text_of(world.now + 3600))
    skip_service.skip_occurrence(world.ports, world.call, *at, body)
    world.clock.advance(7200)
    world.hint(schedule, world.now)


def backfilled(world: World) -> None:
    """Three occurrences that were missed have run."""
    schedule = missed(world, 4)
    backfill(world, schedule, world.now - 4 * 3600, world.now - 3600)
    world.pass_time(30)


def resumed_after_an_hour(world: World) -> None:
    schedule = world.create(HOURLY)
    paused(world, schedule)
    world.clock.advance(3600)
    resumed(world, schedule)


def run_of(world: World, agent: Agent | None = None) -> str:
    agent = agent or world.agent()
    view = runs.create_run(world.ports, world.call, agent.id, CreateRunBody(input="x"))
    return view.run.key.run_id


def cancelled(world: World) -> None:
    agent = world.agent()
    runs.cancel_run(world.ports, world.call, agent.id, run_of(world, agent))


def incomplete(world: World) -> None:
    settled(world)
    for response in world.gateway.responses.values():
        response["final"] = "incomplete"
    world.pass_time(3)


def unreachable(world: World) -> None:
    def down(_: str) -> None:
        raise GatewayError("unavailable", "down")

    world.gateway.before = down
    settled(world)


def put_off(world: World) -> None:
    unreachable(world)
    assert world.queue.messages


def unreachable_for_good(world: World) -> None:
    world.with_limits(run_timeout=60)
    unreachable(world)
    world.pass_time(60)


def unanswered(world: World) -> None:
    def slow(_: str) -> None:
        raise GatewayError("timed_out", "slow", waited=world.gateway.patience)

    world.gateway.before = slow
    settled(world)


def archived(world: World) -> None:
    settled(world)

    def strange(_: str) -> None:
        raise GatewayError("strange", "its status is 'archived'")

    world.gateway.before = strange
    world.pass_time(600)


def without_reason(world: World) -> None:
    settled(world)
    world.gateway.responses.update(
        {name: {**found, "final": "failed"} for name, found in world.gateway.responses.items()}
    )
    answer = world.gateway.retrieve
    world.gateway.retrieve = lambda *args, **named: {**answer(*args, **named), "error": None}  # type: ignore[method-assign]
    world.pass_time(3)


def too_slow(world: World) -> None:
    world.with_limits(run_timeout=60)
    world.gateway.polls = 1000
    settled(world)
    world.pass_time(120)


def agent_gone_before_the_start(world: World) -> None:
    agent = world.agent()
    run_of(world, agent)
    agent_service.delete_agent(world.ports, world.call, agent.id)
    world.work()


def definition_gone(world: World) -> None:
    run_of(world)
    for key in [key for key in world.table.items if "#V#" in f"#{key[1]}" or key[1].startswith("D#")]:
        del world.table.items[key]
    world.work()


def not_written(world: World) -> None:
    def down(_verb: str, _name: str) -> None:
        raise Unavailable("EventBridge is down")

    world.scheduler.before = down
    world.create(HOURLY)


def requeued(world: World) -> None:
    run_of(world)
    world.queue.messages.clear()
    world.clock.advance(1800)
    world.sweep()


def dead(letter: dict[str, Any]) -> Callable[[World], None]:
    def provoke(world: World) -> None:
        reconcile.on_dead_letter(world.ports, json.dumps(letter))

    return provoke


def unreadable(world: World) -> None:
    with pytest.raises(ValueError, match="kind"):
        reconcile.on_dead_letter(world.ports, '{"kind": "no such kind"}')


def asked(answer: httpx.Response) -> Callable[[World], None]:
    """The gateway's adapter gets that answer."""

    def provoke(_: World) -> None:
        gateway = ResponsesGateway(
            "https://gateway.test/v1",
            api_key=lambda: None,
            background=True,
            pool=Pool(lambda _: answer),
            monotonic=count(0, 0.25).__next__,  # a quarter of a second from look to look
        )
        try:
            gateway.retrieve("resp_1", on_behalf_of=None, seconds=5)
        except GatewayError:
            pass
        finally:
            gateway.close()

    return provoke


def requested(path: str, key: str = "local", *, down: type[Exception] | None = None) -> Callable[[World], None]:
    def provoke(world: World) -> None:
        def fail(*_: object) -> None:
            if down is not None:
                raise down("down")

        client = Client(create_app(world.ports, world.authenticator))
        client.get("/api/v1/agents", headers={"Authorization": "Bearer local"})
        world.table.before_read = fail
        client.get(path, headers={"Authorization": f"Bearer {key}"})

    return provoke
