"""One claimer wins, and a second copy of a message continues when the first one crashes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_schedules.execution.run_lifecycle import take_over
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service
from agent_schedules.storage.store import Store

from dev.fake_aws.dynamodb import LocalDynamoDB
from dev.template import table_definition
from tests.support.local import table_of
from tests.support.races import before_the_next_write, dies_in_the_gateway, held
from tests.support.world import LEASE, World


def test_a_second_copy_continues_when_the_first_crashes() -> None:
    world = World()
    schedule, message = held(world)
    world.clock.advance(LEASE + 1)
    message = replace(message, response_id=None)
    dies_in_the_gateway(world, message)
    assert world.deliver(message) == "held"  # and is acknowledged, which removes both copies
    world.pass_time(70)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


def test_a_second_copy_continues_after_a_faster_one_crashed() -> None:
    world = World()
    schedule, message = held(world)
    world.clock.advance(LEASE + 1)
    stale = replace(message, rev=0, response_id=None)
    before_the_next_write(world, lambda: dies_in_the_gateway(world, stale))
    assert world.deliver(stale) == "superseded"
    world.pass_time(70)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


@pytest.mark.parametrize("at", ["fake", "local stack"])
def test_of_two_claimers_in_one_millisecond_one_posts(at: str) -> None:
    world = World()
    if at == "local stack":
        world.ports = replace(world.ports, store=Store(table_of(LocalDynamoDB(table_definition(), lambda _: None))))
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    twins = [take_over(world.ports, view.run, lease=LEASE) for _ in range(2)]  # from the row as both have read it
    assert twins == ["started", "superseded"]
    assert len(world.gateway.posts) == 1
