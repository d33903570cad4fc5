"""A message that keeps failing is revived a few times. Then it ends, and a sweep finds its row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from agent_schedules import telemetry
from agent_schedules.domain.jobs import LOOK_AFTER
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Message
from agent_schedules.domain.runs import LONGEST_LOOK, Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.errors import Unavailable
from agent_schedules.execution import jobs, reconcile
from agent_schedules.storage.table import Write

from tests.support.jobs import begin, fleet, seen
from tests.support.outage import MOST_RECEIVES, SWEEP, Outage
from tests.support.world import World

DAY = 86_400
SOON = {"type": "once", "run_at": "2026-03-02T10:00:05Z"}


def test_a_dead_hint_is_revived_a_few_times_only() -> None:
    world = World()
    outage = Outage(world)
    schedule = world.create({"type": "interval", "interval_seconds": 90})
    outage.down("table")
    outage.run(DAY)
    assert outage.dead <= 4  # the one chain: dead once, revived three times
    outage.down()
    outage.run(2 * 300 + 5)
    assert world.state(schedule).run_count > 0


def test_a_dead_run_message_ends_and_its_run_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.ports.store.sweeps.save(SweepNote(world.now))  # the sweep before was complete
    outage = Outage(world)
    deliver = world.deliver
    delivered: list[int] = []

    def fails(message: Message) -> str:
        if not isinstance(message, ContinueRun):
            return deliver(message)
        delivered.append(message.revived)
        raise Unavailable("It fails whenever it goes on with this run")

    monkeypatch.setattr(world, "deliver", fails)
    telemetry.taken()
    schedule = world.create(SOON)
    outage.run(5)
    world.hint(schedule, world.now)
    outage.run(3 * 3600)
    assert delivered.count(3) == MOST_RECEIVES
    outage.run(9 * 3600)
    assert 0 in delivered[delivered.index(3) + MOST_RECEIVES :]  # a sweep found the run, and sent it another message
    assert max(delivered) == 3
    assert telemetry.taken()[0]["DroppedDeadLetters"] >= 3
    assert outage.most <= 3
    monkeypatch.setattr(world, "deliver", deliver)
    outage.run(LONGEST_LOOK + 2 * SWEEP)
    assert world.runs(schedule)[0].status == "completed"


@pytest.mark.parametrize("known", [False, True], ids=["the letter alone knows", "the row knows too"])
def test_a_last_letters_response_is_never_dropped(*, known: bool) -> None:
    world = World()
    world.gateway.polls = 10
    schedule = world.create(SOON)
    world.clock.advance(5)
    world.hint(schedule, world.now)
    (sent,) = [d.message for d in world.queue.messages if isinstance(d.message, ContinueRun)]
    if known:
        world.pass_time(3)
        (row,) = world.runs(schedule)
        sent = replace(sent, rev=row.rev)
    world.queue.messages.clear()
    reconcile.on_dead_letter(world.ports, json.dumps(replace(sent, revived=3).body()))
    assert world.runs(schedule)[0].gateway_response_id == sent.response_id
    assert len(world.queue.messages) == (0 if known else 1)


def submitted(*, polls: int) -> tuple[World, Schedule, Run, ContinueRun]:
    """A run that was sent to the gateway, and the message about it, which is not in the queue."""
    world = World()
    world.gateway.polls = polls
    schedule = world.create(SOON)
    world.clock.advance(5)
    world.hint(schedule, world.now)
    (run,) = world.runs(schedule)
    (sent,) = [d.message for d in world.queue.messages if isinstance(d.message, ContinueRun)]
    world.queue.messages.clear()
    return world, schedule, run, sent


def test_a_response_that_one_letter_knows_outlives_a_lost_race() -> None:
    world, schedule, run, sent = submitted(polls=3)

    def meanwhile(_: Sequence[Write]) -> None:  # a sweep sends the run a message of its own
        world.table.before_write = lambda _: None
        world.ports.store.runs.save(run.requeued(now=world.clock.moment))

    world.table.before_write = meanwhile
    with pytest.raises(Unavailable):
        reconcile.on_dead_letter(world.ports, json.dumps(sent.body()))
    reconcile.on_dead_letter(world.ports, json.dumps(sent.body()))  # which SQS delivers again
    world.pass_time(60)
    (run,) = world.runs(schedule)
    assert (run.status, run.gateway_response_id, len(world.gateway.posts)) == ("completed", sent.response_id, 1)


@pytest.mark.parametrize("ended", ["cancelled", "linked to another response"])
def test_a_letters_response_that_nobody_waits_for_is_cancelled(ended: str) -> None:
    world, _, run, sent = submitted(polls=10**6)
    now = world.clock.moment
    after = run.ended("cancelled", now=now, error=None) if ended == "cancelled" else run.linked("resp_2", now=now)
    world.ports.store.runs.save(after)
    reconcile.on_dead_letter(world.ports, json.dumps(sent.body()))
    world.work()
    ((response_id, response),) = world.gateway.responses.items()
    assert (response_id, response["final"]) == (sent.response_id, "cancelled")
    world.queue.messages.clear()
    reconcile.on_dead_letter(world.ports, json.dumps(replace(sent, revived=3).body()))
    assert world.queue.messages == []


def test_a_dead_letter_of_a_job_ends_and_a_sweep_finds_it(world: World) -> None:
    fleet(world, 60)
    job = begin(world)
    (lost,) = world.queue.take_due()
    assert lost == ContinueJob(job.key)
    reconcile.on_dead_letter(world.ports, json.dumps(lost.body()))
    assert world.queue.messages == []
    world.clock.advance(LOOK_AFTER)
    assert jobs.revive(world.ports) == 1
    assert [delayed.message for delayed in world.queue.messages] == [lost]
    world.work()
    assert (seen(world, job).status, seen(world, job).changed) == ("completed", 60)
