"""The simulated receivers: a thousand that hang, and how late a good one gets its events."""

from __future__ import annotations

import pytest
from agent_schedules.execution.deliver import SECONDS

from benchmarks import receivers as script
from benchmarks.neighbours import percentile
from benchmarks.receivers import ANSWER, CASES, THOUSAND, Receivers, Result, simulate
from benchmarks.sections import SCALE, section_of

pytestmark = pytest.mark.slow


def p99(result: Result) -> float:
    return percentile(result.late, 0.99)


def test_thousand_failing_receivers_delay_a_good_one_by_nothing() -> None:
    alone, among = simulate(Receivers("x", 0)), simulate(Receivers("x", THOUSAND))
    assert len(among.late) == len(alone.late) == script.LONG
    assert among.attempts > 15_000
    assert p99(among) <= 2 * p99(alone)
    assert max(among.late) <= 2 * max(alone.late)
    assert p99(alone) == pytest.approx(ANSWER)


def test_with_one_queue_they_would() -> None:
    assert p99(simulate(Receivers("x", THOUSAND, queues=1))) > 100 * ANSWER


@pytest.mark.parametrize("failing", [1, 10, THOUSAND])
def test_receivers_that_worked_delay_others_once(failing: int) -> None:
    result = simulate(Receivers("x", failing, known=True))
    late = [second for second, value in enumerate(result.late) if value > 2 * ANSWER]
    assert not late or max(late) <= script.BAD_EVERY + failing * SECONDS / 2
    assert p99(simulate(Receivers("x", failing, known=True, concurrency=50))) <= 2 * ANSWER


def test_simulation_is_the_same_each_time() -> None:
    first, second = (simulate(CASES[3], 600) for _ in range(2))
    assert first == second


def test_the_document_has_the_table_that_the_script_prints() -> None:
    assert section_of(SCALE, "benchmarks.receivers") == script.report()
