"""A process that dies between any two effects loses nothing and counts nothing twice.

Each effect of the real code (table, EventBridge, queue, gateway) is a place to die, before it happened and after.
Deliveries
are at-least-once, as AWS promises: what was not acknowledged comes again, and what keeps failing becomes a dead letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from agent_schedules.domain.attention import SLACK
from agent_schedules.domain.messages import Hint, Message
from agent_schedules.domain.schedules import Schedule
from agent_schedules.execution import reconcile
from agent_schedules.timing.spec import Interval

from tests.support.fakes import Delayed
from tests.support.fuse import Died, Fuse
from tests.support.world import World

SPECS: dict[str, dict[str, Any]] = {
    "once": {"type": "once", "run_at": "2026-03-02T10:05:00Z"},
    "second-exact": {"type": "interval", "interval_seconds": 5},
    "look-ahead": {"type": "interval", "interval_seconds": 1001},
    "rate": {"type": "interval", "interval_seconds": 3600},
    "cron": {"type": "cron", "cron_expression": "*/5 * * * *", "timezone": "Asia/Kolkata"},
}


def deliver(world: World, message: Message, fuse: Fuse) -> None:
    """A delivery whose process may die; then it comes again after its visibility timeout."""
    try:
        world.deliver(message)
    except Died:
        fuse.left = float("inf")
        again = world.clock.moment + timedelta(seconds=fuse.redelivery)
        world.queue.messages.append(Delayed(again, message))


def work(world: World, fuse: Fuse) -> None:
    """A worker that gives back what it did not finish."""
    for message in world.queue.take_due():
        deliver(world, message, fuse)


def quiet(world: World, schedule: Schedule, fuse: Fuse) -> None:
    """Let everything that is under way end: two minutes of work, then the reconciler."""
    for _ in range(150):
        world.clock.advance(1)
        work(world, fuse)
    assert world.runs(schedule), "the occurrence made no run"


def due_of(schedule: Schedule) -> int:
    """The first nominal time."""
    due = schedule.state.next_run_at
    assert due is not None
    return due


def occurrence(world: World, schedule: Schedule, fuse: Fuse) -> None:
    """From the fire of the first occurrence to the end of its run."""
    due = due_of(schedule)
    world.clock.advance(due - world.now)
    timing = schedule.definition.timing
    if not isinstance(timing, Interval) or timing.seconds == 3600:
        deliver(world, Hint(schedule.key, due), fuse)  # EventBridge's
    quiet(world, schedule, fuse)


def scenario(name: str, *, background: bool, die_at: float, redelivery: int = 70) -> tuple[World, Schedule, Fuse]:
    """One occurrence of a schedule, with the process dying at that boundary."""
    world = World()
    world.gateway.background = background
    world.gateway.polls = 1
    schedule = world.create(SPECS[name])
    if name == "look-ahead":  # its entry has fired and left the delayed message
        world.clock.advance(1001 - 120)
        world.hint(schedule, world.now)
    fuse = Fuse()
    fuse.wire(world)
    fuse.left, fuse.redelivery = die_at, redelivery
    occurrence(world, schedule, fuse)
    return world, schedule, fuse


def boundaries(name: str, *, background: bool) -> int:
    """How many there are from the fire to the end of the first run."""
    return min(scenario(name, background=background, die_at=float("inf"))[2].count, 60)


@pytest.mark.slow
@pytest.mark.parametrize("background", [True, False], ids=["background", "synchronous"])
@pytest.mark.parametrize("redelivery", [20, 70], ids=["while-leased", "lease-over"])
@pytest.mark.parametrize("name", SPECS)
def test_a_crash_anywhere_leaves_one_ended_run_per_time(name: str, redelivery: int, background: bool) -> None:
    count = boundaries(name, background=background)
    assert count >= 6
    for die_at in range(1, count + 1):
        world, schedule, _ = scenario(name, background=background, die_at=die_at, redelivery=redelivery)
        runs = world.runs(schedule)
        state = world.state(schedule)
        message = f"died at boundary {die_at} of {count}"
        settled = [run for run in runs if (run.scheduled_for or 0) <= world.now - 120]
        assert all(run.status == "completed" for run in settled), message
        assert due_of(schedule) == runs[0].scheduled_for, message
        assert state.run_count == len(runs), message
        nominal = [run.scheduled_for for run in runs]
        assert nominal == sorted(set(nominal), key=lambda time: time or 0), message
        assert not world.records(schedule), message
        if name == "once":
            assert state.status == "completed", message
        else:
            assert state.next_run_at is not None, message
            step = {"second-exact": 5, "look-ahead": 1001, "rate": 3600, "cron": 300}[name]
            assert nominal == [due_of(schedule) + step * number for number in range(len(nominal))], message
            assert state.next_run_at == (nominal[-1] or 0) + step, message
        for run in runs:  # whatever was sent twice was sent under the same key
            posts = [post for post in world.gateway.posts if post.key == run.key.run_id]
            assert len({json.dumps(post.request) for post in posts}) <= 1, message


@pytest.mark.parametrize(("seconds", "bucket"), [(60, 900), (600, 3600), (3600, 900)])
def test_the_reconciler_finds_a_schedule_without_entry(seconds: int, bucket: int) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": seconds})
    world.clock.advance(seconds)
    world.hint(schedule, world.now)
    world.pass_time(10)
    world.scheduler.entries.clear()
    due = world.state(schedule).next_run_at
    assert due is not None
    while not world.sweep():
        world.clock.advance(300)
    assert world.now - due <= SLACK + bucket + 300
    world.work()
    assert schedule.key.schedule_id in world.scheduler.entries


@pytest.mark.parametrize("name", ["second-exact", "look-ahead"])
def test_the_reconciler_finds_a_chain_without_message(name: str) -> None:
    world = World()
    schedule = world.create(SPECS[name])
    world.queue.messages.clear()
    world.scheduler.entries.clear()
    world.clock.advance(due_of(schedule) - world.now + 1500)
    assert world.sweep() == 1
    world.work()
    world.pass_time(30)
    state = world.state(schedule)
    assert state.next_run_at is not None
    assert state.next_run_at > world.now - 2
    assert world.runs(schedule)
    assert state.run_count == len(world.runs(schedule))
    covered = sum(int(record["count"]) for record in world.records(schedule)) + state.run_count
    step = SPECS[name]["interval_seconds"]
    assert covered == (state.settled_until - due_of(schedule)) // step + 1
    assert world.queue.messages or world.scheduler.entries


@pytest.mark.parametrize(
    "letter",
    [
        json.dumps,
        lambda event: json.dumps({"version": "1.0", "requestPayload": event, "responsePayload": {}}),
    ],
    ids=["eventbridge", "lambda-on-failure"],
)
def test_a_dead_hint_returns_through_the_dead_letters(letter: Callable[[dict[str, Any]], str]) -> None:
    world = World()
    schedule = world.create(SPECS["rate"])
    world.clock.advance(3600)
    event = {
        "v": 1,
        "owner": schedule.key.owner,
        "agent_id": schedule.key.agent_id,
        "schedule_id": schedule.key.schedule_id,
        "scheduled_time": "2026-03-02T11:00:00Z",
    }
    world.scheduler.entries.clear()
    reconcile.on_dead_letter(world.ports, letter(event))
    world.pass_time(5)
    (run,) = world.runs(schedule)
    assert run.status == "completed"
    assert schedule.key.schedule_id in world.scheduler.entries
