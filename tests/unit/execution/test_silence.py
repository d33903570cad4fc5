"""The dead man's switch at work: found by the sweep, once, at a cost that follows what is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import agents, schedules
from agent_schedules.storage.items import state_item
from agent_schedules.storage.table import Write

from tests.support.fake_table import Meter
from tests.support.fuse import Died, Fuse
from tests.support.publishing import Publisher
from tests.support.triggers import trigger
from tests.support.watched import Watched
from tests.support.world import World

YEARLY = {"type": "interval", "interval_seconds": 365 * 86_400}
ALERT = 3_600


def silent_schedule(world: World, *, seconds: int = ALERT, **body: Any) -> Schedule:
    """A schedule whose own occurrence is far ahead."""
    return world.create(YEARLY, policies={"alert_after_seconds": seconds}, **body)


def run_now(world: World, schedule: Schedule) -> None:
    """A run of it that completes."""
    trigger(world, schedule)
    world.pass_time(10)


def told(watched: Watched) -> list[str]:
    """The events about silence, and about recovery, since the last time."""
    publisher = Publisher(webhooks=False)
    publisher.publish(watched.changes)
    watched.changes.clear()
    return [event.kind for event in publisher.bus.heard if event.kind in {"schedule.silent", "schedule.recovered"}]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_schedule_is_silent_once_and_recovers(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    world.clock.advance(ALERT - 1)
    world.sweep()
    assert told(watched) == []
    world.clock.advance(1)
    for _ in range(3):
        world.sweep()
        world.clock.advance(300)
    run_now(world, schedule)
    assert told(watched) == ["schedule.silent", "schedule.recovered"]
    world.clock.advance(ALERT)
    world.sweep()
    assert told(watched) == ["schedule.silent"]


def test_a_recovery_after_silence_says_so(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    world.clock.advance(ALERT + 300)
    world.sweep()
    noticed = world.clock.moment
    run_now(world, schedule)
    publisher = Publisher(webhooks=False)
    publisher.publish(watched.changes)
    recovered = publisher.bus.heard[-1]
    assert (recovered.kind, recovered.data["after"]) == ("schedule.recovered", "silence")
    assert recovered.data["since"] == noticed.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_silence_says_since_when_and_is_no_change_of_the_schedule(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    run_now(world, schedule)
    (run,) = world.runs(schedule)
    before = world.state(schedule)
    world.clock.advance(ALERT)
    watched.heard.clear()
    assert world.sweep() == 0
    (silent,) = watched.heard
    assert silent.kind == "schedule.silent"
    assert run.completed_at is not None
    assert silent.data["since"] == run.completed_at.isoformat().replace("+00:00", "Z")
    assert silent.data["alert_after_seconds"] == ALERT
    assert silent.data["status"] == "active"
    after = world.state(schedule)
    assert (after.generation, after.next_run_at) == (before.generation, before.next_run_at)
    assert not world.queue.messages


@pytest.mark.parametrize("model", ["fail", "echo"])
def test_only_a_completed_run_is_heard(watched: Watched, model: str) -> None:
    world = watched.world
    schedule = silent_schedule(world, agent=world.agent(model))
    world.clock.advance(ALERT - 60)
    run_now(world, schedule)
    world.clock.advance(60)
    world.sweep()
    assert told(watched) == (["schedule.silent"] if model == "fail" else [])


def test_a_run_from_before_the_policy_is_heard_if_it_is_the_newest(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(YEARLY)
    world.gateway.polls = 5
    trigger(world, schedule)
    world.pass_time(3)
    body = UpdateScheduleBody.model_validate({"policies": {"alert_after_seconds": ALERT}})
    schedules.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)
    world.pass_time(600)
    (run,) = world.runs(schedule)
    assert (run.status, run.watched) == ("completed", False)
    world.clock.advance(ALERT - 590)
    world.sweep()
    assert told(watched) == []
    world.clock.advance(ALERT)
    world.sweep()
    assert told(watched) == ["schedule.silent"]


def test_a_deleted_agents_schedule_is_not_silent_and_not_looked_at_again(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    agents.delete_agent(world.ports, world.call, schedule.key.agent_id)
    world.clock.advance(ALERT)
    world.sweep()
    assert told(watched) == []
    writes = world.table.meter.write_units
    world.clock.advance(300)
    world.sweep()
    assert world.table.meter.write_units - writes <= 1  # the sweep's own note


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_cost_of_a_sweep_follows_what_is_silent(number: int) -> None:
    world = World()
    agent = world.agent()
    schedule = silent_schedule(world, seconds=2 * ALERT, agent=agent)
    for copy in range(number - 1):
        key = replace(schedule.key, schedule_id=f"sched_{copy:026}")
        row = state_item(key, schedule.state)
        world.table.items[str(row["pk"]), str(row["sk"])] = row
    quiet = [silent_schedule(world, agent=agent) for _ in range(3)]
    for _ in range(0, ALERT, 300):
        world.clock.advance(300)
        before = Meter()
        world.table.meter = before
        world.sweep()
    world.table.meter = after = Meter()
    world.sweep()
    assert len(before.calls) - len(after.calls) == 3 * 3  # the row, the row with its agent, and the write
    assert before.write_units - after.write_units == 3 * 3  # it leaves the index for its next look
    assert before.read_units - after.read_units <= 3 * 4
    for schedule in quiet:
        watch = world.state(schedule).watch
        assert watch is not None
        assert watch.silent_at == world.now


def interrupt(world: World, fuse: Fuse) -> None:
    """Let the process die at a write, before or after it."""
    write, tell = world.table.before_write, world.table.after_write

    def before(writes: Sequence[Write]) -> None:
        fuse.burn()
        write(writes)

    def after(writes: Sequence[Write]) -> None:
        tell(writes)
        fuse.burn()

    world.table.before_write, world.table.after_write = before, after


def test_a_crash_between_two_steps_neither_alarms_nor_forgets() -> None:
    for boundary in count(1):
        watched = Watched()
        world = watched.world
        schedule = silent_schedule(world)
        world.clock.advance(ALERT - 60)
        fuse = Fuse()
        trigger(world, schedule)
        interrupt(world, fuse)
        fuse.left = boundary
        for _ in range(90):
            world.clock.advance(1)
            for message in world.queue.take_due():
                try:
                    world.deliver(message)
                except Died:
                    world.clock.advance(70)
                    world.deliver(message)
        died, fuse.left = fuse.left <= 0, float("inf")
        (run,) = world.runs(schedule)
        assert run.status == "completed"
        world.sweep()
        assert told(watched) == []
        world.clock.advance(ALERT)
        world.sweep()
        assert told(watched) == ["schedule.silent"]
        if not died:
            break
    assert boundary > 4


def test_a_state_that_cannot_be_written_delays_no_end_of_a_run(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    world.clock.advance(ALERT - 60)
    trigger(world, schedule)
    before = world.table.before_write

    def refuse(writes: Any) -> None:
        if str(writes[0].item["sk"]).startswith("S#"):
            raise Unavailable("throttled")
        before(writes)

    world.table.before_write = refuse
    world.pass_time(10)
    (run,) = world.runs(schedule)
    assert run.status == "completed"
    world.table.before_write = before
    world.clock.advance(60)
    world.sweep()
    assert told(watched) == []


def test_another_writer_that_comes_first_is_followed(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    before = world.table.before_write
    lost = [True] * 3

    def race(writes: Any) -> None:
        if str(writes[0].item["sk"]).startswith("S#") and len(writes) == 1 and lost:
            lost.pop()
            raise ConditionFailed(0)
        before(writes)

    trigger(world, schedule)
    world.table.before_write = race
    world.pass_time(10)
    watch = world.state(schedule).watch
    assert not lost
    assert watch is not None
    assert watch.since > int(schedule.state.created_at.timestamp())


def test_a_sweep_that_cannot_judge_says_so_and_the_next_one_does(watched: Watched) -> None:
    world = watched.world
    silent_schedule(world)
    world.clock.advance(ALERT)
    before = world.table.before_write

    def refuse(writes: Any) -> None:
        if str(writes[0].item["sk"]).startswith("S#"):
            raise Unavailable("throttled")
        before(writes)

    world.table.before_write = refuse
    world.sweep()
    assert told(watched) == []
    world.table.before_write = before
    world.clock.advance(300)
    world.sweep()
    assert told(watched) == ["schedule.silent"]


def test_a_message_that_comes_twice_notes_a_run_once(watched: Watched) -> None:
    world = watched.world
    schedule = silent_schedule(world)
    run_now(world, schedule)
    (run,) = world.runs(schedule)
    rev = world.state(schedule).rev
    world.deliver(ContinueRun(run.key, None))
    assert world.state(schedule).rev == rev
