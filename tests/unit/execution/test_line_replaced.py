"""A run that a newer one replaces, and the line of a schedule whose policy was another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_schedules.domain.policies import Policies
from agent_schedules.domain.runs import LOOK
from agent_schedules.domain.schedules import Backfill
from agent_schedules.ports import GatewayError
from agent_schedules.storage.table import Write

from tests.support.lines import (
    STEP,
    busy,
    end_at_gateway,
    open_at_gateway,
    pause,
    redefine,
    statuses,
    with_policies,
    world_of,
)
from tests.support.world import World

# ---------------------------------------------------------------------------------------------------- cancel_previous


def test_a_run_that_was_not_sent_is_cancelled_here() -> None:
    world = World()
    world.gateway.before = _busy_gateway
    schedule = busy(world, "cancel_previous", occurrences=3)
    assert statuses(world, schedule)[:2] == ["cancelled", "cancelled"]
    assert not world.gateway.responses
    world.gateway.before = lambda _: None
    world.pass_time(STEP)
    assert len(open_at_gateway(world)) == 1


def _busy_gateway(_: str) -> None:
    raise GatewayError("unavailable", "The gateway answered 503")


def test_a_run_that_is_being_sent_is_left_to_its_first_poll() -> None:
    world = World()
    world.gateway.polls = 10**9
    schedule = with_policies(world, Policies(overlap="cancel_previous"))

    def next_one_comes(_: str) -> None:
        world.gateway.before = lambda _: None
        world.clock.advance(STEP)
        world.hint(schedule, world.now)  # while the first one is being sent
        assert statuses(world, schedule) == ["open", "waiting"]

    world.gateway.before = next_one_comes
    world.clock.advance(STEP)
    world.hint(schedule, world.now)
    world.clock.advance(2)
    world.work()
    assert statuses(world, schedule) == ["cancelled", "open"]
    assert len(open_at_gateway(world)) == 1


def test_a_gateway_that_refuses_the_cancel_is_asked_again() -> None:
    world = World()

    def refuse(verb: str) -> None:
        if verb == "cancel":
            raise GatewayError("unavailable", "The gateway answered 503")

    world.gateway.before = refuse
    schedule = busy(world, "cancel_previous", occurrences=40)
    assert len(world.state(schedule).waiting) == 1  # those before it were replaced, and no list of them grows
    assert statuses(world, schedule) == ["open", *["cancelled"] * 38, "waiting"]
    assert len(world.gateway.posts) == 1
    assert len(world.queue.messages) <= 4
    world.gateway.before = lambda _: None
    world.pass_time(61)
    assert statuses(world, schedule)[0] == "cancelled"
    assert len(open_at_gateway(world)) == 1


def test_a_claim_meanwhile_is_not_overwritten_by_the_cancel() -> None:
    world = World()
    world.gateway.before = _busy_gateway
    schedule = busy(world, "cancel_previous", occurrences=1)
    (first,) = world.runs(schedule)
    assert (first.status, first.gateway_response_id) == ("queued", None)
    world.gateway.before = lambda _: None
    world.queue.messages.clear()
    claims = 0

    def taken(writes: Sequence[Write]) -> None:
        nonlocal claims
        if "'overlap" in str(writes) or '"overlap"' in str(writes):
            claims += 1
            world.table.before_write = lambda _: None
            world.ports.store.runs.save(first.claimed(now=world.clock(), lease=50))

    world.table.before_write = taken
    world.clock.advance(STEP - 5)
    world.hint(schedule, world.now)
    assert claims == 1
    assert statuses(world, schedule) == ["open", "waiting"]


# -------------------------------------------------------------------------------------- where the policy was another


def test_a_line_begins_behind_the_newest_run_of_before() -> None:
    world = World()
    world.gateway.polls = 10**9
    schedule = with_policies(world, Policies())
    world.pass_time(2 * STEP + 5)
    assert len(open_at_gateway(world)) == 2
    redefine(world, schedule, Policies(overlap="queue_one"))
    world.pass_time(STEP)
    assert statuses(world, schedule) == ["open", "open", "waiting"]
    pause(world, schedule)
    end_at_gateway(world, world.runs(schedule)[1])
    world.pass_time(61)  # its end is heard of at once, although it is from before the policy
    assert statuses(world, schedule) == ["open", "completed", "open"]


def test_a_line_of_before_does_not_hide_the_newest_run() -> None:
    world, schedule = world_of("skip", occurrences=1)
    end_at_gateway(world, world.runs(schedule)[0])
    redefine(world, schedule, Policies())
    world.pass_time(STEP + 30)
    assert statuses(world, schedule) == ["completed", "open"]
    redefine(world, schedule, Policies(overlap="skip"))
    world.pass_time(STEP)
    assert statuses(world, schedule) == ["completed", "open"]
    assert world.records(schedule)[0]["run_id"] == world.runs(schedule)[1].key.run_id


def test_cancel_previous_cancels_a_run_of_another_policy() -> None:
    world, schedule = world_of("queue_one", occurrences=1)
    redefine(world, schedule, Policies(overlap="cancel_previous"))
    world.pass_time(STEP)
    assert statuses(world, schedule) == ["cancelled", "open"]


def test_a_policy_that_no_longer_cancels_lets_the_run_end() -> None:
    world, schedule = world_of("cancel_previous", occurrences=1)
    redefine(world, schedule, Policies(overlap="queue_all"))
    world.pass_time(2 * STEP)
    assert statuses(world, schedule) == ["open", "waiting", "waiting"]


def test_a_backfill_cancels_no_open_run() -> None:
    world, schedule = world_of("cancel_previous", occurrences=1)
    pause(world, schedule)
    state = world.state(schedule)
    under_way = Backfill(after=0, until=0, look_at=world.now + LOOK, agent_deletions=0)
    world.ports.store.schedules.save_state(schedule.key, replace(state, backfill=under_way, rev=state.rev + 1))
    world.pass_time(120)
    assert statuses(world, schedule) == ["open"]
