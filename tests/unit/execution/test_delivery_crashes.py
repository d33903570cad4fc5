"""A notifier that dies between any two effects, or is throttled, loses no delivery; a receiver sees no other id."""

from __future__ import annotations

import pytest
from agent_schedules.domain.deliveries import Deliver, Delivery, DeliveryKey
from agent_schedules.errors import Unavailable
from agent_schedules.execution.redeliver import redeliver

from tests.support.delivery_queue import Waiting
from tests.support.fuse import Died, Fuse
from tests.support.notifier import SWEEP, Delivering

VISIBLE = 360  # seconds until a message comes again whose process died
DAYS = 5 * 86_400


def handled(one: Delivering, message: Deliver, *, first: bool, fuse: Fuse | None = None) -> None:
    """A message, which comes again if its process dies or a service does not answer."""
    queue = one.world.deliveries if first else one.world.redeliveries
    try:
        one.notifier.handle(message, first=first)
    except (Died, Unavailable):
        if fuse is not None:
            fuse.left = float("inf")
        queue.messages.append(Waiting(one.world.clock.moment.replace(microsecond=0), message))
        one.world.clock.advance(VISIBLE)


def lived(one: Delivering, key: DeliveryKey, *, fuse: Fuse | None = None) -> Delivery:
    """The delivery when it is over, with a sweep every five minutes that may die too."""
    end, sweep = one.world.now + DAYS, one.world.now + SWEEP
    while one.world.now < end:
        for queue in one.queues:
            for message in queue.take_due():
                handled(one, message, first=queue is one.world.deliveries, fuse=fuse)
        found = one.stored(key)
        if found is not None and found.over:
            return found
        due = [waiting.due.timestamp() for queue in one.queues for waiting in queue.messages]
        one.world.clock.advance(max(min([*due, sweep]) - one.world.clock.moment.timestamp(), 1))
        if one.world.now >= sweep:
            sweep += SWEEP
            try:
                redeliver(one.world.ports)
            except (Died, Unavailable):
                if fuse is not None:
                    fuse.left = float("inf")
    raise AssertionError("it never ended")


ANSWERS: dict[str, list[int]] = {
    "success": [200],
    "two failures": [500, 500, 200],
    "a failure that waits for the sweep": [500, 500, 500, 200],
    "gone": [410],
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("known", [True, False])
def test_crash_between_any_two_effects_loses_nothing(answers: list[int], known: bool) -> None:
    for burn in range(1, 60):
        one = Delivering(known=known)
        one.sender.answers = list(answers)
        key = one.publish()
        fuse = Fuse()
        fuse.wire(one.world)
        one.sender.before = one.sender.after = fuse.burn
        fuse.left = burn
        delivery = lived(one, key, fuse=fuse)
        assert delivery.status == ("dead" if answers == [410] else "delivered")
        assert len({post.headers["webhook-id"] for post in one.sender.posts}) == 1
        assert len(answers) <= len(one.sender.posts) <= len(answers) + 1
        assert one.seen().enabled is (answers != [410])
        assert len(delivery.attempts) <= 10
        if burn > fuse.count:
            return
    raise AssertionError("more effects than thought")


@pytest.mark.parametrize("every", [2, 3, 5])
@pytest.mark.parametrize("throttled", ["table", "second queue"])
def test_throttled_services_only_delay(every: int, throttled: str) -> None:
    one = Delivering()
    one.sender.answers = [500, 500, 500, 200]
    keys = [one.publish() for _ in range(3)]
    asked = 0

    def throttle(*_: object) -> None:
        nonlocal asked
        asked += 1
        if asked % every == 0:
            raise Unavailable("throttled; try again")

    if throttled == "table":
        one.world.table.before_write = throttle
    else:
        one.world.redeliveries.before = throttle
    for key in keys:
        assert lived(one, key).status == "delivered"
    assert asked > every


def test_deliveries_that_fail_wait_in_turn_for_their_own_times() -> None:
    one = Delivering()
    one.sender.answers = [500]
    keys = [one.publish() for _ in range(3)]
    one.work()
    one.world.clock.advance(2)
    later = one.publish()
    for key in (*keys, later):
        delivery = one.until_over(key)
        assert len(delivery.attempts) == 10
