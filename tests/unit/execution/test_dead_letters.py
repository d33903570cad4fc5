"""A message that keeps failing is revived a few times. Then it ends, and a sweep finds its row."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from agent_schedules import telemetry
from agent_schedules.domain.messages import ContinueRun, Message
from agent_schedules.domain.runs import LONGEST_LOOK
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile

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
