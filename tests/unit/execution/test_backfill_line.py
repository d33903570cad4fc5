"""A backfill next to the schedule's own occurrences, and what it costs."""

from __future__ import annotations

import pytest
from agent_schedules.domain.policies import DateRange, Overlap, Policies
from agent_schedules.services import schedules as schedule_service

from tests.support.backfills import HOUR, HOURLY, backfill, done, late, made, second
from tests.support.cost_meter import CostMeter
from tests.support.lines import SHORT, STEP, end_at_gateway, open_at_gateway, redefine, with_policies
from tests.support.world import World

# --------------------------------------------------------------------------------------------------- and the schedule


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "cancel_previous"])
def test_backfill_and_schedule_are_one_line(world: World, overlap: Overlap) -> None:
    schedule = with_policies(world, Policies(overlap=overlap), SHORT)
    world.clock.advance(HOUR)
    world.hint(schedule, world.now)
    world.pass_time(20)
    plan = backfill(world, schedule, world.now - HOUR, world.now - HOUR + 10 * STEP)
    assert len(plan.missing) >= 9
    world.gateway.polls = 10**9
    for passed in range(900):
        second(world)
        if passed % 30 == 0:
            for run in world.runs(schedule):
                if run.gateway_response_id and not run.terminal:
                    end_at_gateway(world, run)
    times = [missing.nominal for missing in plan.missing]
    found = made(world, schedule)
    assert found == times[: len(found)]
    assert world.state(schedule).run_count == len(world.runs(schedule))
    later = [run for run in world.runs(schedule) if (run.scheduled_for or 0) > world.now - 800]
    assert len(later) > 4  # the schedule goes on meanwhile
    assert found or overlap == "queue_all"  # runs that wait come first, and one more always waits


def test_runs_that_wait_come_before_the_backfill(world: World) -> None:
    schedule = with_policies(world, Policies(overlap="queue_all"), SHORT)
    world.clock.advance(HOUR)
    world.gateway.polls = 10**9
    world.hint(schedule, world.now)
    world.pass_time(2 * STEP)
    waiting = len(world.state(schedule).waiting)
    assert waiting >= 2
    plan = backfill(world, schedule, world.now - HOUR, world.now - HOUR + 2 * STEP)
    schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    while not made(world, schedule):
        second(world)
        for run in world.runs(schedule):
            if run.gateway_response_id and not run.terminal:
                end_at_gateway(world, run)
    assert not world.state(schedule).waiting
    assert made(world, schedule) == [plan.missing[0].nominal]


def test_with_allow_the_schedule_does_not_wait_for_it(world: World) -> None:
    world.gateway.polls = 10**9
    schedule, first, end = late(world)
    end_at_gateway(world, world.runs(schedule)[-1])
    world.pass_time(60)
    backfill(world, schedule, first, end)
    world.pass_time(5)
    world.clock.advance(HOUR - 70)
    world.hint(schedule, world.now)
    world.pass_time(5)
    assert len(open_at_gateway(world)) == 2
    assert made(world, schedule) == [first]


def test_its_runs_do_not_count_towards_max_runs(world: World) -> None:
    schedule = with_policies(world, Policies(max_runs=2), HOURLY)
    world.clock.advance(4 * HOUR + 10)
    world.hint(schedule, world.now)
    world.pass_time(5)
    assert world.state(schedule).status == "active"
    first = world.now // HOUR * HOUR - 3 * HOUR
    backfill(world, schedule, first, first + 3 * HOUR)
    world.pass_time(60)
    assert len(made(world, schedule)) == 3
    world.clock.advance(HOUR)
    world.hint(schedule, world.now)
    world.pass_time(5)
    assert world.state(schedule).status == "completed"
    assert [run.trigger for run in world.runs(schedule)].count("schedule") == 2


def test_excluded_and_skipped_times_get_runs_too(world: World) -> None:
    day = world.clock.moment.date()
    schedule = with_policies(world, Policies(exclude=(DateRange(day, day),)), HOURLY)
    world.clock.advance(15 * HOUR)
    world.hint(schedule, world.now)
    world.pass_time(5)
    (record,) = world.records(schedule)
    assert record["reason"] == "excluded"
    first = int(record["first"])
    plan = backfill(world, schedule, first, first + 2 * HOUR)
    assert {missing.reason for missing in plan.missing} == {"excluded"}
    world.pass_time(30)
    (rest,) = world.records(schedule)
    assert (rest["first"], rest["count"]) == (first + 2 * HOUR, int(record["count"]) - 2)


def test_another_exclusion_ends_it(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    redefine(world, schedule, Policies(exclude=(DateRange.parse("2026-12-24"),)))
    assert world.state(schedule).backfill is None


# --------------------------------------------------------------------------------------------------------- its costs


@pytest.mark.parametrize("background", [False, True], ids=["synchronous", "background"])
@pytest.mark.parametrize("runs", [1, 3])
def test_a_backfilled_run_costs_what_it_says_here(world: World, runs: int, *, background: bool) -> None:
    world.gateway.background = background
    schedule, first, end = late(world, runs + 1)
    backfill(world, schedule, first, end)
    meter = CostMeter(world)
    world.pass_time(10)
    done(world, schedule, first, end)
    cost, look = meter.cost, int(background)
    # The hint: schedule; open run and own run; record; commit; message. The run: row, claim, task; end, line; message.
    assert cost.dynamodb == runs * (4 + 5 + look)
    assert cost.sqs == runs * (2 + look) - 1  # no hint after the last one
    assert cost.scheduler == 0
    assert cost.events == runs * 2
    assert cost.gateway == runs * (1 + look)
    # The record of a time comes out of its list, and the record that is left of it goes in, except after the last.
    assert cost.write_units == runs * (13 + 2) - 1
    assert cost.read_units == runs * (12 + look) - 1  # no open run before the first one
