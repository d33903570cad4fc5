"""No send begins that has less time than the gateway may take: the run waits for an invocation that has it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.runs import LEASE_MARGIN, Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.execution.settle import on_hint
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service
from agent_schedules.storage.table import Write

from tests.support.world import LEASE, World

SHORT = [0.3, 4, 6.5, 40 + LEASE_MARGIN - 0.1]


def due(world: World) -> Schedule:
    """A schedule whose first occurrence is due."""
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.clock.advance(3600)
    return schedule


def only(runs: Sequence[Run]) -> Run:
    """The one there is."""
    (run,) = runs
    return run


@pytest.mark.parametrize("lease", SHORT)
def test_a_hint_with_little_time_claims_and_hands_over(lease: float) -> None:
    world = World()
    schedule = due(world)
    assert on_hint(world.ports, Hint(schedule.key, world.now), lease=lease) == "settled"
    assert only(world.runs(schedule)).status == "queued"
    assert world.gateway.posts == []
    world.pass_time(5)
    assert only(world.runs(schedule)).status == "completed"
    assert len(world.gateway.posts) == 1


@pytest.mark.parametrize("lease", SHORT)
def test_a_message_with_little_time_leaves_the_run_to_the_next(lease: float) -> None:
    world = World()
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    for _ in range(5):
        (message,) = world.queue.take_due()
        process_run(world.ports, message, lease=lease)  # type: ignore[arg-type]
        world.clock.advance(1)
        assert len(world.queue.messages) == 1
    assert world.gateway.posts == []
    world.pass_time(5)
    found = world.ports.store.runs.get(view.run.key)
    assert found is not None
    assert found.status == "completed"
    assert len(world.gateway.posts) == 1


def test_a_claim_that_took_its_time_leaves_the_run_to_the_next() -> None:
    world = World()
    schedule = due(world)

    def slow(_: Sequence[Write]) -> None:
        world.table.after_write = lambda _: None
        world.clock.advance(LEASE - LEASE_MARGIN - 39)

    world.table.after_write = slow
    world.hint(schedule, world.now)
    assert world.gateway.posts == []
    assert only(world.runs(schedule)).status == "queued"
    world.pass_time(5)
    assert only(world.runs(schedule)).status == "completed"


def test_waiting_for_a_whole_answer_takes_longer() -> None:
    world = World()
    world.gateway.background, world.gateway.patience = False, 600
    schedule = due(world)
    on_hint(world.ports, Hint(schedule.key, world.now), lease=600)
    assert only(world.runs(schedule)).status == "queued"
    (message,) = world.queue.take_due()
    process_run(world.ports, message, lease=895)  # type: ignore[arg-type]
    assert only(world.runs(schedule)).status == "completed"
