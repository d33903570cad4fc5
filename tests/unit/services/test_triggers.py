"""Runs at a caller's word: they go through the schedule's line, move no clock, and are made once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.policies import Overlap
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import Conflict, TooManyRequests, Unavailable, Uncertain

from tests.support.situations import HOURLY
from tests.support.triggers import LONG, created, most_open, retry, stored, trigger, world_of

SERIAL: list[Overlap] = ["skip", "queue_one", "queue_all", "cancel_previous"]


def test_a_trigger_moves_no_clock_and_counts_apart() -> None:
    world = world_of()
    schedule = created(world, HOURLY, max_runs=3)
    before = world.state(schedule)
    run = trigger(world, schedule)
    after = world.state(schedule)
    ran = replace(before, last_run_id=run.key.run_id, last_run_at=run.created_at)
    assert after == replace(ran, run_count=1, other_runs=1, rev=2)
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


def test_an_override_waits_for_any_run_that_the_state_names() -> None:
    world = world_of(polls=5)
    schedule = created(world, HOURLY)
    named = trigger(world, schedule, overlap="skip")
    trigger(world, schedule, overlap="allow")  # the newest, which ends no later
    with pytest.raises(Conflict, match=named.key.run_id):
        trigger(world, schedule, overlap="skip")
