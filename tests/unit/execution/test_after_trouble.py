"""A sweep after trouble finds all that is open before its time in the attention index; other sweeps read no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from agent_schedules.domain import attention
from agent_schedules.domain.messages import ContinueRun, Message
from agent_schedules.domain.sweeps import AHEAD, MISSED, SWEEP, SweepNote
from agent_schedules.errors import Unavailable
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service
from agent_schedules.storage.keys import sweep_key

from tests.support.cost_meter import CostMeter
from tests.support.world import LEASE, World

CHAIN = {"type": "interval", "interval_seconds": 45}
NOTE = 2  # calls


def swept(*, missed: bool) -> World:
    """A world whose last complete sweep is now, or too long ago."""
    world = World()
    world.ports.store.sweeps.save(SweepNote(world.now - MISSED if missed else world.now))
    return world


@pytest.mark.parametrize("missed", [True, False])
def test_only_after_a_missed_sweep_one_looks_ahead(*, missed: bool) -> None:
    world = swept(missed=missed)
    schedule = world.create(CHAIN)
    world.queue.messages.clear()  # lost
    world.clock.advance(SWEEP + 45)
    assert world.table.items[sweep_key().pk, sweep_key().sk]["swept_at"] == world.now - SWEEP - 45 - missed * MISSED
    assert world.sweep() == missed
    world.work()
    assert (world.state(schedule).run_count > 0) == missed


def test_the_first_complete_sweep_looks_ahead() -> None:
    world = World()
    schedule = world.create(CHAIN)
    world.queue.messages.clear()  # lost, and the sweeps since then failed before they could leave a note
    world.clock.advance(SWEEP + 45)
    assert world.sweep() == 1
    world.work()
    assert world.state(schedule).run_count > 0


def test_two_sweeps_look_ahead() -> None:
    world = swept(missed=True)
    world.create(CHAIN)
    world.queue.messages.clear()
    world.clock.advance(100)  # due, and not overdue yet
    assert world.sweep() == 0
    world.clock.advance(SWEEP)
    assert world.sweep() == 1
    world.queue.messages.clear()
    for _ in range(2):
        world.create(CHAIN)
        world.queue.messages.clear()
        world.clock.advance(SWEEP)
        meter = CostMeter(world)
        world.sweep()
        assert meter.cost.requests.dynamodb <= 8 + NOTE + 2  # the row of before, at its time


def test_an_idle_sweep_after_trouble_reads_a_page_at_once() -> None:
    world = swept(missed=True)
    agent = world.agent()
    for _ in range(50):
        world.create({"type": "interval", "interval_seconds": 600}, agent=agent)
    meter = CostMeter(world)
    assert world.sweep() == 0
    assert meter.cost.requests.dynamodb == 8 + 8 + NOTE


def test_a_lost_run_is_found_after_a_missed_sweep() -> None:
    world = swept(missed=True)
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    world.queue.messages.clear()
    world.clock.advance(SWEEP)
    assert world.sweep() == 1
    world.pass_time(5)
    found = world.ports.store.runs.get(view.run.key)
    assert found is not None
    assert found.status == "completed"


def test_a_run_that_waits_for_its_time_is_left_alone() -> None:
    world = swept(missed=True)
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    run = world.ports.store.runs.get(view.run.key)
    assert run is not None
    held = run.claimed(now=world.clock(), lease=LEASE)
    world.ports.store.runs.save(held)
    assert world.sweep() == 0
    world.ports.store.runs.save(held.put_off(until=world.clock() + timedelta(seconds=900)))
    world.clock.advance(MISSED)
    assert world.sweep() == 0


def test_a_sweep_whose_hints_are_refused_is_made_good() -> None:
    world = swept(missed=False)
    schedule = world.create(CHAIN)
    world.queue.messages.clear()
    world.clock.advance(2 * SWEEP + 900)

    def down(_: Sequence[Message]) -> None:
        raise Unavailable("SQS did not answer")

    world.queue.before = down
    with pytest.raises(Unavailable):
        world.sweep()
    world.queue.before = lambda _: None
    world.clock.advance(10)
    assert world.sweep() == 1
    world.work()
    assert world.state(schedule).run_count > 0


def test_runs_that_the_queue_refuses_go_with_the_next_sweep() -> None:
    world = swept(missed=False)
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.clock.advance(3600)

    def down(_: Sequence[Message]) -> None:
        raise Unavailable("SQS did not answer")

    world.queue.before = down
    world.hint(schedule)
    world.queue.before = lambda _: None
    assert world.sweep() == 1
    world.pass_time(5)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


def test_a_message_ahead_of_its_row_is_not_voided() -> None:
    world = World()
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    world.queue.messages.clear()
    run = world.ports.store.runs.get(view.run.key)
    assert run is not None
    held = run.claimed(now=world.clock(), lease=LEASE)
    world.ports.store.runs.save(held)
    waiting = held.put_off(until=world.clock())
    # The message of a run that is put off goes first, and may come before the row is written.
    assert process_run(world.ports, ContinueRun(run.key, waiting.rev), lease=LEASE) == "held"
    world.ports.store.runs.save(waiting)
    world.pass_time(int(LEASE) + 5)
    found = world.ports.store.runs.get(view.run.key)
    assert found is not None
    assert found.status == "completed"


@pytest.mark.parametrize("seconds", [900, 3600, 86_400])
def test_a_row_that_shares_no_bucket_is_found_in_time(seconds: int) -> None:
    world = swept(missed=False)
    schedule = world.create({"type": "interval", "interval_seconds": seconds})
    row = world.table.items[schedule.key.owner + "#" + schedule.key.agent_id, f"S#{schedule.key.schedule_id}#s"]
    assert row["attention_at"] == (schedule.state.next_run_at or 0) + SWEEP


def test_a_note_remembers_trouble_for_two_sweeps() -> None:
    note = SweepNote(1000, canary=None).begun(1300, repaired=False)
    assert note.horizon(1300) == 1300
    note = note.begun(1000 + MISSED, repaired=False)
    assert [note.horizon(1000 + MISSED + late) - (1000 + MISSED + late) for late in (0, SWEEP, 2 * SWEEP)] == [
        AHEAD, AHEAD, 0,
    ]  # fmt: skip
    assert SweepNote().begun(10**9, repaired=False).trouble_at == 10**9  # none was complete yet


def test_a_marked_row_at_its_time_is_repaired_at_once_too() -> None:
    world = swept(missed=True)
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.scheduler.entries.clear()
    state = attention.marked(replace(world.state(schedule), looks=9), world.now)
    world.ports.store.schedules.save_state(schedule.key, replace(state, look_at=world.now, rev=state.rev + 1))
    assert state.repair_at == world.now + attention.LONGEST_REPAIR
    assert world.sweep() == 1
    world.work()
    assert schedule.key.schedule_id in world.scheduler.entries
    assert not world.state(schedule).entry_stale


def test_a_row_that_is_only_looked_at_hides_no_repair() -> None:
    world = swept(missed=False)
    rows = [world.create({"type": "interval", "interval_seconds": 86_400}) for _ in range(3)]
    # The look at the second row comes with the sweep that tries the first one, the look at the third much later.
    for schedule, look in zip(rows, (0, SWEEP, 3000), strict=True):
        state = attention.marked(replace(world.state(schedule), looks=9), world.now)
        world.ports.store.schedules.save_state(
            schedule.key, replace(state, look_at=world.now + look, rev=state.rev + 1)
        )
    world.scheduler.entries.clear()
    for _ in range(3):  # the first row is seen, tried and found repaired; then all are tried
        world.sweep()
        world.work()
        world.clock.advance(SWEEP)
    assert all(schedule.key.schedule_id in world.scheduler.entries for schedule in rows)
