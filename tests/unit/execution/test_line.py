"""The line of a schedule's runs: one is open, others wait for it, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from agent_schedules.domain.messages import ContinueRun, Hint
from agent_schedules.domain.policies import Overlap, Policies
from agent_schedules.domain.runs import LOOK
from agent_schedules.errors import Unavailable
from agent_schedules.services import agents as agent_service
from agent_schedules.storage.table import Write

from tests.support.lines import (
    STEP,
    busy,
    cancel,
    delete,
    end_at_gateway,
    open_at_gateway,
    pause,
    statuses,
    with_policies,
    world_of,
)
from tests.support.world import World

# ------------------------------------------------------------------------------------------------- what each value does


def test_skip_leaves_a_record_that_names_the_open_run() -> None:
    world, schedule = world_of("skip", occurrences=3)
    (run,) = world.runs(schedule)
    assert [(r["reason"], r["run_id"], r["count"]) for r in world.records(schedule)] == [
        ("overlap", run.key.run_id, 1),
        ("overlap", run.key.run_id, 1),
    ]
    end_at_gateway(world, run)
    world.pass_time(60 + STEP)
    assert statuses(world, schedule) == ["completed", "open"]


def test_queue_one_keeps_one_and_skips_the_others() -> None:
    world, schedule = world_of("queue_one", occurrences=4)
    assert statuses(world, schedule) == ["open", "waiting"]
    assert [r["reason"] for r in world.records(schedule)] == ["overlap", "overlap"]
    assert len(world.gateway.posts) == 1


def test_queue_all_keeps_all_and_starts_them_in_order() -> None:
    world, schedule = world_of("queue_all", occurrences=4)
    pause(world, schedule)
    for number in range(4):
        assert statuses(world, schedule) == ["completed"] * number + ["open"] + ["waiting"] * (3 - number)
        end_at_gateway(world, world.runs(schedule)[number])
        world.pass_time(61)  # the longest time between two polls
    assert statuses(world, schedule) == ["completed"] * 4
    assert [post.key for post in world.gateway.posts] == [run.key.run_id for run in world.runs(schedule)]
    assert not world.state(schedule).waiting


def test_a_hundred_wait_and_the_next_is_skipped() -> None:
    world = World()
    world.gateway.polls = 10**9
    schedule = with_policies(world, Policies(overlap="queue_all"), {"type": "interval", "interval_seconds": 1})
    world.pass_time(105)
    assert len(world.state(schedule).waiting) == 100
    assert statuses(world, schedule).count("waiting") == 100
    assert sum(int(record["count"]) for record in world.records(schedule)) == 4


def test_cancel_previous_ends_the_open_run_at_the_gateway() -> None:
    world, schedule = world_of("cancel_previous", occurrences=3)
    assert statuses(world, schedule) == ["cancelled", "cancelled", "open"]
    replaced = world.runs(schedule)[0]
    assert replaced.error is not None
    assert replaced.error["code"] == "overlap"
    assert len(open_at_gateway(world)) == 1


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "cancel_previous"])
def test_two_runs_are_never_open_at_the_gateway(overlap: Overlap) -> None:
    world = World()
    schedule = busy(world, overlap, occurrences=1)
    for second in range(600):
        if second % 70 == 0:
            for run in world.runs(schedule):
                if run.gateway_response_id:
                    end_at_gateway(world, run)
        world.pass_time(1)
        assert len(open_at_gateway(world)) <= 1
    assert world.state(schedule).run_count >= 3


# ---------------------------------------------------------------------------------------------------- what may go wrong


def test_a_lost_hint_is_made_up_for_by_the_reconciler() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    end_at_gateway(world, world.runs(schedule)[0])
    for _ in range(61):
        world.clock.advance(1)
        for message in world.queue.take_due():
            if not isinstance(message, Hint):
                world.deliver(message)
    assert statuses(world, schedule) == ["completed", "waiting"]
    world.clock.advance(LOOK)
    assert world.sweep() == 1
    world.work()
    assert statuses(world, schedule) == ["completed", "open"]


def test_a_hint_that_is_refused_comes_with_the_redelivery() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    run = world.runs(schedule)[0]
    end_at_gateway(world, run)
    world.queue.messages.clear()

    def refuse(messages: Sequence[object]) -> None:
        if any(isinstance(message, Hint) for message in messages):
            raise Unavailable("SQS did not answer")

    world.queue.before = refuse
    with pytest.raises(Unavailable):
        world.deliver(ContinueRun(run.key, run.rev))
    assert statuses(world, schedule) == ["completed", "waiting"]
    world.queue.before = lambda _: None
    assert world.deliver(ContinueRun(run.key, run.rev)) == "nothing_to_do"
    world.work()
    assert statuses(world, schedule) == ["completed", "open"]


def test_a_message_to_a_waiting_run_starts_it_not_too_early() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    waiting = world.runs(schedule)[1]
    assert world.deliver(ContinueRun(waiting.key, None)) == "waiting"
    assert statuses(world, schedule) == ["open", "waiting"]
    assert len(world.gateway.posts) == 1


def test_a_run_cancelled_while_it_waits_is_passed_over() -> None:
    world, schedule = world_of("queue_all", occurrences=4)
    pause(world, schedule)
    cancel(world, schedule, 1)
    cancel(world, schedule, 2)
    end_at_gateway(world, world.runs(schedule)[0])
    world.pass_time(61)
    assert statuses(world, schedule) == ["completed", "cancelled", "cancelled", "open"]
    assert not world.state(schedule).waiting


def test_a_cancelled_run_leaves_its_place_to_the_next() -> None:
    world, schedule = world_of("queue_one", occurrences=2)
    cancel(world, schedule, 1)
    world.pass_time(5)
    assert not world.state(schedule).waiting
    world.pass_time(STEP)
    assert statuses(world, schedule) == ["open", "cancelled", "waiting"]
    assert not world.records(schedule)


def test_a_line_of_cancelled_runs_is_forgotten() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    cancel(world, schedule, 1)
    end_at_gateway(world, world.runs(schedule)[0])
    world.pass_time(61)
    assert not world.state(schedule).waiting
    assert not world.queue.messages


def test_a_cancel_of_the_open_run_starts_the_next() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    cancel(world, schedule, 0)
    world.work()
    assert statuses(world, schedule) == ["cancelled", "open"]


def test_runs_that_wait_end_when_their_schedule_is_deleted() -> None:
    world, schedule = world_of("queue_all", occurrences=3)
    delete(world, schedule)
    world.work()
    assert statuses(world, schedule) == ["open", "cancelled", "cancelled"]
    assert all((run.error or {}).get("code") == "schedule_deleted" for run in world.runs(schedule)[1:])
    end_at_gateway(world, world.runs(schedule)[0])
    world.pass_time(61)
    assert statuses(world, schedule)[0] == "completed"
    assert not world.queue.messages


def test_the_reconciler_ends_them_where_no_message_came() -> None:
    world, schedule = world_of("queue_one")
    world.queue.before = _refuse_all
    delete(world, schedule)
    world.queue.before = lambda _: None
    assert statuses(world, schedule) == ["open", "waiting"]
    world.clock.advance(LOOK + STEP)
    world.sweep()
    world.work()
    assert statuses(world, schedule) == ["open", "cancelled"]


def _refuse_all(_: Sequence[object]) -> None:
    raise Unavailable("SQS did not answer")


def test_runs_of_a_deleted_agent_leave_the_line_one_by_one() -> None:
    world, schedule = world_of("queue_all", occurrences=3)
    agent_service.delete_agent(world.ports, world.call, schedule.key.agent_id)
    world.pass_time(70)
    assert statuses(world, schedule) == ["cancelled", "failed", "failed"]
    assert not world.state(schedule).waiting


def test_a_hint_before_its_time_leaves_the_line_alone() -> None:
    world, schedule = world_of("queue_one")
    world.queue.messages.clear()
    reads: list[int] = []
    world.table.before_read = lambda: reads.append(1)
    assert world.hint(schedule) == "early"
    assert len(reads) <= 4  # the schedule, and for the line the schedule and its open run
    (again,) = world.queue.messages
    assert again.message == Hint(schedule.key, world.state(schedule).next_run_at)


def test_a_pause_keeps_the_line() -> None:
    world, schedule = world_of("queue_one")
    pause(world, schedule)
    end_at_gateway(world, world.runs(schedule)[0])
    world.pass_time(61)
    assert statuses(world, schedule) == ["completed", "open"]
    assert world.state(schedule).status == "paused"


def test_a_lost_race_for_the_line_starts_no_second_run() -> None:
    world, schedule = world_of("queue_all", occurrences=3)
    pause(world, schedule)
    end_at_gateway(world, world.runs(schedule)[0])
    world.pass_time(61)
    meanwhile = world.state(schedule)

    def other_first(_: Sequence[Write]) -> None:
        world.table.before_write = lambda _: None
        world.ports.store.schedules.save_state(schedule.key, replace(meanwhile, rev=meanwhile.rev + 1))

    end_at_gateway(world, world.runs(schedule)[1])
    world.table.before_write = other_first
    world.pass_time(61)
    assert statuses(world, schedule) == ["completed", "completed", "open"]
    assert len(open_at_gateway(world)) == 1
