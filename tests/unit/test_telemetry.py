"""Metrics are printed as CloudWatch's embedded metric format: one line an invocation."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from agent_schedules import telemetry
from agent_schedules.lambda_handler import observed

from dev.fake_aws.lambda_runtime import Context
from tests.support import situations
from tests.support.world import World


@pytest.fixture(autouse=True)
def _from_nothing() -> None:
    telemetry.taken()


def test_lateness_is_the_time_from_the_nominal_time_to_the_claim() -> None:
    world = World()
    schedule = situations.due(world)
    world.clock.advance(7.5)
    world.hint(schedule, world.now)
    assert telemetry.taken()[1]["Lateness"] == [7.5]


def test_a_claim_before_its_time_has_a_lateness_below_zero() -> None:
    # No claim is decided before its time. A clock that is set back meanwhile would hide that one was, if cut off at 0.
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 5})
    world.clock.advance(5)
    world.queue.before = lambda _: world.clock.advance(-0.4)  # the message for the next, before the claim
    world.hint(schedule, world.now)
    assert telemetry.taken()[1]["Lateness"] == [-0.4]


def test_each_call_to_the_gateway_is_measured() -> None:
    situations.asked(httpx.Response(200, json={"id": "resp_1", "status": "completed"}))(World())
    # The clock is looked at where the answer begins, after its one part, and when it is there.
    assert telemetry.taken()[1]["GatewayLatency"] == [3 * 250]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the embedded metric format that were printed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def test_an_invocation_prints_one_line_whatever_it_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "agent-schedules-test")

    @observed
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        telemetry.count("HintsSettled")
        telemetry.count("HintsSettled")
        telemetry.measure("Lateness", 1.5)
        telemetry.measure("Lateness", 2.5)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        handler({}, Context("runner", 60))
    (line,) = emitted(capsys)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == telemetry.NAMESPACE
    assert described["Dimensions"] == [["service"]]
    assert line["service"] == "agent-schedules-test"
    assert {metric["Name"]: metric["Unit"] for metric in described["Metrics"]} == {
        "HintsSettled": "Count",
        "Lateness": "Seconds",
    }
    assert (line["HintsSettled"], line["Lateness"]) == ([2.0], [1.5, 2.5])


def test_nothing_counted_prints_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    observed(lambda _event, _context: {})({}, Context("runner", 60))
    assert emitted(capsys) == []


def test_more_values_than_a_line_may_have_make_more_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    for value in range(250):
        telemetry.measure("Lateness", value)
    telemetry.publish()
    assert sorted(value for line in emitted(capsys) for value in line["Lateness"]) == list(range(250))
