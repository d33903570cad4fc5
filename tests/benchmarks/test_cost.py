"""The cost model: counted from real occurrences, sums that add up, the goal, and a document that says what it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from agent_schedules import telemetry

from benchmarks import cost
from benchmarks.cost_model import GATEWAY, GOAL, HOURLY, SPECS, Deployment, counted, lines, total
from benchmarks.prices import prices
from benchmarks.sections import PERFORMANCE, section_of, table, write_section
from benchmarks.workload import Workload, count, text
from dev.template import load_template

pytestmark = pytest.mark.slow

PRICED = Deployment()
TOGETHER = replace(HOURLY, together=10)


def test_an_occurrence_is_counted_as_the_budget_has_it() -> None:
    units = counted(HOURLY)
    assert units.occurrences == units.fires == units.received == 24
    assert units.invocations == {"runner": 24, "worker": 24}
    assert units.calls == {"runner": 3 * 24, "worker": 2 * 24}
    assert (units.sent.total(), units.looked.total()) == (24, 24)
    assert units.write_units == 10 * 24
    assert units.read_units == 5 * 24
    assert units.queue_requests == 3 * 24


def test_messages_due_together_share_requests_and_invocations() -> None:
    units = counted(TOGETHER)
    assert units.invocations == {"runner": 240, "worker": 24}
    assert units.queue_requests == 240 + 2 * 24
    assert units.write_units == 10 * 240


def test_a_long_prompt_costs_reads_and_nothing_else() -> None:
    short, long = (lines(counted(replace(TOGETHER, prompt=size)), PRICED) for size in (100, 20_000))
    assert {name for name in short if short[name] != pytest.approx(long[name])} == {"DynamoDB reads"}
    assert long["DynamoDB reads"] > short["DynamoDB reads"]


@pytest.mark.parametrize("name", SPECS)
def test_synchronous_costs_less_than_background_without_model(name: str) -> None:
    workload = SPECS[name]
    background, synchronous = (lines(counted(replace(workload, background=mode)), PRICED) for mode in (True, False))
    assert total(synchronous) < total(background)
    assert synchronous["DynamoDB writes"] == background["DynamoDB writes"]


def test_more_looks_cost_more_in_every_line_that_they_touch() -> None:
    costs = [lines(counted(replace(TOGETHER, seconds=seconds)), PRICED) for seconds in (1, 5, 20, 60, 600)]
    looks = [counted(replace(TOGETHER, seconds=seconds)).looked.total() / 240 for seconds in (1, 5, 20, 60, 600)]
    assert looks == [1, 2, 4, 5, 14]
    for before, after in pairwise(costs):
        for name in ("Lambda requests", "Lambda GB-s", GATEWAY, "DynamoDB reads", "SQS"):
            assert before[name] < after[name], name
        assert total(before) < total(after)


def test_a_sum_is_the_sum_of_its_lines() -> None:
    costs = lines(counted(TOGETHER), PRICED)
    assert total(costs, gateway=True) == pytest.approx(sum(costs.values()))
    assert total(costs) == pytest.approx(sum(costs.values()) - costs[GATEWAY])


def test_a_line_is_its_units_times_its_price() -> None:
    units, price = counted(TOGETHER), prices()
    costs = lines(units, PRICED)
    assert costs["DynamoDB writes"] == pytest.approx(10 * 0.625)
    assert costs["SQS"] == pytest.approx(1.2 * price["sqs_request"].usd * 1e6)
    assert costs["EventBridge Scheduler"] == pytest.approx(1.0)


def test_measured_times_take_the_place_of_assumed_ones() -> None:
    units = counted(HOURLY)
    measured = replace(PRICED, runner_ms=100, worker_ms=60)
    assert lines(units, measured)["Lambda GB-s"] == pytest.approx(0.160 * 256 / 1024 * 13.3334)
    assert lines(units, measured)[GATEWAY] == lines(units, PRICED)[GATEWAY]


def test_memory_raises_the_cost_of_waiting_only() -> None:
    units = counted(TOGETHER)
    idle, busy = replace(PRICED, cpu_ms=0), replace(PRICED, aws_ms=0)
    assert lines(units, replace(idle, memory=512))["Lambda GB-s"] == pytest.approx(
        2 * lines(units, idle)["Lambda GB-s"]
    )
    assert lines(units, replace(busy, memory=512))["Lambda GB-s"] == pytest.approx(lines(units, busy)["Lambda GB-s"])


def test_second_exact_burst_stays_under_the_goal() -> None:
    assert total(lines(counted(replace(SPECS["every 90 s, second-exact"], together=10)), PRICED)) < GOAL


def test_the_log_of_an_occurrence_is_short_and_names_no_machine() -> None:
    units = counted(HOURLY)
    assert units.log_lines == 2 * 24  # a line of metrics for each invocation
    assert units.log_bytes < 720 * 24


def test_the_template_deploys_what_is_priced() -> None:
    function = load_template()["Globals"]["Function"]
    priced = PRICED.memory, "JSON", "WARN"
    logging = function.get("LoggingConfig", {})
    assert (function["MemorySize"], logging.get("LogFormat"), logging.get("SystemLogLevel")) == priced


def test_the_document_has_the_tables_that_the_script_prints() -> None:
    assert section_of(PERFORMANCE, "benchmarks.cost") == cost.report(PRICED)
    assert section_of(PERFORMANCE, "benchmarks.prices") == cost.price_table()


def test_what_is_printed_is_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    cost.main(["--memory", "512"])
    printed = capsys.readouterr().out
    assert printed.strip() == f"{cost.report(Deployment(memory=512))}\n\n{cost.price_table()}"
    assert "functions of 512 MB" in printed


def test_a_price_says_where_it_is_from() -> None:
    assert all(price.source and price.usd > 0 for price in prices().values())


def test_a_section_is_replaced_whole_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "document.txt"
    document.write_text("before\n\n<!-- a -->\nold\n<!-- end of a -->\n\nafter\n", encoding="utf-8")
    write_section(document, "a", table(["n", "usd"], [["x", "$1.00"]]))
    assert document.read_text(encoding="utf-8") == (
        "before\n\n<!-- a -->\n| n | usd |\n| --- | ---: |\n| x | $1.00 |\n<!-- end of a -->\n\nafter\n"
    )


def test_texts_have_their_length_and_compress_as_texts_do() -> None:
    assert len(text(20_000)) == 20_000
    assert text(100) == text(100) != text(101)[:100]


def test_what_ran_before_is_not_counted() -> None:
    before = count(HOURLY)
    telemetry.count("HintsGone")
    telemetry.measure("Lateness", 1234567.891)
    assert count(HOURLY) == before


def test_a_workload_is_counted_once() -> None:
    once = Workload({"type": "once", "run_at": "2026-03-02T11:00:00Z"}, 1)
    assert counted(once) is counted(Workload({"type": "once", "run_at": "2026-03-02T11:00:00Z"}, 1))
