"""What the fault simulation (`make test-faults`) has found, each as small as it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.messages import ContinueRun, Hint, Message
from agent_schedules.domain.request_context import IdempotencyKey, RequestContext
from agent_schedules.domain.runs import LEASE_MARGIN
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.triggers import hint_of
from agent_schedules.errors import ConditionFailed, InvalidRequest, Unavailable, Uncertain
from agent_schedules.execution.run_lifecycle import take_over
from agent_schedules.execution.settle import on_hint
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.requests import CreateRunBody, UpdateScheduleBody
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Write

from dev.fake_aws.dynamodb import LocalDynamoDB
from dev.template import table_definition
from tests.support.local import table_of
from tests.support.world import LEASE, World


def awaited(world: World, schedule: Schedule) -> list[int | None]:
    """The nominal times that messages on the queue announce for a schedule, in order."""
    messages = [delayed.message for delayed in sorted(world.queue.messages, key=lambda delayed: delayed.due)]
    return [m.at for m in messages if isinstance(m, Hint) and m.key == schedule.key]


def before_the_next_write(world: World, happens: object) -> None:
    """Let something happen between a hint's read and its claim."""
    assert callable(happens)

    def interrupted(_: Sequence[Write]) -> None:
        world.table.before_write = lambda _: None
        happens()

    world.table.before_write = interrupted


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


def held(world: World) -> tuple[Schedule, ContinueRun]:
    """A run that was sent, and the message of its first poll."""
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    ((message,),) = [[d.message for d in world.queue.messages]]
    world.queue.messages.clear()
    assert isinstance(message, ContinueRun)
    return schedule, message


def dies_in_the_gateway(world: World, message: ContinueRun) -> None:
    """A delivery whose process dies once it holds the run."""

    def dies(_: str) -> None:
        world.gateway.before = lambda _: None
        raise KeyboardInterrupt

    world.gateway.before = dies
    with pytest.raises(KeyboardInterrupt):
        world.deliver(message)


def test_a_second_copy_continues_when_the_first_crashes() -> None:
    world = World()
    schedule, message = held(world)
    world.clock.advance(LEASE + 1)
    message = replace(message, response_id=None)
    dies_in_the_gateway(world, message)
    assert world.deliver(message) == "held"  # and is acknowledged, which removes both copies
    world.pass_time(70)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


def test_a_second_copy_continues_after_a_faster_one_crashed() -> None:
    world = World()
    schedule, message = held(world)
    world.clock.advance(LEASE + 1)
    stale = replace(message, rev=0, response_id=None)
    before_the_next_write(world, lambda: dies_in_the_gateway(world, stale))
    assert world.deliver(stale) == "superseded"
    world.pass_time(70)
    (run,) = world.runs(schedule)
    assert run.status == "completed"


@pytest.mark.parametrize("at", ["fake", "local stack"])
def test_of_two_claimers_in_one_millisecond_one_posts(at: str) -> None:
    world = World()
    if at == "local stack":
        world.ports = replace(world.ports, store=Store(table_of(LocalDynamoDB(table_definition(), lambda _: None))))
    view = run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))
    twins = [take_over(world.ports, view.run, lease=LEASE) for _ in range(2)]  # from the row as both have read it
    assert twins == ["started", "superseded"]
    assert len(world.gateway.posts) == 1


def test_a_time_that_an_update_skips_cannot_be_the_new_timing() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 60})
    world.clock.advance(65)
    at = schedule.key.agent_id, schedule.key.schedule_id

    def once(run_at: str) -> UpdateScheduleBody:
        return UpdateScheduleBody.model_validate({"schedule": {"type": "once", "run_at": run_at}})

    with pytest.raises(InvalidRequest):
        schedule_service.update_schedule(world.ports, world.call, *at, once("2026-03-02T10:01:00Z"))
    schedule_service.update_schedule(world.ports, world.call, *at, once("2026-03-02T10:00:59Z"))
    assert [(row["first"], row["reason"]) for row in world.records(schedule)] == [(world.now - 5, "schedule_updated")]


def test_writing_the_same_timing_in_another_way_skips_nothing() -> None:
    world = World()
    schedule = world.create({"type": "cron", "cron_expression": "* * * * *"})
    world.clock.advance(65)  # its occurrence is due, and EventBridge is late
    same = {"type": "cron", "cron_expression": "*/1  0-23 * 1-12 *"}
    body = UpdateScheduleBody.model_validate({"schedule": same})
    at = schedule.key.agent_id, schedule.key.schedule_id
    updated = schedule_service.update_schedule(world.ports, world.call, *at, body)
    assert updated.state.settled_until == schedule.state.settled_until
    assert world.hint(schedule) == "settled"
    assert world.records(schedule) == []
    assert [run.scheduled_for for run in world.runs(schedule)] == [schedule.state.next_run_at]


def cron(expression: str, zone: str = "UTC", precision: str = "minute") -> dict[str, Any]:
    return {"type": "cron", "cron_expression": expression, "timezone": zone, "precision": precision}


MINUTES = {"type": "interval", "interval_seconds": 60, "start_at": "2026-03-02T10:58:00Z"}


@pytest.mark.parametrize(
    ("before", "after", "late", "runs", "skipped"),
    [
        (cron("* * * * *"), cron("* * * * *", "Asia/Kolkata"), 5, [0], []),
        (cron("* * * * *"), cron("* * * * *", precision="second"), 65, [0, 60], []),
        (cron("*/5 * * * *"), cron("* * * * *"), 5, [0], []),
        (cron("*/5 * * * *"), cron("* * * * *"), 65, [], [0]),  # only the new one has the minute after
        (cron("* * * * *"), cron("*/5 * * * *"), 5, [], [0]),
        (cron("* * * * *"), cron("*/5 * * * *"), 65, [], [0, 60]),
        (cron("*/5 * * * *"), cron("2-59/5 * * * *"), 5, [], [0]),
        (cron("*/5 * * * *"), cron("*/5 9-17 * * *", "America/New_York"), 5, [], [0]),
        (cron("*/5 * * * *"), cron("*/5 9-17 * * *"), 5, [0], []),
        (cron("0 * * * *"), MINUTES, 5, [0], []),
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
    assert found == ([(due + skipped[0], due + skipped[-1], "schedule_updated")] if skipped else [])


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
