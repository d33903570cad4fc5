"""The runner function as EventBridge invokes it: whatever comes, an occurrence makes one run and is counted once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.domain.schedules import Schedule

from dev.fake_aws.lambda_runtime import Context
from tests.support.world import World

MINUTE = {"type": "interval", "interval_seconds": 60}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    bootstrap.install(bootstrap.Wiring(world.ports, world.authenticator))
    yield world
    bootstrap.forget()


def fire(schedule: Schedule, scheduled: int, *, attempt: int = 1) -> dict[str, Any]:
    """What EventBridge sends for one occurrence."""
    return {
        "v": 1,
        "owner": schedule.key.owner,
        "agent_id": schedule.key.agent_id,
        "schedule_id": schedule.key.schedule_id,
        "scheduled_time": datetime.fromtimestamp(scheduled, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution_id": f"{attempt:016x}",
        "attempt": str(attempt),
    }


def invoke(event: dict[str, Any]) -> str:
    """One invocation of the real handler."""
    from functions.runner.handler import lambda_handler

    answer: dict[str, Any] = lambda_handler(event, Context("runner", 60))
    return str(answer["outcome"])


def counted(world: World, schedule: Schedule) -> list[int]:
    """The nominal times that made a run, after checking that the counter says the same."""
    runs = world.runs(schedule)
    assert world.state(schedule).run_count == len(runs)
    assert len({run.scheduled_for for run in runs}) == len(runs)
    return [run.scheduled_for or 0 for run in runs]


@pytest.mark.parametrize("offsets", list(itertools.permutations([-45, 0, 30])))
def test_early_late_and_repeated_hints_make_one_run(world: World, offsets: tuple[int, ...]) -> None:
    schedule = world.create(MINUTE)
    due = schedule.state.next_run_at
    assert due is not None
    for number, offset in enumerate(sorted(offsets) if offsets[0] < 0 else offsets):
        moment = datetime.fromtimestamp(due + offset, UTC)
        world.clock.moment = max(world.clock.moment, moment)
        invoke(fire(schedule, due, attempt=number + 1))
        world.work()
    world.clock.moment = max(world.clock.moment, datetime.fromtimestamp(due + 31, UTC))
    world.work()
    assert counted(world, schedule) == [due]


def test_an_early_hint_waits_for_its_moment(world: World) -> None:
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(3600 - 50)
    assert invoke(fire(schedule, due)) == "early"
    assert counted(world, schedule) == []
    world.pass_time(51)
    assert counted(world, schedule) == [due]


def test_hints_in_parallel_make_one_run(world: World) -> None:
    schedule = world.create(MINUTE)
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(60)
    together = threading.Barrier(8, timeout=10)
    # All have read the same state before any of them writes.
    once = threading.local()

    def meet(_: object) -> None:
        if not getattr(once, "met", False):
            once.met = True
            together.wait()

    world.table.before_write = meet
    outcomes: list[str] = []
    threads = [threading.Thread(target=lambda: outcomes.append(invoke(fire(schedule, due)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("settled") == 1
    assert counted(world, schedule) == [due]
    assert len(world.gateway.posts) == 1


def test_an_hour_of_shuffled_hints_makes_sixty_runs(world: World) -> None:
    schedule = world.create(MINUTE)
    first = schedule.state.next_run_at
    assert first is not None
    for number in range(60):
        world.clock.moment = datetime.fromtimestamp(first + 60 * number + (number * 7) % 55, UTC)
        for at in (first + 60 * number, first + 60 * max(number - 1, 0), first + 60 * number):
            invoke(fire(schedule, at))
        world.work()
    world.pass_time(5)
    assert counted(world, schedule) == [first + 60 * number for number in range(60)]


def test_a_literal_unsubstituted_time_still_settles_what_is_due(world: World) -> None:
    schedule = world.create(MINUTE)
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(60)
    event = fire(schedule, due) | {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert invoke(event) == "settled"
    world.work()
    assert counted(world, schedule) == [due]


def test_an_event_that_is_no_hint_fails(world: World) -> None:
    with pytest.raises(ValueError, match="schedule_id"):
        invoke({"owner": "local", "agent_id": "a"})
