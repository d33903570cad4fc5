"""Changes of a schedule that is paused until a time, and ends in local time."""

from __future__ import annotations

from datetime import datetime

import pytest
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import schedules as schedule_service

from tests.support.pauses import TEN, UNTIL, WAKES, live, outcomes, pause, wake_entry
from tests.support.situations import deleted, paused, resumed
from tests.support.world import World


@pytest.mark.parametrize("change", ["later", "sooner", "never", "resumed", "deleted"])
def test_a_change_before_the_end_is_what_counts(change: str) -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    live(world, schedule, 3600)
    match change:
        case "later":
            pause(world, schedule, until="2026-03-02T13:00:00Z")
        case "sooner":
            pause(world, schedule, until="2026-03-02T11:30:00Z")
        case "never":
            pause(world, schedule, until=None)
        case "resumed":
            resumed(world, schedule)
        case _:
            deleted(world, schedule)
    assert wake_entry(schedule) not in world.scheduler.entries
    live(world, schedule, 3700)
    at_noon = {"later": "paused", "never": "paused", "deleted": "deleted"}.get(change, "active")
    assert world.state(schedule).status == at_noon
    live(world, schedule, 3600)
    state = world.state(schedule)
    assert state.status == ("active" if change == "later" else at_noon)
    runs = {"later": 0, "sooner": 9, "never": 0, "resumed": 12, "deleted": 0}[change]
    assert len(world.runs(schedule)) == runs
    skipped = sum(int(row["count"]) for row in world.records(schedule))
    assert skipped == {"later": 18, "sooner": 9, "never": 0, "resumed": 6, "deleted": 6}[change]


def test_another_reason_keeps_since_and_moves_no_entry() -> None:
    world = World()
    schedule = world.create(TEN)
    since = pause(world, schedule, until=UNTIL).state.pause
    assert since is not None
    world.clock.advance(60)
    calls = len(world.scheduler.calls)
    changed = pause(world, schedule, reason="Holidays", until=UNTIL)
    found = changed.state.pause
    assert found is not None
    assert (found.since, found.reason, found.until, found.by) == (since.since, "Holidays", WAKES, "local")
    assert changed.state.generation == 3
    assert len(world.scheduler.calls) == calls
    assert pause(world, schedule, reason="Holidays", until=UNTIL).state.generation == 3
    paused(world, schedule)
    assert world.state(schedule).pause == found


def test_an_update_keeps_the_end_of_the_pause() -> None:
    world = World()
    schedule = world.create(TEN)
    pause(world, schedule, until=UNTIL)
    body = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 5}})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.update_schedule(world.ports, world.call, *at, body)
    assert list(world.scheduler.entries) == [wake_entry(schedule)]
    live(world, schedule, 7211)
    assert [run.scheduled_for for run in world.runs(schedule)] == [WAKES + 5, WAKES + 10]


def test_a_local_end_is_in_the_schedules_zone() -> None:
    world = World("2026-03-28T10:00:00Z")
    spec = {"type": "cron", "cron_expression": "30 2,3 * * *", "timezone": "Europe/Berlin"}
    schedule = world.create(spec)
    until = pause(world, schedule, until="2026-03-29T03:00:00").state.wakes_at
    assert until == int(datetime.fromisoformat("2026-03-29T01:00:00Z").timestamp())  # the clocks have gone forward
    world.clock.set("2026-03-29T01:00:00Z")
    world.hint(schedule, until)
    assert world.state(schedule).next_run_at == until + 1800
    assert outcomes(world, schedule) == []  # 02:30 does not exist that day


def test_the_repeated_hour_ends_a_pause_at_its_first_pass() -> None:
    world = World("2026-10-24T10:00:00Z")
    schedule = world.create({"type": "cron", "cron_expression": "*/30 * * * *", "timezone": "Europe/Berlin"})
    until = pause(world, schedule, until="2026-10-25T02:30:00").state.wakes_at
    assert until == int(datetime.fromisoformat("2026-10-25T00:30:00Z").timestamp())
