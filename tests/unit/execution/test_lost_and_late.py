"""What the fault simulation (`make test-faults`) has found, each as small as it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.runs import LEASE_MARGIN
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.triggers import hint_of
from agent_schedules.errors import ConditionFailed, Unavailable, Uncertain
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Write

from tests.support.races import before_the_next_write, held
from tests.support.world import LEASE, World


def awaited(world: World, schedule: Schedule) -> list[int | None]:
    """The nominal times that messages on the queue announce for a schedule, in order."""
    messages = [delayed.message for delayed in sorted(world.queue.messages, key=lambda delayed: delayed.due)]
    return [m.at for m in messages if isinstance(m, Hint) and m.key == schedule.key]


def test_a_claim_after_a_lost_race_arms_what_follows_it() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 1})
    world.queue.messages.clear()
    world.clock.advance(1)

    def late() -> None:  # another hint takes what is due, and comes back to find more: so must this one
        world.hint(schedule, world.now)
        world.clock.advance(5)
        world.queue.messages = [d for d in world.queue.messages if not isinstance(d.message, Hint)]

    before_the_next_write(world, late)
    assert world.hint(schedule, world.now) == "settled"
    following = world.state(schedule).next_run_at
    assert following in awaited(world, schedule)


def test_an_occurrence_settled_late_delays_no_spread_one() -> None:
    world = World()
    policies = {"spread_seconds": 900, "misfire": "skip"}
    schedule = world.create({"type": "interval", "interval_seconds": 3600}, policies=policies)
    first = world.now + 3600
    for nominal in (first, first + 3600):  # EventBridge fires at nominal times
        assert schedule.timetable.due_at(nominal) > nominal + 1
        world.clock.advance(nominal - world.now)
        world.hint(schedule, nominal)
        if nominal == first:
            world.queue.messages.clear()  # its message was lost
    assert awaited(world, schedule) == [first + 3600]
    world.pass_time(900)
    assert [run.scheduled_for for run in world.runs(schedule)] == [first + 3600]
    assert [(row["first"], row["reason"]) for row in world.records(schedule)] == [(first, "late")]


def test_a_claim_that_lost_to_an_update_arms_the_new_timing() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 5})
    world.queue.messages.clear()
    world.clock.advance(5)

    def update() -> None:
        body = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 1}})
        schedule_service.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)
        world.queue.messages.clear()  # its first hint was lost, and this one is still under way when it is due
        world.clock.advance(1)

    before_the_next_write(world, update)
    assert world.hint(schedule, world.now) == "settled"
    assert world.state(schedule).next_run_at in awaited(world, schedule)


def test_a_repeated_hint_trusts_no_message_a_slower_clock_met() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 1})
    world.clock.advance(1)
    world.queue.messages.clear()  # the message of the next second came early and was used up
    repeated = Hint(schedule.key, world.now, armed=world.now + 1)
    assert on_hint(world.ports, repeated, lease=LEASE) == "settled"
    assert awaited(world, schedule) == [world.now + 1]


KEYED = RequestContext(Caller("local"), IdempotencyKey("0" * 64, "1" * 64))


@pytest.mark.parametrize("call", [RequestContext(Caller("local")), KEYED], ids=["no key", "a key"])
def test_a_change_with_an_unanswered_commit_is_armed(call: RequestContext) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.pause_schedule(world.ports, world.call, *at)

    def unanswered(_: Sequence[Write]) -> None:
        world.table.after_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    world.table.after_write = unanswered
    assert schedule_service.resume_schedule(world.ports, call, *at).state.status == "active"
    assert list(world.scheduler.entries) == [schedule.key.schedule_id]


@pytest.mark.parametrize("call", [RequestContext(Caller("local")), KEYED], ids=["no key", "a key"])
def test_a_retry_arms_what_a_crashed_call_committed(call: RequestContext) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.pause_schedule(world.ports, world.call, *at)

    def dies(*_: object) -> None:
        world.scheduler.before = lambda *_: None
        raise KeyboardInterrupt

    world.scheduler.before = dies
    with pytest.raises(KeyboardInterrupt):
        schedule_service.resume_schedule(world.ports, call, *at)
    assert world.scheduler.entries == {}
    schedule_service.resume_schedule(world.ports, call, *at)
    assert list(world.scheduler.entries) == [schedule.key.schedule_id]


def test_a_send_gets_the_lease_left_after_a_slow_claim() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.clock.advance(3600)
    world.table.after_write = lambda _: world.clock.advance(10)
    given: list[float] = []

    def create(*_: object, seconds: float, **__: object) -> dict[str, Any]:
        given.append(seconds)
        return {"id": "resp_1", "status": "queued"}

    world.gateway.create = create  # type: ignore[method-assign]
    world.hint(schedule, world.now)
    assert given == [LEASE - 10 - LEASE_MARGIN]


@pytest.mark.parametrize("answers", [True, False], ids=["cancelled", "unreachable"])
def test_a_run_past_its_timeout_is_cancelled_and_fails(*, answers: bool) -> None:
    world = World()
    world.with_limits(run_timeout=600)
    world.gateway.polls = 10**6
    schedule, message = held(world)
    cancels: list[str] = []

    def down(verb: str) -> None:
        if verb == "cancel":
            cancels.append(verb)
            if not answers:
                raise GatewayError("unavailable", "The gateway answered 503")

    world.gateway.before = down
    world.queue.send([message], delay=0)
    world.pass_time(700)
    (run,) = world.runs(schedule)
    assert (run.status, run.error and run.error["code"]) == ("failed", "timeout")
    assert cancels == ["cancel"]
    (response,) = world.gateway.responses.values()
    assert response["final"] == ("cancelled" if answers else "completed")
    assert world.queue.messages == []


def test_a_response_that_ends_at_its_timeout_keeps_its_outcome() -> None:
    world = World()
    world.with_limits(run_timeout=60)
    world.gateway.polls = 10**6
    schedule, message = held(world)
    world.gateway.cancel = lambda *_, **__: {"id": "resp_1", "status": "completed"}  # type: ignore[method-assign]
    world.queue.send([message], delay=0)
    world.pass_time(100)
    (run,) = world.runs(schedule)
    assert (run.status, run.error) == ("completed", None)


def test_a_run_that_could_not_be_sent_in_its_time_fails() -> None:
    world = World()
    world.with_limits(run_timeout=600)
    schedule, message = held(world)
    world.clock.advance(700)
    assert world.deliver(replace(message, response_id=None)) == "failed"
    (run,) = world.runs(schedule)
    assert (run.status, run.error and run.error["code"]) == ("failed", "timeout")


def fire(world: World, schedule: Schedule) -> str:
    """What EventBridge sends for a schedule's entry as it is stored, and its outcome."""
    entry = world.scheduler.entries[schedule.key.schedule_id]
    moment = world.clock.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return on_hint(world.ports, hint_of({**entry.input, "scheduled_time": moment}), lease=LEASE)


