"""A backfill makes each missing run once, the oldest first and one at a time, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from agent_schedules.domain.attention import BACKFILL_LOOK
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.policies import NO_POLICIES, DateRange, Overlap, Policies
from agent_schedules.domain.schedules import Backfill, Schedule
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.services import agents
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Put, Write

from tests.support.backfills import HOURLY, backfill, missed
from tests.support.cost_meter import CostMeter
from tests.support.fakes import Delayed
from tests.support.fuse import Died, Fuse
from tests.support.lines import SHORT, STEP, end_at_gateway, open_at_gateway, redefine, with_policies
from tests.support.world import World

HOUR = 3600
SWEEP = 300


@pytest.fixture
def world() -> World:
    return World()


def late(world: World, hours: int = 4, policies: Policies = NO_POLICIES) -> tuple[Schedule, int, int]:
    """A schedule that missed the first of so many hours, and the range of these."""
    schedule = missed(world, hours, policies)
    first = schedule.state.next_run_at
    assert first is not None
    return schedule, first, first + (hours - 1) * HOUR


def made(world: World, schedule: Schedule) -> list[int | None]:
    """The nominal times that a backfill gave a run, in the order in which they got it."""
    runs = [run for run in world.runs(schedule) if run.trigger == "backfill"]
    return [run.scheduled_for for run in sorted(runs, key=lambda run: run.created_at)]


def second(world: World) -> None:
    """A second passes: at most one response is under way."""
    world.clock.advance(1)
    for message in world.queue.take_due():
        try:
            world.deliver(message)
        except Died:
            world.queue.messages.append(Delayed(world.clock.moment + timedelta(seconds=70), message))
    if world.now % SWEEP == 0:
        with suppress(Died):
            world.sweep()
    assert len(open_at_gateway(world)) <= 1


def done(world: World, schedule: Schedule, first: int, end: int) -> None:
    """Hold a backfill that is over to what it was to do."""
    assert made(world, schedule) == list(range(first, end, HOUR))
    runs = world.runs(schedule)
    assert {run.status for run in runs} == {"completed"}
    assert {run.reason for run in runs if run.trigger == "backfill"} == {"late"}
    state = world.state(schedule)
    assert (state.backfill, state.run_count, state.other_runs) == (None, len(runs), (end - first) // HOUR)
    assert not world.records(schedule)
    for run in runs:
        posts = [post for post in world.gateway.posts if post.key == run.key.run_id]
        assert len({json.dumps(post.request) for post in posts}) == 1


# ---------------------------------------------------------------------------------------------------- what may go wrong


def history(left: float) -> float:
    """Live through a crash at that effect. Returns how many more effects there were to die at."""
    world = World()
    world.gateway.polls = 1
    schedule, first, end = late(world)
    fuse = Fuse()
    fuse.wire(world)
    fuse.left = left
    for _ in range(2):
        try:
            backfill(world, schedule, first, end)
            break
        except Died:
            world.clock.advance(5)  # the client sends the call again
    for _ in range(2_000):
        second(world)
    more, fuse.left = fuse.left, float("inf")
    done(world, schedule, first, end)
    return more


@pytest.mark.slow
def test_a_crash_at_any_effect_leaves_one_run_per_time() -> None:
    left = 1
    while history(left) <= 0:
        left += 1
        assert left < 200
    assert left > 40


@pytest.mark.parametrize("left", [1, 2, 3, 4, 5, 6, 7, 8, 21])
def test_a_crash_leaves_one_run_per_time(left: int) -> None:
    assert history(left) <= 0


@pytest.mark.parametrize("after", range(10))
def test_a_purged_queue_is_made_up_for_by_the_reconciler(world: World, after: int) -> None:
    world.gateway.polls = 1
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    for _ in range(after):
        second(world)
    world.queue.messages.clear()
    for _ in range(BACKFILL_LOOK + 2 * SWEEP):
        second(world)
    done(world, schedule, first, end)


@pytest.mark.parametrize("status", ["active", "paused", "completed"])
def test_the_reconciler_finds_it_whatever_the_status(world: World, status: str) -> None:
    schedule, first, end = late(world, policies=Policies(max_runs=1 if status == "completed" else None))
    if status == "paused":
        schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    assert world.state(schedule).status == status
    backfill(world, schedule, first, end)
    world.queue.messages.clear()
    world.clock.advance(BACKFILL_LOOK)
    assert world.sweep() == 1
    world.pass_time(60)
    done(world, schedule, first, end)
    assert world.state(schedule).status == status


def test_a_deleted_agent_ends_it_even_if_messages_are_lost(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    world.queue.messages.clear()
    agents.delete_agent(world.ports, world.call, schedule.key.agent_id)
    world.clock.advance(BACKFILL_LOOK)
    assert world.sweep() == 1
    world.work()
    assert world.state(schedule).backfill is None
    assert made(world, schedule) == []
    world.clock.advance(86_400)
    assert world.sweep() == 0


def test_a_queue_that_refuses_messages_only_delays_it(world: World) -> None:
    schedule, first, end = late(world)

    def refuse(_: object) -> None:
        raise Unavailable("SQS did not answer")

    world.queue.before = refuse
    backfill(world, schedule, first, end)
    assert not world.queue.messages
    world.queue.before = lambda _: None
    for _ in range(BACKFILL_LOOK + 2 * SWEEP):
        second(world)
    done(world, schedule, first, end)


def test_a_dead_letter_of_its_hint_continues_it(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    world.queue.messages.clear()
    reconcile.on_dead_letter(world.ports, json.dumps(Hint(schedule.key, None, advance=True).body()))
    world.pass_time(60)
    done(world, schedule, first, end)


def test_repeated_hints_make_no_second_run(world: World) -> None:
    world.gateway.polls = 1
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    for _ in range(60):
        world.deliver(Hint(schedule.key, None, advance=True))
        second(world)
    done(world, schedule, first, end)


def test_a_lost_race_with_an_occurrence_is_run_again(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    world.clock.advance(HOUR - 5)

    def occur(writes: Sequence[Write]) -> None:
        if any(isinstance(write, Put) and write.item.get("trigger") == "backfill" for write in writes):
            world.table.before_write = lambda _: None
            assert world.hint(schedule, world.now) == "settled"

    world.table.before_write = occur
    world.pass_time(60)
    assert made(world, schedule) == list(range(first, end, HOUR))
    assert world.state(schedule).run_count == len(world.runs(schedule))


def test_times_that_ran_are_passed_over_in_one_step(world: World) -> None:
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    world.pass_time(60)
    state = world.state(schedule)
    again = Backfill(after=first - 1, until=end - 1, look_at=world.now + BACKFILL_LOOK, agent_deletions=0)
    world.ports.store.schedules.save_state(schedule.key, replace(state, backfill=again, rev=state.rev + 1))
    world.table.meter.calls.clear()
    world.deliver(Hint(schedule.key, None, advance=True))
    passed = ["get", "get", "get", "write"]  # schedule; open run and own run; the runs that follow; the shorter stretch
    assert world.table.meter.calls == [*passed, "get", "write"]
    done(world, schedule, first, end)


def test_a_sweep_moves_only_the_look_at_the_backfill(world: World) -> None:
    world.gateway.polls = 10**9
    schedule, first, end = late(world)
    backfill(world, schedule, first, end)
    world.pass_time(5)
    before = world.state(schedule)
    assert before.backfill is not None
    world.clock.advance(before.backfill.look_at - world.now)
    assert world.sweep() >= 1
    after = world.state(schedule)
    assert after.backfill is not None
    assert after.backfill.look_at == world.now + BACKFILL_LOOK
    assert (after.looks, after.look_at, after.entry_stale) == (0, None, False)
    assert world.sweep() == 0


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
    assert cost.write_units == runs * 13
    assert cost.read_units == runs * (12 + look) - 1  # no open run before the first one
