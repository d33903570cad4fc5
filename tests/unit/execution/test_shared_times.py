"""An update while occurrences are due: what both timings have runs, what only the old one has is skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from agent_schedules.domain.messages import Message
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import InvalidRequest, Unavailable
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import schedules as schedule_service

from tests.support.world import World


def test_a_time_that_an_update_skips_cannot_be_the_new_timing() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 60})
    world.clock.advance(65)
    at = schedule.key.agent_id, schedule.key.schedule_id

    def moved(run_at: str) -> UpdateScheduleBody:
        return UpdateScheduleBody.model_validate({"schedule": once(run_at)})

    with pytest.raises(InvalidRequest):
        schedule_service.update_schedule(world.ports, world.call, *at, moved("2026-03-02T10:01:00Z"))
    schedule_service.update_schedule(world.ports, world.call, *at, moved("2026-03-02T10:00:59Z"))
    assert [(row["first"], row["reason"]) for row in world.records(schedule)] == [(world.now - 5, "schedule_updated")]


def cron(expression: str, zone: str = "UTC", precision: str = "minute") -> dict[str, Any]:
    return {"type": "cron", "cron_expression": expression, "timezone": zone, "precision": precision}


EACH_MINUTE = {"type": "interval", "interval_seconds": 60}
MINUTES = {"type": "interval", "interval_seconds": 60, "start_at": "2026-03-02T10:58:00Z"}


def once(run_at: str, zone: str = "UTC") -> dict[str, Any]:
    return {"type": "once", "run_at": run_at, "timezone": zone}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (cron("* * * * *"), cron("*/1  0-23 * 1-12 *")),
        (EACH_MINUTE, EACH_MINUTE),
        (EACH_MINUTE, EACH_MINUTE | {"timezone": "UTC", "precision": "minute"}),
        (MINUTES, MINUTES),
        (MINUTES, MINUTES | {"start_at": "2026-03-02T16:28:00+05:30"}),
        (MINUTES, MINUTES | {"start_at": "2026-03-02T10:57:59.500Z"}),
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T10:01:00Z")),
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T11:01:00+01:00")),
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T10:00:59.500Z")),
    ],
)
@pytest.mark.parametrize("late", [5, 59, 125])
def test_writing_the_same_timing_in_another_way_skips_nothing(
    before: dict[str, Any], after: dict[str, Any], late: int
) -> None:
    world = World()
    schedule = world.create(before)
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(due + late - world.now)  # its occurrence is due, and EventBridge is late
    body = UpdateScheduleBody.model_validate({"schedule": after})
    at = schedule.key.agent_id, schedule.key.schedule_id
    updated = schedule_service.update_schedule(world.ports, world.call, *at, body)
    assert updated.state.settled_until == schedule.state.settled_until
    assert world.hint(schedule) == "settled"
    assert "schedule_updated" not in {row["reason"] for row in world.records(schedule)}
    runs = [run.scheduled_for for run in world.runs(schedule)]
    assert runs == list(range(due, due + late + 1, 60))[: 1 if before["type"] == "once" else None]


@pytest.mark.parametrize(
    ("before", "after", "late", "runs", "skipped"),
    [
        (cron("* * * * *"), cron("* * * * *", "Asia/Kolkata"), 5, [0], []),
        (cron("* * * * *"), cron("* * * * *", precision="second"), 65, [0, 60], []),
        (cron("*/5 * * * *"), cron("* * * * *"), 5, [0], []),
        (cron("*/5 * * * *"), cron("* * * * *"), 65, [0], []),  # only the new one has the minute after
        (cron("*/5 * * * *"), cron("* * * * *"), 365, [0, 300], []),  # the newest late one runs
        (cron("* * * * *"), cron("*/5 * * * *"), 5, [], [0]),
        (cron("* * * * *"), cron("*/5 * * * *"), 65, [], [0, 60]),
        (cron("5-59 * * * *"), cron("*/5 * * * *"), 65, [0], [60]),
        (cron("5-59 * * * *"), cron("*/5 * * * *"), 365, [0, 300], [60, 240, 360]),
        (cron("0,5,6,7 * * * *"), cron("5,7,8 * * * *"), 205, [0, 120], [60]),
        (cron("*/5 * * * *"), cron("2-59/5 * * * *"), 5, [], [0]),
        (cron("*/5 * * * *"), cron("*/5 9-17 * * *", "America/New_York"), 5, [], [0]),
        (cron("*/5 * * * *"), cron("*/5 9-17 * * *"), 5, [0], []),
        (cron("0 * * * *"), MINUTES, 5, [0], []),
        (EACH_MINUTE, EACH_MINUTE | {"timezone": "Asia/Kolkata"}, 5, [0], []),
        (EACH_MINUTE, EACH_MINUTE | {"timezone": "Asia/Kolkata"}, 65, [0, 60], []),
        (MINUTES, MINUTES | {"timezone": "Asia/Kolkata"}, 65, [0, 60], []),
        (EACH_MINUTE, EACH_MINUTE | {"precision": "second"}, 65, [0, 60], []),
        (EACH_MINUTE, EACH_MINUTE | {"interval_seconds": 120}, 65, [], [0, 60]),  # another grid, from now
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T10:01:00Z", "Asia/Kolkata"), 5, [0], []),
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T11:01:00+01:00", "Asia/Kolkata"), 125, [0], []),
        (once("2026-03-02T10:01:00Z"), once("2026-03-02T10:01:00Z") | {"precision": "second"}, 125, [0], []),
    ],
)  # fmt: skip
def test_what_is_due_under_both_timings_runs_under_the_new(
    before: dict[str, Any], after: dict[str, Any], late: int, runs: list[int], skipped: list[int]
) -> None:
    world = World()
    schedule = world.create(before)
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(due + late - world.now)
    body = UpdateScheduleBody.model_validate({"schedule": after})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.update_schedule(world.ports, world.call, *at, body)
    world.work()  # no hint of EventBridge's comes any more
    assert sorted(run.scheduled_for - due for run in world.runs(schedule) if run.scheduled_for is not None) == runs
    found = [(row["first"], row["last"], row["reason"]) for row in world.records(schedule)]
    ends = sorted({time for first, last, _ in found for time in (int(first) - due, int(last) - due)})
    assert (ends, {reason for *_, reason in found}) == (skipped, {"schedule_updated"} if skipped else set())
    counted = sum(int(row["count"]) for row in world.records(schedule)) + world.state(schedule).run_count
    assert counted == schedule.timetable.count_in(due - 1, due + late)
    state = world.state(schedule)
    assert (state.handover, state.settled_until <= world.now) == (None, True)


def updated_late(seconds: int, policies: dict[str, Any] | None = None) -> tuple[World, Schedule]:
    """A schedule of every five minutes that becomes one of every minute, so long after its first occurrence."""
    world = World()
    schedule = world.create(cron("*/5 * * * *"))
    assert schedule.state.next_run_at is not None
    world.clock.advance(schedule.state.next_run_at + seconds - world.now)
    body = UpdateScheduleBody.model_validate({"schedule": cron("* * * * *"), "policies": policies})
    at = schedule.key.agent_id, schedule.key.schedule_id
    return world, schedule_service.update_schedule(world.ports, world.call, *at, body)


def test_a_shared_time_that_is_too_late_is_recorded_as_late() -> None:
    world, schedule = updated_late(190, {"misfire": "skip"})
    assert schedule.state.handover is not None
    world.work()
    assert [(row["reason"], row["count"]) for row in world.records(schedule)] == [("late", 1)]
    assert world.runs(schedule) == []


def test_the_new_timing_goes_on_after_what_was_shared() -> None:
    world, schedule = updated_late(65)
    world.pass_time(120)
    assert schedule.state.next_run_at is not None
    due = [(run.scheduled_for or 0) - schedule.state.next_run_at for run in world.runs(schedule)]
    assert due == [0, 120]  # 60 was before the change, and EventBridge announces those after 120
    assert world.state(schedule).handover is None
    assert world.records(schedule) == []


@pytest.mark.parametrize("change", ["pause", "delete", "update"])
def test_a_change_before_a_shared_time_runs_records_it(change: str) -> None:
    world, schedule = updated_late(65)
    at = world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id
    world.queue.messages.clear()
    match change:
        case "pause":
            schedule_service.pause_schedule(*at)
        case "delete":
            schedule_service.delete_schedule(*at)
        case _:
            body = UpdateScheduleBody.model_validate({"schedule": cron("30 7 * * *")})
            schedule_service.update_schedule(*at, body)
    (record,) = world.records(schedule)
    reason = {"pause": "schedule_paused", "delete": "schedule_deleted", "update": "schedule_updated"}[change]
    assert (record["first"], record["count"], record["reason"]) == (schedule.state.next_run_at, 1, reason)
    assert world.state(schedule).handover is None


def test_a_second_update_hands_on_what_is_still_shared() -> None:
    world, schedule = updated_late(65)
    body = UpdateScheduleBody.model_validate({"schedule": cron("*/2,5 * * * *")})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.update_schedule(world.ports, world.call, *at, body)
    world.work()
    assert [run.scheduled_for for run in world.runs(schedule)] == [schedule.state.next_run_at]
    assert world.records(schedule) == []


def test_a_shared_occurrence_that_the_queue_refuses_is_found() -> None:
    world = World()
    schedule = world.create(cron("*/5 * * * *"))
    world.clock.advance(305)

    def refused(_: Sequence[Message]) -> None:
        raise Unavailable("SQS did not answer")

    world.queue.before = refused
    body = UpdateScheduleBody.model_validate({"schedule": cron("* * * * *")})
    at = schedule.key.agent_id, schedule.key.schedule_id
    updated = schedule_service.update_schedule(world.ports, world.call, *at, body)
    assert updated.state.entry_stale
    world.queue.before = lambda _: None
    assert world.hint(schedule) == "settled"
