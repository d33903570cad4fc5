"""A pause with an end: the schedule resumes by itself, once, on its grid, whatever is lost, late or repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from agent_schedules.domain.messages import Hint
from agent_schedules.errors import Unavailable
from agent_schedules.services import agents as agent_service
from agent_schedules.timestamps import stamp

from tests.support.cost_meter import CostMeter
from tests.support.pauses import TEN, UNTIL, WAKES, live, outcomes, pause, wake_entry
from tests.support.situations import resumed
from tests.support.world import World

SPECS: dict[str, dict[str, Any]] = {
    "cron": TEN,
    "cron, to the second": {"type": "cron", "cron_expression": "30 */10 * * * *", "precision": "second"},
    "rate": {"type": "interval", "interval_seconds": 600},
    "chain": {"type": "interval", "interval_seconds": 601},
    "5 s": {"type": "interval", "interval_seconds": 5},
}


@pytest.mark.parametrize(
    ("spec", "ahead"),
    [
        *((spec, 300) for spec in SPECS),
        *(pytest.param(spec, 7200, marks=[] if spec == "rate" else [pytest.mark.slow]) for spec in SPECS),
    ],
)
def test_a_schedule_resumes_by_itself_on_its_grid(spec: str, ahead: int) -> None:
    world = World()
    schedule = world.create(SPECS[spec])
    first = schedule.state.next_run_at
    assert first is not None
    world.clock.advance(1)
    until = world.now + ahead - 1
    step = 5 if spec == "5 s" else 601 if spec == "chain" else 600
    pause(world, schedule, until=stamp(until))
    live(world, schedule, ahead + 1300)
    state = world.state(schedule)
    assert (state.status, state.generation, state.pause) == ("active", 3, None)
    nominal = [run.scheduled_for for run in world.runs(schedule)]
    expected = [time for time in range(first, world.now + 1, step) if time > until]
    assert nominal == expected
    skipped = (until - first) // step + 1
    covered = sum(int(row["count"]) for row in world.records(schedule))
    assert covered == max(skipped, 0)
    assert {row["reason"] for row in world.records(schedule)} <= {"paused"}


@pytest.mark.parametrize(("spec", "late"), [("cron", 0), ("cron, to the second", 0), ("5 s", 0)])
def test_it_wakes_within_its_precision(spec: str, late: int) -> None:
    world = World()
    schedule = world.create(SPECS[spec])
    pause(world, schedule, until=UNTIL)
    while world.state(schedule).status == "paused":
        live(world, schedule, 1)
    assert world.now - WAKES == late


@pytest.mark.parametrize("later", [0, 1, 90, 100, 3000])
def test_occurrences_after_the_end_run_however_late_it_is_handled(later: int) -> None:
    world = World()
    schedule = world.create({"type": "cron", "cron_expression": "* * * * *"})
    pause(world, schedule, until=UNTIL)
    world.queue.messages.clear()
    world.clock.set(UNTIL)
    world.clock.advance(later)
    world.hint(schedule, WAKES)
    by = world.now
    ran = [run.scheduled_for or 0 for run in world.runs(schedule)]
    due = list(range(WAKES + 60, by + 1, 60))
    late = [time for time in due if by - time > 120]
    assert ran == due[len(late[:-1]) :]  # the newest of the late ones, and those on time
    reasons = [(row["reason"], row["count"]) for row in world.records(schedule)]
    missed = [("late", len(due) - len(ran))] if len(due) > len(ran) else []
    assert reasons == [("paused", 120), *missed]
    assert world.state(schedule).next_run_at == (due or [WAKES])[-1] + 60


@pytest.mark.parametrize("hints", [1, 2, 5])
def test_repeated_wakes_resume_once(hints: int) -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    world.clock.set(UNTIL)
    for _ in range(hints):
        world.hint(schedule, WAKES, repair=True)
    state = world.state(schedule)
    assert (state.status, state.generation) == ("active", 3)
    assert outcomes(world, schedule) == [("paused", WAKES - 6600, 12)]
    assert schedule.key.schedule_id in world.scheduler.entries


def test_two_functions_that_wake_it_at_once_resume_it_once() -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    world.clock.set(UNTIL)

    def other(_: object) -> None:
        world.table.before_write = lambda _: None
        world.hint(schedule, WAKES)

    world.table.before_write = other
    world.hint(schedule, WAKES)
    assert world.state(schedule).generation == 3
    assert outcomes(world, schedule) == [("paused", WAKES - 6600, 12)]


def test_an_early_hint_waits_as_a_message() -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    world.queue.messages.clear()
    world.clock.set("2026-03-02T11:58:00Z")
    assert world.hint(schedule, world.now) == "inactive"
    (message,) = world.queue.messages
    assert message.message == Hint(schedule.key, WAKES, repair=True)
    assert message.due == datetime.fromisoformat(UNTIL)


def test_without_an_occurrence_left_it_completes_with_its_records() -> None:
    world = World()
    schedule = world.create({"type": "once", "run_at": "2026-03-02T11:00:00Z"})
    pause(world, schedule, until=UNTIL)
    live(world, schedule, 7300)
    state = world.state(schedule)
    assert (state.status, state.pause, state.next_run_at) == ("completed", None, None)
    assert outcomes(world, schedule) == [("paused", WAKES - 3600, 1)]
    assert not world.scheduler.entries


@pytest.mark.parametrize("restored", ["before", "after", "never"])
def test_a_deletion_of_its_agent_keeps_it_paused(restored: str) -> None:
    world = World()
    schedule = world.create(TEN)
    agent_id = schedule.key.agent_id
    pause(world, schedule, reason="Holidays", until=UNTIL)
    agent_service.delete_agent(world.ports, world.call, agent_id)
    if restored == "before":
        agent_service.restore_agent(world.ports, world.call, agent_id)
    live(world, schedule, 7300)
    if restored == "after":
        agent_service.restore_agent(world.ports, world.call, agent_id)
    state = world.state(schedule)
    assert (state.status, state.pause_reason, state.pause, state.wakes_at) == ("paused", "agent_deleted", None, None)
    assert outcomes(world, schedule) == [("paused", WAKES - 6600, 12)]
    assert not world.scheduler.entries
    world.clock.advance(86_400)
    assert world.sweep() == 0
    if restored != "never":
        resumed(world, schedule)
        assert world.state(schedule).status == "active"
        assert [reason for reason, *_ in outcomes(world, schedule)] == ["paused", "agent_deleted"]


def test_a_pause_after_a_restore_ends_by_itself_again() -> None:
    world = World()
    schedule = world.create(TEN)
    agent_service.delete_agent(world.ports, world.call, schedule.key.agent_id)
    agent_service.restore_agent(world.ports, world.call, schedule.key.agent_id)
    pause(world, schedule, until=UNTIL)
    live(world, schedule, 7300)
    assert world.state(schedule).status == "active"


@pytest.mark.parametrize("lost", ["message", "entry"])
def test_the_reconciler_finds_a_pause_that_should_be_over(lost: str) -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    if lost == "message":
        world.clock.set("2026-03-02T11:58:00Z")
        world.hint(schedule, world.now)
    world.queue.messages.clear()
    world.scheduler.entries.clear()
    world.clock.set(UNTIL)
    assert world.sweep() == 0
    while not world.sweep():
        world.clock.advance(300)
    world.work()
    assert world.now - WAKES <= 300 + 900 + 300
    assert world.state(schedule).status == "active"
    assert schedule.key.schedule_id in world.scheduler.entries


@pytest.mark.parametrize("ahead", [600, 7200], ids=["message", "entry"])
def test_a_wake_that_cannot_be_armed_marks_the_row(ahead: int) -> None:
    world = World()
    schedule = world.create(TEN)
    outage = [True]

    def down(*_: object) -> None:
        if outage[0]:
            raise Unavailable("down")

    world.scheduler.before = lambda verb, _: down() if verb == "put" else None
    world.queue.before = down
    until = stamp(world.now + ahead)
    pause(world, schedule, until=until)
    assert world.state(schedule).entry_stale
    outage.clear()
    outage.append(False)
    world.clock.advance(300)
    while not world.sweep():
        world.clock.advance(60)
    world.work()
    state = world.state(schedule)
    assert (state.status, state.entry_stale) == ("paused", False)
    assert world.queue.messages or len(world.scheduler.entries) == 1


def test_recover_arms_the_wake_again() -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    world.scheduler.entries.clear()
    world.queue.messages.clear()
    world.hint(schedule, repair=True)
    assert list(world.scheduler.entries) == [wake_entry(schedule)]


@pytest.mark.parametrize("spec", ["cron", "chain"])
def test_the_end_of_a_pause_costs_what_it_says_here(spec: str) -> None:
    world = World()
    schedule = world.create(SPECS[spec])
    world.clock.advance(60)
    world.queue.messages.clear()
    pause(world, schedule, until=UNTIL)
    meter = CostMeter(world)
    found = []
    for moment in ("2026-03-02T11:58:00Z", UNTIL):  # the entry's hint, and its message
        world.clock.set(moment)
        meter.reset()
        if moment == UNTIL:
            world.work()
        else:
            world.hint(schedule, world.now)
        found.append((meter.cost.calls, meter.cost.write_units))
    assert found == [(4, 0), (5, 7)]  # with the record of what fell into it
