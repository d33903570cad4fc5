"""A schedule that was down for a month catches up in two transactions, and a caller's change comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Write

from tests.support.cost_meter import CostMeter
from tests.support.questions import asked
from tests.support.world import World

MONTH = 31 * 86_400
EVERY_SECOND = {"type": "interval", "interval_seconds": 1}
KINDS: dict[str, dict[str, Any]] = {
    "every second": EVERY_SECOND,
    "cron": {"type": "cron", "cron_expression": "* * * * * *", "precision": "second", "timezone": "Europe/Berlin"},
}


def counting(world: World) -> list[int]:
    """The sizes of the transactions from here on."""
    sizes: list[int] = []
    world.table.before_write = lambda writes: sizes.append(len(writes))
    return sizes


def down_for_a_month(spec: dict[str, Any]) -> tuple[World, Schedule]:
    """A schedule of which nothing was heard for a month."""
    world = World()
    schedule = world.create(spec)
    world.queue.messages.clear()
    world.scheduler.entries.clear()
    world.clock.advance(MONTH)
    return world, schedule


@pytest.mark.parametrize("kind", KINDS)
def test_a_month_is_caught_up_in_two_transactions(kind: str) -> None:
    world, schedule = down_for_a_month(KINDS[kind])
    sizes = counting(world)
    assert world.hint(schedule) == "settled"
    assert len([size for size in sizes if size > 1]) == 2
    assert len(sizes) <= 3  # the mark of a row that is not armed yet goes by itself
    assert max(sizes) <= 100
    (record,) = world.records(schedule)
    state = world.state(schedule)
    assert (state.settled_until, state.run_count) == (world.now, 122)
    assert record["count"] == MONTH - 122


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_in_the_middle_of_a_catch_up_succeeds_at_once(kind: str) -> None:
    world, schedule = down_for_a_month(KINDS[kind])
    at = schedule.key.agent_id, schedule.key.schedule_id
    commits: list[str] = []

    def caught_up_meanwhile(_: Sequence[Write]) -> None:
        world.table.after_write = lambda _: commits.append("later")
        schedule_service.pause_schedule(world.ports, world.call, *at)

    world.table.after_write = caught_up_meanwhile  # after the first transaction of the catch-up
    assert world.hint(schedule) == "settled"
    assert commits == ["later"]  # the pause; the hint that goes on finds it paused
    assert world.state(schedule).status == "paused"
    late, skipped = sorted(world.records(schedule), key=lambda record: int(record["first"]))
    assert (late["reason"], skipped["reason"]) == ("late", "schedule_paused")
    assert int(late["count"]) + int(skipped["count"]) + world.state(schedule).run_count == MONTH


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_in_the_middle_of_a_catch_up_succeeds(kind: str) -> None:
    world, schedule = down_for_a_month(KINDS[kind])
    at = schedule.key.agent_id, schedule.key.schedule_id
    daily = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 86_400}})
    commits: list[str] = []

    def caught_up_meanwhile(_: Sequence[Write]) -> None:
        world.table.after_write = lambda _: commits.append("later")
        schedule_service.update_schedule(world.ports, world.call, *at, daily)

    world.table.after_write = caught_up_meanwhile  # after the first transaction of the catch-up
    assert world.hint(schedule) == "settled"
    assert commits == ["later"]  # the update; the hint that goes on finds nothing due
    state = world.state(schedule)
    assert (state.status, state.next_run_at) == ("active", world.now + 86_400)
    late, skipped = sorted(world.records(schedule), key=lambda record: int(record["first"]))
    assert (late["reason"], skipped["reason"]) == ("late", "schedule_updated")
    assert int(late["count"]) + int(skipped["count"]) + state.run_count == MONTH


@pytest.mark.parametrize("kind", KINDS)
def test_a_resume_after_a_month_counts_what_fell_into_it(kind: str) -> None:
    world = World()
    schedule = world.create(KINDS[kind])
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.pause_schedule(world.ports, world.call, *at)
    world.clock.advance(MONTH)
    meter = CostMeter(world)
    with asked() as questions:
        schedule_service.resume_schedule(world.ports, world.call, *at)
    (record,) = world.records(schedule)
    assert (record["reason"], record["count"]) == ("paused", MONTH)
    # A read, the commit and the arming, as after a pause of a minute.
    assert (meter.cost.dynamodb, meter.cost.scheduler, meter.cost.sqs) == (2, 0, 1)
    assert questions["next_after"] <= 3 + MONTH.bit_length()  # bisection finds the newest of a cron
