"""A backfill makes each missing run once, the oldest first and one at a time, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from agent_schedules.domain.attention import BACKFILL_LOOK
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.policies import Policies
from agent_schedules.domain.schedules import Backfill
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.services import agents
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Put, Write

from tests.support.backfills import HOUR, SWEEP, backfill, done, late, made, second
from tests.support.fuse import Died, Fuse
from tests.support.world import World

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
