"""The sweep finds deliveries whose message was lost, at a cost that follows what is due."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_schedules.execution import redeliver as redelivery
from agent_schedules.execution.redeliver import redeliver

from tests.support.notifier import SWEEP, Delivering


@pytest.fixture
def one() -> Delivering:
    return Delivering()


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_lost_message_delays_an_attempt_and_loses_nothing(one: Delivering, lost: int) -> None:
    one.sender.answers = [500, 500, 500, 200]
    key = one.publish()
    while len(one.sender.posts) < lost:
        one.work()
        one.world.clock.advance(1)
        if one.world.now % SWEEP == 0:
            redeliver(one.world.ports)
    one.world.redeliveries.messages.clear()
    assert one.until_over(key).status == "delivered"


def test_sweep_costs_follow_what_is_due(one: Delivering) -> None:
    one.sender.answers = [500]
    keys = [one.publish() for _ in range(5)]
    one.work()
    table = one.world.table
    table.meter.calls.clear()
    assert redeliver(one.world.ports) == 0
    assert len(table.meter.calls) == 1
    one.world.redeliveries.messages.clear()
    one.world.clock.advance(2 * SWEEP + 10)
    table.meter.calls.clear()
    assert redeliver(one.world.ports) == len(keys)
    assert len(table.meter.calls) == 2 + len(keys)
    assert redeliver(one.world.ports) == 0


def test_sweep_goes_on_after_a_full_page(one: Delivering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redelivery, "PAGE", 2)
    one.sender.answers = [500]
    keys = [one.publish() for _ in range(5)]
    one.work()
    one.world.redeliveries.messages.clear()
    one.world.clock.advance(2 * SWEEP + 10)
    assert redeliver(one.world.ports) == len(keys)


def test_no_webhooks_no_sweep(one: Delivering) -> None:
    one.world.table.meter.calls.clear()
    assert redeliver(replace(one.world.ports, webhooks=None)) == 0
    assert not one.world.table.meter.calls


def test_message_that_comes_early_waits_for_its_time(one: Delivering) -> None:
    one.sender.answers = [500, 200]
    key = one.publish()
    one.work()
    (waiting,) = one.world.redeliveries.messages
    assert one.notifier.handle(waiting.message, first=False) == "early"
    one.until_over(key)
    first, second = (post.at for post in one.sender.posts)
    assert second - first >= 5
