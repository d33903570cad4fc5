"""The simulated neighbours: what fairness and a limit do to how late others are, whatever the greedy tenant does."""

from __future__ import annotations

import pytest

from benchmarks import neighbours as script
from benchmarks.neighbours import AT_LIMIT, BATCH, MESSAGE, MODEST, Neighbours, Queue, percentile, simulate
from benchmarks.sections import SCALE, section_of

pytestmark = pytest.mark.slow

SECONDS = 30


def most(greedy: int, *, fair: bool, workers: int = 50) -> float:
    """How late the modest tenants' latest occurrence is."""
    return max(simulate(Neighbours("x", greedy, fair, workers), SECONDS).modest)


@pytest.mark.parametrize("fair", [False, True])
def test_no_message_is_lost(fair: bool) -> None:
    result = simulate(Neighbours("x", 500, fair), SECONDS)
    assert result.sent == result.handled + result.left
    assert result.handled > 0
    assert len(result.modest) >= MODEST * (SECONDS // script.EVERY - 1)


@pytest.mark.parametrize("workers", [2, 50])
def test_others_wait_for_two_batches_at_most_in_a_fair_queue(workers: int) -> None:
    for greedy in (AT_LIMIT, 500, 2_000):
        assert most(greedy, fair=True, workers=workers) <= 2 * BATCH * MESSAGE


def test_plain_queue_delays_others_more_the_greedier_one_is() -> None:
    late = [most(greedy, fair=False) for greedy in (0, 500, 2_000)]
    assert late == sorted(set(late))


def test_tenant_at_its_limit_delays_no_one_with_50_workers() -> None:
    assert most(AT_LIMIT, fair=False) == most(0, fair=False)


def test_a_tenant_that_is_alone_loses_nothing_by_being_noisy() -> None:
    alone = [simulate(Neighbours("x", 500, fair), SECONDS) for fair in (False, True)]
    assert alone[0].handled == pytest.approx(alone[1].handled, rel=0.01)


def test_queue_without_noisy_tenant_serves_oldest_first() -> None:
    queue = Queue(fair=True)
    sent = [script.Message(number % 5, float(number)) for number in range(30)]
    for message in sent:
        queue.put(message)
    assert [message for _ in range(3) for message in queue.take(30.0)] == sent


def test_the_document_has_the_table_that_the_script_prints() -> None:
    assert section_of(SCALE, "benchmarks.neighbours") == script.report()


def test_a_percentile_is_a_value_that_was_there() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0, 0.5, 1)] == [1.0, 2.0, 3.0]
    assert percentile([], 0.5) == 0
