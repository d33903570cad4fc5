"""A service that refuses everything for a day stops no occurrence that can do without it, and messages stay few."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.quotas import UNLIMITED
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.errors import Unavailable
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import Limits
from agent_schedules.storage.items import run_item
from agent_schedules.storage.table import Put, Write

from tests.support.outage import SWEEP, Outage
from tests.support.world import LEASE, World

DAY = 86_400
KINDS: dict[str, dict[str, Any]] = {
    "hourly": {"type": "interval", "interval_seconds": 3600},
    "hourly, to the second": {"type": "interval", "interval_seconds": 3600, "precision": "second"},
    "every minute": {"type": "cron", "cron_expression": "* * * * *"},
    "every 90 s": {"type": "interval", "interval_seconds": 90},
    "every 1001 s": {"type": "interval", "interval_seconds": 1001},
    "a time of day": {"type": "cron", "cron_expression": "30 */6 * * *", "timezone": "Europe/Lisbon"},
}


def lateness(world: World, schedule: Schedule) -> list[float]:
    """How late each of its runs was claimed."""
    return [run.created_at.timestamp() - (run.scheduled_for or 0) for run in world.runs(schedule)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_occurrences_run_in_time_while_no_entry_is_taken(kind: str) -> None:
    world = World()
    outage = Outage(world)
    outage.down("scheduler")
    attempts: list[str] = []
    schedule = world.create(KINDS[kind])
    refuse = world.scheduler.before

    def counted(verb: str, name: str) -> None:
        attempts.append(name)
        refuse(verb, name)

    world.scheduler.before = counted
    outage.run(DAY)
    late = lateness(world, schedule)
    state = world.state(schedule)
    assert world.records(schedule) == []
    assert len(late) == state.run_count >= 4
    assert state.next_run_at is not None
    assert state.next_run_at > world.now
    assert max(late) <= 1
    assert outage.dead == 0
    # A message that carries it, a look, the poll of a run; and a carrier of each sweep in the last quarter of an hour.
    assert outage.most <= 4 + LONGEST_DELAY // SWEEP
    assert len(attempts) <= DAY // SWEEP + 2 * 24 + 8  # the only marked row is the one that each sweep tries
    outage.down()
    outage.run(2 * SWEEP)
    assert not world.state(schedule).entry_stale
    assert world.state(schedule).looks == 0


def test_a_marked_row_is_rendered_soon_after_a_short_outage() -> None:
    world = World()
    outage = Outage(world)
    outage.down("scheduler")
    schedule = world.create(KINDS["hourly"])
    outage.down()
    outage.run(2 * 300)
    assert schedule.key.schedule_id in world.scheduler.entries
    state = world.state(schedule)
    assert (state.entry_stale, state.looks, state.repair_at, state.look_at) == (False, 0, None, None)


def test_all_entries_are_back_two_sweeps_after_an_outage() -> None:
    world = World()
    outage = Outage(world)
    outage.down("scheduler")
    agent = world.agent()
    attempts: list[str] = []
    refuse = world.scheduler.before

    def counted(verb: str, name: str) -> None:
        attempts.append(name)
        refuse(verb, name)

    world.scheduler.before = counted
    schedules = [world.create(KINDS["a time of day"], agent=agent) for _ in range(20)]
    outage.run(5 * 3600)
    assert len(attempts) <= 20 * (4 + 5) + 5 * 3600 // SWEEP  # growing delays, and one row with each sweep
    outage.down()
    outage.run(2 * SWEEP)
    assert {schedule.key.schedule_id for schedule in schedules} <= world.scheduler.entries.keys()
    assert not any(world.state(schedule).entry_stale for schedule in schedules)


def test_messages_stay_few_while_the_table_takes_no_write() -> None:
    world = World()
    outage = Outage(world)
    schedules = [world.create(KINDS[kind]) for kind in ("every 90 s", "every 1001 s", "hourly")]
    outage.down("table")
    outage.run(DAY)
    assert outage.most <= 3 * len(schedules)
    outage.down()
    outage.run(2 * 300 + 5)
    for schedule in schedules:
        state = world.state(schedule)
        assert state.next_run_at is not None
        assert state.next_run_at > world.now
        assert state.run_count + sum(int(record["count"]) for record in world.records(schedule)) >= 24


def test_repeated_hints_of_an_overdue_row_send_no_messages() -> None:
    world = World()
    schedule = world.create(KINDS["every 90 s"])
    Outage(world).down("table")
    world.clock.advance(600)
    world.queue.messages.clear()
    for _ in range(3):  # SQS may deliver one message several times, whatever became of the first delivery
        with pytest.raises(Unavailable):
            world.hint(schedule, world.now)
    assert world.queue.messages == []


def test_an_overdue_row_is_armed_after_its_claim() -> None:
    world = World()
    schedule = world.create(KINDS["hourly, to the second"])
    world.clock.advance(3600 + 600)
    assert world.hint(schedule, world.now) == "settled"
    assert not world.state(schedule).entry_stale
    following = world.state(schedule).next_run_at
    assert f"{schedule.key.schedule_id}-{following}" in world.scheduler.entries


def test_a_repair_that_cannot_be_noted_comes_again() -> None:
    world = World()
    schedule = world.create(KINDS["hourly"])
    world.scheduler.entries.clear()
    outage = Outage(world)
    outage.down("scheduler", "table")
    with pytest.raises(Unavailable):
        world.hint(schedule, repair=True)
    outage.down()
    world.hint(schedule, repair=True)
    assert schedule.key.schedule_id in world.scheduler.entries


@pytest.mark.parametrize("kind", ["hourly", "hourly, to the second"])
def test_due_occurrences_are_claimed_when_nothing_can_be_armed(kind: str) -> None:
    world = World()
    outage = Outage(world)
    schedule = world.create(KINDS[kind])
    world.clock.advance(3600)
    outage.down("scheduler", "queue")
    world.gateway.background = False
    assert on_hint(world.ports, Hint(schedule.key, world.now, repair=True), lease=LEASE) == "settled"
    (run,) = world.runs(schedule)
    assert run.status == "completed"
    assert world.state(schedule).entry_stale


@pytest.mark.slow
def test_two_thousand_hopeless_rows_hide_no_overdue_one() -> None:
    world = World(limits=Limits(quotas=UNLIMITED))
    agent = world.agent()
    stuck = [world.create(KINDS["hourly"], agent=agent) for _ in range(2_000)]
    world.clock.advance(2 * 3600)
    lost = world.create({"type": "interval", "interval_seconds": 600}, agent=agent)
    world.clock.advance(1)
    world.queue.messages.clear()
    mine = world.create({"type": "interval", "interval_seconds": 5}, agent=agent)
    world.clock.advance(5)
    world.hint(mine, world.now)
    _open(world, world.runs(mine)[0])
    world.clock.advance(3 * 3600)
    world.queue.messages.clear()
    poisoned = {schedule.key.schedule_id for schedule in stuck}

    def refuse(writes: Any) -> None:
        written: list[Write] = list(writes)
        if any(
            isinstance(w, Put) and len(written) > 1 and str(w.item["sk"])[2:].split("#")[0] in poisoned for w in written
        ):
            raise AssertionError("a claim of what cannot be mended")

    world.table.before_write = refuse
    looked: list[int] = []
    for _ in range(3):
        looked.append(world.sweep())
        messages = [d.message for d in world.queue.messages]
        world.queue.messages.clear()
        for message in messages:
            if not isinstance(message, Hint) or message.key.schedule_id not in poisoned:
                world.deliver(message)
        world.clock.advance(300)
    assert looked[0] == 2_003
    assert looked[1:] == [2_000, 0] or looked[1] <= 2_001
    assert world.state(lost).run_count > 0
    assert world.runs(mine)[0].status == "completed"


@pytest.mark.slow
def test_two_thousand_unrendered_rows_hide_no_overdue_one() -> None:
    world = World(limits=Limits(quotas=UNLIMITED))
    agent = world.agent()
    stuck = [world.create({"type": "interval", "interval_seconds": 86_400}, agent=agent) for _ in range(2_000)]
    for schedule in stuck:  # marked, at the head of the attention index
        state = world.state(schedule)
        world.ports.store.schedules.save_state(schedule.key, replace(state, entry_stale=True, rev=state.rev + 1))
    assert sum(row.get("attention_at") == 0 for row in world.table.items.values()) == len(stuck)
    lost = world.create({"type": "interval", "interval_seconds": 600}, agent=agent)
    mine = world.create({"type": "interval", "interval_seconds": 5}, agent=agent)
    world.clock.advance(5)
    world.hint(mine, world.now)
    (run,) = world.runs(mine)
    _open(world, run)
    world.clock.advance(3600)
    world.queue.messages.clear()
    world.ports.store.sweeps.save(SweepNote(world.now))  # the sweep before was complete
    Outage(world).down("scheduler")
    found = []
    for _ in range(3):
        found.append(world.sweep())
        for message in world.queue.take_due():
            with suppress(Unavailable):
                world.deliver(message)
        world.clock.advance(SWEEP)
    assert found[0] == len(stuck) + 3
    assert found[1] <= 10  # what was tried a moment ago waits
    assert all(world.state(schedule).entry_stale for schedule in stuck)
    assert world.state(lost).run_count > 0
    found_run = world.ports.store.runs.get(run.key)
    assert found_run is not None
    assert found_run.status == "completed"


def _open(world: World, run: Run) -> None:
    """Leave a run linked, with no message that looks at it."""
    linked = run.linked("resp_" + run.key.run_id.removeprefix("run_").lower(), now=world.clock.moment)
    world.table.write(Put(run_item(linked), "anything"))
