"""A call that starts a run and dies between any two effects leaves one run, once its client repeats it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from agent_schedules.domain.policies import Overlap
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule

from tests.support.fuse import Died, Fuse
from tests.support.situations import HOURLY
from tests.support.triggers import created, retry, trigger, world_of
from tests.support.world import World

KEY = IdempotencyKey("k" * 64, "f" * 64)


def story(what: str, policy: Overlap, die_at: float) -> tuple[World, Schedule, int]:
    """A call that dies at that boundary, its repeat, and what comes of it; and how many boundaries the call has."""
    world = world_of(polls=1)
    schedule = created(world, HOURLY, overlap=policy)
    original = trigger(world, schedule)
    world.pass_time(10)
    trigger(world, schedule)  # it is open, so that the policy matters
    call = RequestContext(world.caller, idempotency_key=KEY)

    def ask() -> Run:
        if what == "retry":
            return retry(world, original, call)
        return trigger(world, schedule, call, **({"input": "other"} if what == "trigger with input" else {}))

    fuse = Fuse()
    fuse.wire(world)
    fuse.left = die_at
    first = None
    with suppress(Died):
        first = ask()
    count, fuse.left = fuse.count, float("inf")
    assert first is None or ask().key == first.key
    ask()
    for _ in range(4):
        world.pass_time(600, step=5)
        world.sweep()
    return world, schedule, count


@pytest.mark.parametrize("what", ["trigger", "trigger with input", "retry"])
@pytest.mark.parametrize("policy", ["allow", "queue_all"])
def test_a_crash_anywhere_leaves_one_run_per_key(what: str, policy: Overlap) -> None:
    count = story(what, policy, float("inf"))[2]
    assert count >= 4
    for die_at in range(1, count + 1):
        world, schedule, _ = story(what, policy, die_at)
        message = f"died at boundary {die_at} of {count}"
        assert [run.status for run in world.runs(schedule)] == ["completed"] * 3, message
        state = world.state(schedule)
        assert (state.run_count, state.other_runs, state.waiting) == (3, 3, ()), message
