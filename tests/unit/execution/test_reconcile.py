"""The reconciler finds what was lost: unwritten entries, overdue rows, open runs without a holder, dead letters."""

from __future__ import annotations

import json

import pytest
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.execution import reconcile
from agent_schedules.services import schedules

from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}


def test_after_an_outage_all_is_recorded_and_the_newest_runs() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 600})
    world.queue.messages.clear()
    world.scheduler.entries.clear()
    world.clock.advance(6 * 3600 + 300)
    assert world.sweep() == 1
    world.work()
    world.pass_time(5)
    (run,) = world.runs(schedule)
    (record,) = world.records(schedule)
    assert (record["outcome"], record["reason"], record["count"]) == ("missed", "late", 35)
    assert run.status == "completed"
    assert schedule.key.schedule_id in world.scheduler.entries
    assert world.sweep() == 0


def test_a_run_without_poll_message_is_requeued_once() -> None:
    world = World()
    world.gateway.polls = 3
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.clock.advance(2)
    world.work()  # linked
    world.queue.messages.clear()
    world.clock.advance(1800)
    assert world.sweep() == 1
    world.pass_time(60)
    (run,) = world.runs(schedule)
    assert run.status == "completed"
    assert world.queue.messages == []


def test_a_catch_up_whose_messages_were_lost_is_taken_up_again() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 60})
    world.queue.messages.clear()
    world.clock.advance(180)
    world.hint(schedule, world.now)
    assert [run.status for run in world.runs(schedule)] == ["queued", "queued", "queued"]
    world.queue.messages.clear()
    world.clock.advance(1800)
    world.sweep()
    world.pass_time(10)
    assert {run.status for run in world.runs(schedule)[:3]} == {"completed"}


def test_a_dead_poll_message_becomes_a_new_one_and_voids_the_old() -> None:
    world = World()
    world.gateway.polls = 2
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.clock.advance(2)
    world.work()
    (old,) = world.queue.messages
    assert isinstance(old.message, ContinueRun)
    reconcile.on_dead_letter(world.ports, json.dumps(old.message.body()))
    world.work()
    assert world.deliver(old.message) == "superseded"
    world.pass_time(60)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


@pytest.mark.parametrize("letter", ["[]", "{}", "not json", '{"kind": "other"}', '{"requestPayload": null}'])
def test_a_letter_about_nothing_known_is_left_to_be_parked(letter: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's, pydantic's or ours
        reconcile.on_dead_letter(World().ports, letter)


def test_the_first_hint_of_a_deleted_schedule_removes_its_entry() -> None:
    world = World()
    schedule = world.create(HOURLY)
    entry = world.scheduler.entries[schedule.key.schedule_id]
    schedules.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    world.scheduler.entries[entry.name] = entry  # the removal never got there
    world.clock.advance(3600)
    assert world.hint(schedule, world.now) == "gone"
    assert world.scheduler.entries == {}
    assert world.runs(schedule) == []


def test_deleting_a_schedule_records_what_was_due_as_skipped() -> None:
    world = World()
    schedule = world.create(HOURLY)
    world.clock.advance(2 * 3600 + 60)
    schedules.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    (record,) = world.records(schedule)
    assert (record["outcome"], record["reason"], record["count"]) == ("skipped", "schedule_deleted", 2)


def test_two_sweeps_at_once_repair_once() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 7})
    world.queue.messages.clear()
    world.clock.advance(1500)
    world.ports.store.sweeps.save(SweepNote(world.now))  # the sweep before was complete
    world.sweep()
    world.sweep()
    world.pass_time(60)
    runs = world.runs(schedule)
    assert len({run.scheduled_for for run in runs}) == len(runs) == world.state(schedule).run_count
    assert len(world.queue.messages) <= 3
