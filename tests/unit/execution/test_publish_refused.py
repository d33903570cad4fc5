"""A bus that refuses events, for a while or until their batch is parked, keeps no event from a webhook."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest
from agent_schedules.errors import Unavailable
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Item

from tests.support.fuse import Died
from tests.support.publishing import Publisher, ended

MOST_ATTEMPTS = 4  # of a batch that was halved to one change: then it is parked


def left(publisher: Publisher) -> list[Item]:
    """The troubles in the table."""
    return [row for at, row in publisher.world.table.items.items() if at[1].startswith("F#")]


@pytest.fixture
def refused() -> Publisher:
    """A publisher whose bus refuses everything, until it `hears`."""
    publisher = Publisher()
    publisher.webhook("all")

    def refuse() -> None:
        raise Unavailable("away")

    publisher.bus._burn = refuse
    return publisher


def hears(publisher: Publisher) -> None:
    """The bus takes events from now on."""
    publisher.bus._burn = publisher.fuse.burn


def refuses(publisher: Publisher, *changes: Change) -> None:
    """The stream delivers a batch twice, and the bus refuses it."""
    for _ in range(2):
        with pytest.raises(Unavailable):
            publisher.publish(changes)


def test_a_bus_that_does_not_answer_keeps_no_event_back(refused: Publisher) -> None:
    refuses(refused, ended(1, "failed", 1))
    assert len(refused.first.messages) == 2
    assert len(refused.sent("all")) == 1  # the webhook gets it once
    hears(refused)
    assert refused.publish([ended(1, "failed", 1)]) == 1
    assert [event.kind for event in refused.bus.heard] == ["run.failed"]
    assert left(refused)


def test_a_recovery_is_told_after_a_failure_that_was_parked(refused: Publisher) -> None:
    refuses(refused, ended(1, "failed", 1))
    hears(refused)
    refused.publish([ended(2, "completed", 2)])
    assert [json.loads(message.event or "")["type"] for message in refused.first.messages[2:]] == [
        "run.completed", "schedule.recovered",
    ]  # fmt: skip
    assert [event.kind for event in refused.bus.heard] == ["run.completed", "schedule.recovered"]


@pytest.mark.parametrize("together", [False, True])
def test_a_bus_that_refused_a_recovery_hears_of_it_later(refused: Publisher, *, together: bool) -> None:
    failed, completed, failed_again = ended(1, "failed", 1), ended(2, "completed", 2), ended(3, "failed", 3)
    if not together:
        refuses(refused, failed)
    batch = [failed, completed, failed_again] if together else [completed, failed_again]
    refuses(refused, *batch)
    told = refused.sent("all")
    hears(refused)
    refused.publish(batch)
    assert [event.kind for event in refused.bus.heard][-3:] == ["run.completed", "schedule.recovered", "run.failed"]
    assert refused.sent("all") == told
    assert [row["since"] for row in left(refused)] == ["2026-03-02T10:00:03.000Z"]


class Weather:
    """A stream whose bus is away now and then, and whose publisher may die between two effects."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.publisher = Publisher()
        self.publisher.webhook("all")
        self.parked: set[str] = set()
        """The runs whose changes the stream gave up."""
        self._away = 0
        burns = self.publisher.bus._burn

        def burn() -> None:
            if self._away > 0:
                self._away -= 1
                raise Unavailable("away")
            burns()

        self.publisher.bus._burn = burn

    def deliver(self, batch: Sequence[Change]) -> None:
        """Deliver a batch as Lambda does: in halves after a failure, and a change alone until it is parked."""
        for attempt in range(MOST_ATTEMPTS):
            if self.dice.random() < 0.1:
                self._away = self.dice.choice([1, 2, 30])
            self.publisher.fuse.left = self.dice.randrange(1, 40) if attempt == 0 else -1
            try:
                self.publisher.publish(batch)
            except (Unavailable, Died):
                if len(batch) > 1:
                    half = len(batch) // 2
                    self.deliver(batch[:half])
                    self.deliver(batch[half:])
                    return
            else:
                return
        self.parked |= {run_of(change) for change in batch}


def run_of(change: Change) -> str:
    assert change.after is not None
    return str(change.after["run_id"])


@pytest.mark.parametrize("seed", range(20))
def test_each_recovery_is_told_though_the_bus_is_away(seed: int) -> None:
    weather = Weather(seed)
    dice = weather.dice
    changes = [
        ended(number, dice.choice(["completed", "failed", "incomplete"]), number, schedule=dice.choice("st"))
        for number in range(1, 41)
    ]
    over, trouble = set(), set()
    for change in changes:
        assert change.after is not None
        schedule, status = change.after["schedule_id"], change.after["status"]
        if status != "completed":
            trouble.add(schedule)
        elif schedule in trouble:
            trouble.remove(schedule)
            over.add(run_of(change))
    start = 0
    while start < len(changes):
        size = dice.randrange(1, 9)
        weather.deliver(changes[start : start + size])
        start += size
    publisher = weather.publisher
    told = [json.loads(message.event or "") for message in [*publisher.first.messages, *publisher.again.messages]]
    events = {event.id: run_of(change) for change in changes for event in events_of(change)}
    assert events.keys() <= {one["id"] for one in told}
    assert over <= {one["data"]["run_id"] for one in told if one["type"] == "schedule.recovered"}
    assert {one for one, run in events.items() if run not in weather.parked} <= publisher.told.keys()
    heard = {one.data["run_id"] for one in publisher.bus.heard if one.kind == "schedule.recovered"}
    assert over - weather.parked <= heard
    if not weather.parked:
        assert heard == over


def test_the_bus_is_away_for_long_enough() -> None:
    """Some histories park changes, and some do not."""
    parked = []
    for seed in range(20):
        weather = Weather(seed)
        weather.deliver([ended(number, "failed", number) for number in range(1, 41)])
        parked.append(bool(weather.parked))
    assert {*parked} == {True, False}
