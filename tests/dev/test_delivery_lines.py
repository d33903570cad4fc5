"""The line that `make run` prints for an attempt of a delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent_schedules.adapters.dynamodb import marshalled
from agent_schedules.ports import NotDelivered

from dev.delivery_lines import line_of
from tests.support.notifier import Delivering


def lines(one: Delivering, most: int) -> Iterator[str]:
    """The lines of the rows' changes while time passes."""
    before: Any = None
    key = one.publish()
    for _ in range(most):
        one.work()
        row = one.world.table.items.get((f"{key.owner}#{key.webhook_id}", f"E#{key.delivery_id}"))
        after = None if row is None else marshalled(dict(row))
        change = {name: image for name, image in (("OldImage", before), ("NewImage", after)) if image}
        line = line_of(change, one.world.ports.store.webhooks.get)
        before = after
        if line is not None:
            yield line
        one.world.clock.advance(1)


def test_each_attempt_has_a_line_with_its_result() -> None:
    one = Delivering()
    one.sender.answers = [500, NotDelivered("refused the connection"), 200]
    found = list(lines(one, 400))
    assert len(found) == 3
    assert found[0].startswith(
        "10:00:00  run.failed -> https://example.com/hooks  answered 500, 50 ms, attempt 1 of 10"
    )
    assert found[1].partition("  refused the connection, 50 ms, attempt 2 of 10, the next in ")[2].endswith(" s")
    assert found[2].endswith("  200, 50 ms, attempt 3 of 10")


def test_delivery_that_ends_without_an_attempt_has_a_line() -> None:
    one = Delivering(poll=True)
    [held] = lines(one, 3)
    assert held.endswith(f"run.failed -> {one.hook.key.webhook_id}  held")


def test_delivery_of_a_deleted_webhook_says_so() -> None:
    one = Delivering()
    one.sender.answers = [500]
    found = lines(one, 400)
    assert "answered 500, 50 ms, attempt 1 of 10, the next in " in next(found)
    one.world.ports.store.webhooks.delete(one.world.call, one.seen(), now=one.world.now)
    [line] = found
    assert line.endswith(f"  run.failed -> {one.hook.key.webhook_id}  dead (webhook deleted)")


def test_delivery_of_a_disabled_webhook_says_so() -> None:
    one = Delivering()
    one.sender.answers = [500]
    found = lines(one, 400)
    next(found)
    one.world.ports.store.webhooks.save(one.seen().disabled("caller", one.world.clock()))
    [line] = found
    assert line.endswith("  run.failed -> https://example.com/hooks  dead (webhook disabled)")


def test_last_attempt_has_its_result_and_the_end() -> None:
    one = Delivering()
    one.sender.answers = [410]
    [line] = lines(one, 3)
    assert line.endswith("  answered 410, 50 ms, attempt 1 of 10, dead (gone)")


def test_rows_of_other_kinds_have_no_line() -> None:
    image = marshalled({"pk": "local#agt_1", "sk": "R#run_1", "status": "queued"})
    assert line_of({"NewImage": image}, lambda _: None) is None
