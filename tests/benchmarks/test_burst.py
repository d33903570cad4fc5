"""The simulated top of the hour: nothing is lost, quotas only ever slow it down, and the document says what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import burst as script
from benchmarks.burst import BURSTS, HOUR, Burst, Gate, Quotas, binding, gates, simulate
from benchmarks.cost_model import HOURLY, counted
from benchmarks.sections import SCALE, section_of

pytestmark = pytest.mark.slow

MILLION = Burst("a million", 1_000_000)


def test_a_gate_keeps_the_order_and_loses_nothing() -> None:
    gate = Gate(10)
    left = [gate.step([(0, 15.0)]), gate.step([(1, 10.0)]), gate.step([]), gate.step([])]
    assert left == [[(0, 10)], [(0, 5.0), (1, 5)], [(1, 5.0)], []]


@pytest.mark.parametrize("number", [10_000, 100_000, 1_000_000])
def test_eventbridge_alone_takes_a_second_for_a_thousand(number: int) -> None:
    result = simulate(Burst("x", number), only="EventBridge invocations")
    assert result.claimed_after == number / 1000 - 1
    assert result.p50 == pytest.approx(number / 2000, abs=1)
    assert result.p99 == pytest.approx(0.99 * number / 1000, abs=1)


def test_a_million_takes_seventeen_minutes_and_eventbridge_binds() -> None:
    assert 16 * 60 < simulate(MILLION).claimed_after < 17 * 60
    assert binding(MILLION) == "EventBridge invocations"


def test_all_quotas_together_are_as_slow_as_the_slowest_alone() -> None:
    for burst in BURSTS:
        alone = [simulate(burst, only=name) for name in gates(burst)]
        together = simulate(burst)
        assert together.claimed_after >= max(result.claimed_after for result in alone)
        assert together.p99 >= max(result.p99 for result in alone)


@pytest.mark.parametrize("field", ["eventbridge", "concurrency", "scaling"])
def test_a_larger_quota_is_never_slower(field: str) -> None:
    raised = replace(MILLION, quotas=replace(Quotas(), **{field: 3 * getattr(Quotas(), field)}))
    assert simulate(raised).claimed_after <= simulate(MILLION).claimed_after
    assert simulate(raised).p99 <= simulate(MILLION).p99


def test_spread_is_on_time_until_its_rate_is_above_the_quota() -> None:
    spread = replace(MILLION, spread=HOUR)
    assert (simulate(spread).p99, round(simulate(spread).late, 6), binding(spread)) == (0, 0, "none")
    more = replace(spread, schedules=4_000_000)
    assert simulate(more).p99 > 0
    assert binding(more) == "EventBridge invocations"


def test_a_cell_is_a_burst_of_its_own() -> None:
    cell = simulate(replace(MILLION, schedules=MILLION.schedules // 10))
    assert cell.late == 0
    assert simulate(MILLION).late == pytest.approx(0.88, abs=0.01)


def test_one_agent_is_a_hot_partition() -> None:
    one = Burst("x", 100_000, agents=1)
    assert binding(one) == "DynamoDB, partitions of the agents"
    assert simulate(one).claimed_after == 499


def test_run_unclaimed_at_the_end_counts_as_late() -> None:
    result = simulate(Burst("x", 100_000_000))
    assert result.late > 0.99
    assert result.p99 == script.LONGEST


def test_the_document_has_the_tables_that_the_script_prints() -> None:
    assert section_of(SCALE, "benchmarks.burst") == script.report()
    assert section_of(SCALE, "benchmarks.burst fleet") == script.arithmetic()


def test_an_occurrence_takes_what_it_is_counted_to_take() -> None:
    units = counted(replace(HOURLY, together=10))
    taken = units.write_units, units.read_units, units.queue_requests
    assert taken == tuple(240 * each for each in (script.WRITE_UNITS, script.READ_UNITS, script.SQS_REQUESTS))


def test_a_burst_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    script.main(["--schedules", "5000", "--eventbridge", "100"])
    printed = capsys.readouterr().out
    assert "claimed_after=49" in printed
    assert "binds: EventBridge invocations" in printed
