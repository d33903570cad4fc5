"""Events reach the bus and every webhook that wants them, with the same ids, whatever happens between two steps."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import Unavailable
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.keys import definition_key

from tests.support.fakes import FakeClock
from tests.support.publishing import Publisher, ended, run_row
from tests.support.watched import Watched, is_in_the_catalogue

USER = "local:0f0f"
KEY = Key("local", "agt_1", "s")
HISTORY = [
    ended(1, "completed", 1),
    ended(2, "failed", 2),
    ended(3, "incomplete", 3),
    ended(4, "completed", 4, owner=USER),
    ended(5, "completed", 5),
    ended(6, "failed", 6),
    ended(7, "completed", 7),
    ended(8, "completed", 8, owner="other"),
    ended(9, "failed", 9),
    ended(10, "failed", 10, owner="other"),
    ended(11, "completed", 11, schedule=None),
]
KINDS = [
    "run.completed", "run.failed", "run.incomplete", "run.completed", "run.completed", "schedule.recovered",
    "run.failed", "run.completed", "schedule.recovered", "run.completed", "run.failed", "run.failed", "run.completed",
]  # fmt: skip


def with_webhooks() -> Publisher:
    publisher = Publisher()
    publisher.webhook("all")
    publisher.webhook("slow", slow=True)
    publisher.webhook("failures", events=frozenset({"run.failed", "schedule.recovered"}))
    publisher.webhook("everyone", all_users=True)
    publisher.webhook("user", owner=USER)
    publisher.webhook("other", owner="other")
    publisher.webhook("off", disabled_reason="caller")
    return publisher


def left(publisher: Publisher) -> dict[Any, Any]:
    """The troubles in the table."""
    return {at: row for at, row in publisher.world.table.items.items() if at[1].startswith("F#")}


def test_each_event_reaches_the_bus_and_its_webhooks() -> None:
    publisher = with_webhooks()
    assert publisher.publish(HISTORY) == len(KINDS)
    assert [event.kind for event in publisher.bus.heard] == KINDS
    for event in publisher.bus.heard:
        is_in_the_catalogue(event)
    numbers = {
        name: len(publisher.sent(name)) for name in ("all", "slow", "failures", "everyone", "user", "other", "off")
    }
    assert numbers == {"all": 10, "slow": 10, "failures": 5, "everyone": 11, "user": 1, "other": 2, "off": 0}
    assert {message.key.webhook_id for message in publisher.again.messages} == {"slow"}
    assert {row["event_id"] for row in left(publisher).values()} == {
        event.id for event in publisher.bus.heard if event.data.get("run_id") in {"run_9", "run_10"}
    }


@pytest.mark.parametrize("bisect", [False, True], ids=["whole", "bisected"])
@pytest.mark.parametrize("size", [1, 4, len(HISTORY)])
def test_a_crash_between_two_steps_loses_nothing(size: int, *, bisect: bool) -> None:
    without = with_webhooks()
    for start in range(0, len(HISTORY), size):
        without.publish(HISTORY[start : start + size])
    assert [event.kind for event in without.bus.heard] == KINDS
    for boundary in count(1):
        publisher = with_webhooks()
        publisher.fuse.left = boundary
        for start in range(0, len(HISTORY), size):
            publisher.stream(HISTORY[start : start + size], bisect=bisect)
        assert publisher.told == without.told
        for name in ("all", "slow", "failures", "everyone", "user", "other", "off"):
            assert publisher.sent(name) == without.sent(name)
        assert left(publisher) == left(without)
        if publisher.fuse.left > 0:
            break
    assert boundary > 10


def test_every_batch_twice_says_the_same() -> None:
    publisher, twice = with_webhooks(), with_webhooks()
    for change in HISTORY:
        publisher.publish([change])
        twice.publish([change])
        twice.publish([change])
    assert twice.told == publisher.told
    assert left(twice) == left(publisher)


def test_no_webhook_gets_what_is_another_tenants() -> None:
    publisher = with_webhooks()
    publisher.publish(HISTORY)
    for message in [*publisher.first.messages, *publisher.again.messages]:
        data = json.loads(message.event or "")["data"]
        assert data["tenant"] == message.key.owner.partition(":")[0]
        assert not data["user_sha256"] or message.key.webhook_id in {"user", "everyone"}


def test_an_older_success_ends_no_later_trouble() -> None:
    publisher = Publisher(webhooks=False)
    completed, failed = ended(1, "completed", 1), ended(2, "failed", 2)
    publisher.publish([completed, failed])
    publisher.publish([completed, failed])
    assert set(publisher.told.values()) == {"run.completed", "run.failed"}
    publisher.publish([ended(3, "completed", 3)])
    assert publisher.bus.heard[-1].kind == "schedule.recovered"


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_a_recovery_says_after_what_and_since_when(status: str) -> None:
    publisher = Publisher(webhooks=False)
    publisher.publish([ended(1, status, 1)])
    publisher.publish([ended(2, "failed", 2), ended(3, "completed", 3)])
    recovered = publisher.bus.heard[-1]
    assert (recovered.kind, recovered.data["after"]) == ("schedule.recovered", "failures")
    assert recovered.data["since"] == publisher.bus.heard[0].data["occurred_at"] == "2026-03-02T10:00:01.000Z"
    assert recovered.data["run_id"] == "run_3"
    assert not left(publisher)


def test_a_trouble_that_is_never_over_expires() -> None:
    publisher = Publisher()
    publisher.publish([ended(1, "failed", 1)])
    (row,) = left(publisher).values()
    assert row["ttl"] == 1_772_445_601 + 90 * 86_400


@pytest.mark.parametrize(("metadata", "gets"), [({"team": "a"}, True), ({"team": "b"}, False), (None, False)])
@pytest.mark.parametrize("deleted", [False, True])
def test_metadata_is_that_of_the_schedule(metadata: Any, gets: bool, deleted: bool) -> None:
    publisher = Publisher()
    watched = Watched()
    schedule = watched.world.create({"type": "interval", "interval_seconds": 60}, metadata=metadata)
    at, place = definition_key(schedule.key), definition_key(KEY, deleted=deleted)
    stored = watched.world.table.items[at.pk, at.sk]
    publisher.world.table.items[place.pk, place.sk] = {**stored, "pk": place.pk, "sk": place.sk}
    publisher.webhook("team", metadata=(("team", "a"),))
    publisher.publish([ended(1, "completed", 1)])
    assert bool(publisher.sent("team")) == gets


def test_an_event_without_a_schedule_has_no_metadata() -> None:
    publisher = Publisher()
    publisher.webhook("team", metadata=(("team", "a"),))
    publisher.publish([ended(1, "completed", 1, schedule=None)])
    assert not publisher.sent("team")


def test_a_start_is_only_for_those_that_ask_for_it() -> None:
    publisher = Publisher()
    publisher.webhook("all")
    publisher.webhook("starts", events=frozenset({"run.started"}))
    publisher.publish([Change(None, run_row(1, "submitting"), HISTORY[0].at)])
    assert (len(publisher.sent("all")), len(publisher.sent("starts"))) == (0, 1)


def test_a_poll_webhook_gets_events_until_it_expires() -> None:
    publisher = Publisher()
    publisher.webhook("poll", url=None, expires_at=FakeClock("2026-03-02T10:00:05Z").moment)
    publisher.publish([ended(1, "completed", 1)])
    publisher.world.clock.advance(5)
    publisher.publish([ended(2, "completed", 2)])
    assert len(publisher.sent("poll")) == 1


@pytest.mark.parametrize(
    ("changes", "reads", "writes"),
    [
        ([Change(None, run_row(1, "submitting"), HISTORY[0].at)] * 5, [], 0),
        ([ended(1, "completed", 1, schedule=None)], [], 0),
        ([ended(number, "completed", number) for number in range(100)], ["get"], 0),
        ([ended(number, "completed", number, schedule=f"s{number}") for number in range(100)], ["get"], 0),
        ([ended(number, "failed", number) for number in range(100)], ["get", "write"], 1),
    ],
    ids=["starts", "no schedule", "one schedule", "100 schedules", "failures"],
)
def test_a_batch_costs_one_read_if_a_schedules_run_ended(changes: Any, reads: list[str], writes: int) -> None:
    publisher = Publisher(webhooks=False)
    publisher.publish(changes)
    meter = publisher.world.table.meter
    assert (meter.calls, meter.write_units) == (reads, writes)
    assert publisher.bus.calls == 1


def test_webhooks_of_an_owner_are_read_once_for_a_batch() -> None:
    publisher = Publisher()
    publisher.webhook("all")
    publisher.publish(
        [ended(number, "completed", number, owner=owner) for number in range(50) for owner in ("a", USER)]
    )
    assert publisher.world.table.meter.calls == ["get", "query", "query", "query"]


def test_neither_bus_nor_webhooks_publishes_nothing() -> None:
    publisher = Publisher(bus=False, webhooks=False)
    publisher.publish(HISTORY)
    assert not publisher.bus.heard


def test_a_queue_that_does_not_answer_has_the_batch_delivered_again() -> None:
    publisher = Publisher()
    publisher.webhook("all")

    def refuse() -> None:
        raise Unavailable("away")

    burns, publisher.first._burn = publisher.first._burn, refuse
    for _ in range(2):
        with pytest.raises(Unavailable):
            publisher.publish([ended(1, "failed", 1)])
    assert not left(publisher)
    publisher.first._burn = burns
    publisher.publish([ended(1, "failed", 1)])
    assert [event.kind for event in publisher.bus.heard] == ["run.failed"]  # once
    assert len(publisher.sent("all")) == 1


def test_the_events_of_real_use_are_published() -> None:
    watched, publisher = Watched(), Publisher()
    publisher.webhook("all")
    watched.world.create({"type": "interval", "interval_seconds": 60})
    watched.world.pass_time(130)
    publisher.publish(watched.changes)
    assert publisher.told == {event.id: event.kind for change in watched.changes for event in events_of(change)}
    assert len(publisher.sent("all")) == 2
