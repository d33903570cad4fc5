"""Which rows are in the lists of their owner, the index `listed`, and at which place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from agent_schedules.domain.policies import Policies
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage import keys

from tests.support.backfills import HOUR, HOURLY, backfill, late
from tests.support.lines import LONG, STEP, with_policies
from tests.support.world import World


def listed(world: World, name: str, *, owner: str = "local") -> list[str]:
    """The places in a list of an owner's, in order."""
    page = world.table.query_index(
        keys.LISTED, {"listed_in": f"{owner}#{name}"}, bound=None, limit=100, newest_first=False
    )
    assert not page.more
    return [str(item["listed_at"]) for item in page.items]


def lists(world: World) -> set[str]:
    """The lists that have any row."""
    return {str(item["listed_in"]) for item in world.table.items.values() if "listed_in" in item}


def changes(world: World, schedule: Schedule) -> list[Callable[[], Any]]:
    """What callers do to a schedule that stays."""
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    return [
        lambda: schedule_service.update_schedule(*at, UpdateScheduleBody(name="n")),
        lambda: schedule_service.pause_schedule(*at),
        lambda: schedule_service.resume_schedule(*at),
        lambda: agent_service.delete_agent(world.ports, world.call, schedule.key.agent_id),
        lambda: agent_service.restore_agent(world.ports, world.call, schedule.key.agent_id),
    ]


def test_a_schedule_is_listed_until_it_is_deleted(world: World) -> None:
    first, second = world.create(HOURLY), world.create(HOURLY)
    both = [first.key.schedule_id, second.key.schedule_id]
    assert listed(world, "schedules") == both
    for change in changes(world, first):
        change()
        assert listed(world, "schedules") == both
    world.clock.advance(HOUR)
    world.hint(first, world.now)
    assert listed(world, "schedules") == both  # its older definition is none of the list
    schedule_service.delete_schedule(world.ports, world.call, first.key.agent_id, first.key.schedule_id)
    assert listed(world, "schedules") == both[1:]


def test_a_completed_run_is_in_no_list(world: World) -> None:
    schedule = world.create(HOURLY)
    world.clock.advance(HOUR)
    world.hint(schedule, world.now)
    world.pass_time(10)
    assert [run.status for run in world.runs(schedule)] == ["completed"]
    assert lists(world) == {"local#schedules"}


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
def test_a_run_is_listed_once_it_ends_as_a_problem(world: World, status: str) -> None:
    world.gateway.polls = LONG
    schedule = world.create(HOURLY)
    world.clock.advance(HOUR)
    world.hint(schedule, world.now)
    world.pass_time(5)
    assert listed(world, status) == []
    (run,) = world.runs(schedule)
    world.gateway.responses[str(run.gateway_response_id)] |= {"final": status, "left": 0}
    world.pass_time(3600)
    (run,) = world.runs(schedule)
    assert (run.status, listed(world, status)) == (status, [run.key.run_id])
    assert lists(world) == {"local#schedules", f"local#{status}"}


def test_a_record_is_listed_by_outcome_and_time(world: World) -> None:
    schedule, _, end = late(world)
    assert listed(world, "missed") == [f"{end - HOUR:012d}#{schedule.key.schedule_id}"]
    world.gateway.polls = LONG
    skipping = with_policies(world, Policies(overlap="skip"))
    world.pass_time(2 * STEP + 5)
    (record,) = world.records(skipping)
    assert listed(world, "skipped") == [f"{int(record['last']):012d}#{skipping.key.schedule_id}"]


def test_the_list_follows_what_a_backfill_leaves(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first + HOUR, first + 2 * HOUR)  # one from the middle
    world.pass_time(30)
    left = [first, first + 2 * HOUR]
    assert [record["first"] for record in world.records(schedule)] == left
    assert listed(world, "missed") == [f"{at:012d}#{schedule.key.schedule_id}" for at in left]
    backfill(world, schedule, first, end)
    world.pass_time(60)
    assert listed(world, "missed") == []


def test_the_lists_of_two_owners_are_apart(world: World) -> None:
    key = Key("acme:0f", "agt_1", "sched_1")
    assert keys.listed_schedule(key) == {"listed_in": "acme:0f#schedules", "listed_at": "sched_1"}
    world.create(HOURLY)
    assert listed(world, "schedules", owner="acme:0f") == []