@pytest.mark.parametrize("seconds", [7200, 90], ids=["entry", "messages"])
def test_a_hint_rewrites_an_entry_of_an_older_timing(seconds: int) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    older = world.scheduler.entries[schedule.key.schedule_id]
    body = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": seconds}})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule = schedule_service.update_schedule(world.ports, world.call, *at, body)
    world.scheduler.put(older, expect_new=False)  # of a call that was slower than the one after it
    world.queue.messages.clear()
    world.clock.advance(3600)
    fire(world, schedule)
    entry = world.scheduler.entries.get(schedule.key.schedule_id)
    assert (entry and entry.expression) == ("rate(120 minutes)" if seconds == 7200 else None)
    if entry is None:
        assert world.state(schedule).next_run_at in awaited(world, schedule)
    else:
        world.scheduler.calls.clear()
        world.clock.advance(3600)
        assert fire(world, schedule) == "settled"
        assert world.scheduler.calls == []


def test_a_hint_that_removes_an_entry_sees_a_resume() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    at = schedule.key.agent_id, schedule.key.schedule_id
    schedule_service.pause_schedule(world.ports, world.call, *at)

    def resumed(*_: object) -> None:
        world.scheduler.before = lambda *_: None
        schedule_service.resume_schedule(world.ports, world.call, *at)

    world.scheduler.before = resumed
    assert world.hint(schedule, world.now) == "nothing_due"
    assert list(world.scheduler.entries) == [schedule.key.schedule_id]


def test_a_completed_schedules_first_hint_removes_its_entry() -> None:
    world = World()
    schedule = world.create({"type": "once", "run_at": "2026-03-02T10:01:00Z"})
    entry = world.scheduler.entries[schedule.key.schedule_id]
    world.pass_time(70)
    assert world.state(schedule).status == "completed"
    world.scheduler.entries[entry.name] = entry
    assert world.hint(schedule, world.now) == "inactive"
    assert world.scheduler.entries == {}


def test_voiding_an_unanswered_create_survives_a_throttle() -> None:
    world = World()
    agent = world.agent()
    delayed: list[Sequence[Write]] = []
    throttled = [True, True]

    def trouble(writes: Sequence[Write]) -> None:
        if not delayed:
            delayed.append(writes)
            raise Uncertain("DynamoDB did not answer")
        if throttled:
            throttled.pop()
            raise Unavailable("DynamoDB did not answer (ThrottlingException)")

    world.table.before_write = trouble
    with pytest.raises(Unavailable):
        world.create({"type": "interval", "interval_seconds": 60}, agent=agent)
    with pytest.raises(ConditionFailed):
        world.table.write(*delayed[0])


def test_a_message_writes_an_entry_that_could_not_be_marked() -> None:
    world = World()
    agent = world.agent()

    def down(*_: object) -> None:
        world.table.before_write = down
        raise Unavailable("AWS did not answer")

    world.scheduler.before = down
    schedule = world.create({"type": "cron", "cron_expression": "0 9 * * MON"}, agent=agent)
    world.scheduler.before = lambda *_: None
    world.table.before_write = lambda _: None
    assert world.scheduler.entries == {}
    world.pass_time(60)
    assert list(world.scheduler.entries) == [schedule.key.schedule_id]
