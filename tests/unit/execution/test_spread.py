"""A spread: the entry of EventBridge fires at the nominal time, and the occurrence is due somewhat later."""

from __future__ import annotations

from agent_schedules.domain.messages import Hint
from agent_schedules.domain.policies import Policies

from tests.support.lines import with_policies
from tests.support.world import World

STEP = 600


def test_one_lost_hint_does_not_make_all_later_ones_late() -> None:
    world = World()
    schedule = with_policies(
        world, Policies(spread_seconds=300), {"type": "interval", "interval_seconds": STEP, "timezone": "UTC"}
    )
    table, first = schedule.timetable, schedule.state.next_run_at
    assert first is not None
    second = next(at for at in range(first + STEP, first + 50 * STEP, STEP) if table.due_at(at) > at)
    world.queue.messages.clear()
    world.clock.advance(second - world.now)
    assert world.hint(schedule, second) == "settled"  # the entry's hint finds the one before, whose message was lost
    (again,) = [delayed for delayed in world.queue.messages if isinstance(delayed.message, Hint)]
    assert again.message == Hint(schedule.key, second)
    assert int(again.due.timestamp()) == table.due_at(second)
    world.pass_time(table.due_at(second) - second)
    assert world.state(schedule).settled_until == second
    assert [run.scheduled_for for run in world.runs(schedule)][-1] == second


def test_the_hint_of_an_entry_waits_until_the_occurrence_is_due() -> None:
    world = World()
    schedule = with_policies(world, Policies(spread_seconds=300), {"type": "interval", "interval_seconds": STEP})
    first = schedule.state.next_run_at
    assert first is not None
    due = schedule.timetable.due_at(first)
    world.queue.messages.clear()
    world.clock.advance(first - world.now)
    assert world.hint(schedule, first) == ("early" if due > first else "settled")
    world.pass_time(due - first)
    (run,) = world.runs(schedule)
    assert (run.scheduled_for, int(run.created_at.timestamp())) == (first, due)
