"""Runs at a caller's word: they go through the schedule's line, move no clock, and are made once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.policies import Overlap
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import Conflict, TooManyRequests, Unavailable, Uncertain
from agent_schedules.schemas.controls import TriggerBody
from agent_schedules.schemas.requests import UpdateAgentBody, UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services.triggers import retry_run_of, trigger_schedule

from tests.support.fuse import Died, Fuse
from tests.support.situations import HOURLY
from tests.support.world import World

SERIAL: list[Overlap] = ["skip", "queue_one", "queue_all", "cancel_previous"]
LONG = 300  # seconds in which each run of a story ends
KEY = IdempotencyKey("k" * 64, "f" * 64)


def world_of(polls: int = 0) -> World:
    world = World()
    world.gateway.polls = polls
    return world


def created(world: World, spec: dict[str, Any], **policies: Any) -> Schedule:
    """A new schedule with these policies."""
    return world.create(spec, policies=policies)


def trigger(world: World, schedule: Schedule, call: RequestContext | None = None, **body: Any) -> Run:
    """A run of the schedule now."""
    asked = TriggerBody(**body) if body else None
    call = call or world.call
    return trigger_schedule(world.ports, call, schedule.key.agent_id, schedule.key.schedule_id, asked).run


def retry(world: World, run: Run, call: RequestContext | None = None) -> Run:
    """A run again."""
    return retry_run_of(world.ports, call or world.call, run.key.agent_id, run.key.run_id).run


def stored(world: World, run: Run) -> Run:
    found = world.ports.store.runs.get(run.key)
    assert found is not None
    return found


def most_open(world: World, schedule: Schedule, seconds: int) -> int:
    """How many runs of the schedule were open at once at the gateway, while that time passed."""
    most = 0
    for _ in range(seconds):
        world.pass_time(1)
        posted = {post.key for post in world.gateway.posts}
        most = max(most, sum(run.key.run_id in posted and not run.terminal for run in world.runs(schedule)))
    return most


def test_a_trigger_moves_no_clock_and_counts_apart() -> None:
    world = world_of()
    schedule = created(world, HOURLY, max_runs=3)
    before = world.state(schedule)
    run = trigger(world, schedule)
    after = world.state(schedule)
    moved = {"run_count": 1, "other_runs": 1, "last_run_id": run.key.run_id, "last_run_at": run.created_at, "rev": 2}
    assert after == replace(before, **moved)  # type: ignore[arg-type]
    assert replace(schedule, state=after, definition=replace(schedule.definition)).etag == schedule.etag
    world.pass_time(5)
    assert (stored(world, run).status, stored(world, run).trigger) == ("completed", "manual")


def test_triggers_leave_max_runs_to_the_occurrences() -> None:
    world = world_of()
    schedule = created(world, HOURLY, max_runs=2)
    for _ in range(3):
        trigger(world, schedule)
    for _ in range(2):
        world.clock.advance(3600)
        world.hint(schedule, world.now)
    state = world.state(schedule)
    assert (state.status, state.run_count, state.other_runs) == ("completed", 5, 3)
    run = trigger(world, schedule)
    world.pass_time(5)
    assert stored(world, run).status == "completed"
    assert world.state(schedule).status == "completed"


def test_its_own_input_is_what_the_gateway_gets() -> None:
    world = world_of()
    schedule = world.create(HOURLY, metadata={"team": "news"})
    trigger(world, schedule, input="other")
    world.pass_time(5)
    (post,) = world.gateway.posts
    assert (post.request["input"], post.request["metadata"]) == ("other", {"team": "news"})


@pytest.mark.parametrize("policy", SERIAL)
def test_a_trigger_waits_or_yields_as_the_policy_says(policy: Overlap) -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap=policy)
    first = trigger(world, schedule)
    world.pass_time(1)
    if policy == "skip":
        with pytest.raises(Conflict, match=first.key.run_id):
            trigger(world, schedule)
        assert world.state(schedule).run_count == 1
        return
    second = trigger(world, schedule)
    assert second.waiting
    assert most_open(world, schedule, LONG) == 1
    assert stored(world, second).status == "completed"
    ended = stored(world, first)
    assert ended.status == ("cancelled" if policy == "cancel_previous" else "completed")
    assert ended.error is None or ended.error["code"] == "overlap"


@pytest.mark.parametrize("policy", SERIAL)
def test_an_occurrence_does_not_overlap_a_manual_run(policy: Overlap) -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap=policy)
    world.queue.messages.clear()
    world.clock.advance(3595)
    manual = trigger(world, schedule)
    world.pass_time(5)
    world.hint(schedule, world.now)
    assert most_open(world, schedule, LONG) == 1
    scheduled = [run for run in world.runs(schedule) if run.trigger == "schedule"]
    if policy == "skip":
        assert scheduled == []
        (record,) = world.records(schedule)
        assert (record["reason"], record["run_id"]) == ("overlap", manual.key.run_id)
    else:
        assert [run.status for run in scheduled] == ["completed"]


def test_allow_overrides_a_serial_policy_for_one_run() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap="skip")
    first = trigger(world, schedule)
    second = trigger(world, schedule, overlap="allow")
    assert not second.waiting
    assert world.state(schedule).open_run_id == first.key.run_id
    assert most_open(world, schedule, 60) == 2


@pytest.mark.parametrize("overlap", ["queue_one", "queue_all", "cancel_previous"])
def test_a_run_waits_for_one_that_any_policy_started(overlap: Overlap) -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY)
    first = trigger(world, schedule)
    world.pass_time(3)
    second = trigger(world, schedule, overlap=overlap)
    assert most_open(world, schedule, LONG) == 1
    assert stored(world, first).status == ("cancelled" if overlap == "cancel_previous" else "completed")
    assert stored(world, second).status == "completed"
    assert world.state(schedule).waiting == ()


@pytest.mark.parametrize("sent", [False, True], ids=["queued", "being-sent"])
def test_a_replaced_run_is_cancelled_before_its_first_poll(sent: bool) -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap="queue_all")
    first = trigger(world, schedule)
    waiting = trigger(world, schedule)
    if sent:
        world.work()
    second = trigger(world, schedule, overlap="cancel_previous")
    assert most_open(world, schedule, LONG) == 1
    assert [stored(world, run).status for run in (first, waiting, second)] == ["cancelled", "cancelled", "completed"]


def test_queue_one_refuses_a_second_that_waits() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap="queue_one")
    for _ in range(2):
        trigger(world, schedule)
    with pytest.raises(Conflict, match="waits"):
        trigger(world, schedule)


def test_a_queue_cannot_override_cancel_previous() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY, overlap="cancel_previous")
    with pytest.raises(Conflict, match="cancel_previous"):
        trigger(world, schedule, overlap="queue_one")


def test_a_trigger_that_loses_to_the_clock_tries_again() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    world.clock.advance(3600)

    def race(_: object) -> None:
        world.table.before_write = lambda _: None
        world.hint(schedule, world.now)

    world.table.before_write = race
    trigger(world, schedule)
    state = world.state(schedule)
    assert (state.run_count, state.other_runs, len(world.runs(schedule))) == (2, 1, 2)


def test_a_lost_message_is_made_good_by_the_reconciler() -> None:
    world = world_of(polls=2)
    schedule = created(world, HOURLY, overlap="queue_all")
    runs = [trigger(world, schedule), trigger(world, schedule)]
    world.queue.messages.clear()
    for _ in range(6):
        world.clock.advance(600)
        world.sweep()
        world.pass_time(60)
    assert [stored(world, run).status for run in runs] == ["completed", "completed"]


def test_an_unanswered_trigger_is_kept_out() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    late: list[Any] = []

    def unanswered(writes: Any) -> None:
        if len(writes) > 1:
            late.append(writes)
            world.table.before_write = lambda _: None
            raise Uncertain("no answer")

    world.table.before_write = unanswered
    with pytest.raises(Unavailable):
        trigger(world, schedule)
    with pytest.raises(Exception, match="condition"):
        world.table.write(*late[0])
    assert (world.runs(schedule), world.state(schedule).run_count) == ([], 0)


def test_a_trigger_whose_client_is_gone_is_undone() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    moments = iter([0.0, 9.0])
    with pytest.raises(Unavailable):
        trigger(world, schedule, RequestContext(world.caller, elapsed=lambda: next(moments)), input="other")
    state = world.state(schedule)
    assert (world.runs(schedule), state.run_count, state.other_runs, state.last_run_id) == ([], 0, 0, None)
    assert not world.queue.messages
    assert not any(sk.startswith("D#run") for _, sk in world.table.items)


def test_triggers_and_retries_count_towards_the_allowance() -> None:
    world = world_of()
    world.with_limits(quotas=replace(world.ports.limits.quotas, runs=2))
    schedule = created(world, HOURLY)
    first = trigger(world, schedule)
    world.pass_time(3)
    for _ in range(3):  # a copy of the function lets as many through as the limit, before it reserves any
        retry(world, first)
    with pytest.raises(TooManyRequests):
        trigger(world, schedule)
    with pytest.raises(TooManyRequests):
        retry(world, first)


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


def test_a_retry_repeats_definition_version_and_input() -> None:
    world = world_of()
    schedule = created(world, HOURLY, timeout_seconds=600)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.pass_time(5)
    (original,) = world.runs(schedule)
    agent_service.update_agent(world.ports, world.call, schedule.key.agent_id, UpdateAgentBody(name="renamed"))
    run = retry(world, original)
    assert (run.trigger, run.retry_of, run.scheduled_for) == ("retry", original.key.run_id, None)
    assert (run.revision, run.agent_version, run.timeout) == (original.revision, original.agent_version, 600)
    world.pass_time(5)
    first, second = world.gateway.posts
    assert first.request == second.request
    assert first.key != second.key


def test_a_run_of_a_deleted_schedule_is_retried() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    original = trigger(world, schedule)
    world.pass_time(5)
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    before = world.state(schedule)
    run = retry(world, original)
    world.pass_time(5)
    assert stored(world, run).status == "completed"
    assert world.state(schedule) == before


def test_a_retry_of_a_retry_finds_the_first_runs_input() -> None:
    world = world_of()
    schedule = created(world, HOURLY)
    run = trigger(world, schedule, input="other")
    for _ in range(2):
        world.pass_time(5)
        run = retry(world, run)
    world.pass_time(5)
    view = run_service.get_run(world.ports, world.caller, run.key.agent_id, run.key.run_id)
    assert view.work is not None
    assert view.work.input == "other"
    assert [post.request["input"] for post in world.gateway.posts] == ["other"] * 3


def test_a_retry_obeys_the_overlap_policy() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY)
    original = trigger(world, schedule)
    world.pass_time(LONG)
    body = UpdateScheduleBody.model_validate({"policies": {"overlap": "skip"}})
    schedule_service.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)
    trigger(world, schedule)
    with pytest.raises(Conflict, match="skip"):
        retry(world, original)
