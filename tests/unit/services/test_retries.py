"""A run again: the same work, through the line of its schedule."""

from __future__ import annotations

import pytest
from agent_schedules.errors import Conflict
from agent_schedules.schemas.requests import UpdateAgentBody, UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service

from tests.support.situations import HOURLY
from tests.support.triggers import LONG, created, retry, stored, trigger, world_of


def test_a_retry_repeats_definition_version_and_input() -> None:
    world = world_of()
    schedule = created(world, HOURLY, timeout_seconds=600)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.pass_time(5)
    (original,) = world.runs(schedule)
    agent_service.update_agent(world.ports, world.call, schedule.key.agent_id, UpdateAgentBody(name="renamed"))
    run = retry(world, original)
    assert (run.trigger, run.retry_of, run.scheduled_for) == ("retry", original.key.run_id, None)
    assert (run.revision, run.agent_version, run.timeout) == (original.revision, original.agent_version, 600)
    world.pass_time(5)
    first, second = world.gateway.posts
    assert first.request == second.request
    assert first.key != second.key


def test_a_run_of_a_deleted_schedule_is_retried() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    original = trigger(world, schedule)
    world.pass_time(5)
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    before = world.state(schedule)
    run = retry(world, original)
    world.pass_time(5)
    assert stored(world, run).status == "completed"
    assert world.state(schedule) == before


def test_a_retry_of_a_retry_finds_the_first_runs_input() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    run = trigger(world, schedule, input="other")
    for _ in range(2):
        world.pass_time(5)
        run = retry(world, run)
    world.pass_time(5)
    view = run_service.get_run(world.ports, world.caller, run.key.agent_id, run.key.run_id)
    assert view.work is not None
    assert view.work.input == "other"
    assert [post.request["input"] for post in world.gateway.posts] == ["other"] * 3


def test_a_retry_obeys_the_overlap_policy() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY)
    original = trigger(world, schedule)
    world.pass_time(LONG)
    body = UpdateScheduleBody.model_validate({"policies": {"overlap": "skip"}})
    schedule_service.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)
    trigger(world, schedule)
    with pytest.raises(Conflict, match="skip"):
        retry(world, original)
