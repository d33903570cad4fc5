"""No flood of requests takes the concurrency that schedules run on, whatever the account has of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from agent_schedules.services.runs import GATEWAY_SECONDS
from botocore.exceptions import NoCredentialsError

from dev.template import TEMPLATE as TEMPLATE_FILE
from tests.template.reading import RESOURCES, TEMPLATE
from tools.build.deploy import command
from tools.build.shares import LEFT, RECONCILERS, SMALLEST, of_account, shares

LIMITS = [*range(SMALLEST, 2_000), 3_000, 10_000, 100_000]
DEFAULTS = {name: TEMPLATE["Parameters"][name]["Default"] for name in shares(SMALLEST)}


def test_requests_at_their_longest_leave_room_for_schedules() -> None:
    for limit in LIMITS:
        found = shares(limit)
        others = found["WorkerMaximumConcurrency"] + RECONCILERS + LEFT
        assert found["RequestRateLimit"] * GATEWAY_SECONDS + others <= limit
        assert found["RequestBurstLimit"] + others <= limit


def test_a_larger_account_is_never_given_less() -> None:
    for smaller, larger in pairwise(LIMITS):
        assert all(shares(larger)[name] >= value for name, value in shares(smaller).items())


def test_the_templates_defaults_are_those_of_a_new_account() -> None:
    assert shares(SMALLEST) == DEFAULTS
    for name, value in shares(100_000).items():
        parameter = TEMPLATE["Parameters"][name]
        assert parameter["MinValue"] <= DEFAULTS[name] <= value <= parameter.get("MaxValue", value)


def test_nothing_is_reserved_unless_asked() -> None:
    """Lambda refuses any reserve in an account that would be left with less than 100."""
    for name in ("ApiReservedConcurrency", "RunnerReservedConcurrency"):
        assert TEMPLATE["Parameters"][name]["Default"] == 0


def test_readers_of_queues_are_those_that_are_counted() -> None:
    events = {
        name: event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for name in ("WorkerFunction", "ReconcilerFunction")
        for event in RESOURCES[name]["Properties"]["Events"].values()
        if event["Type"] == "SQS"
    }
    assert events == {"WorkerFunction": {"Ref": "WorkerMaximumConcurrency"}, "ReconcilerFunction": RECONCILERS}


@pytest.mark.parametrize("limit", [10, 100, 1000])
def test_the_document_has_the_same_numbers(limit: int) -> None:
    lines = (TEMPLATE_FILE.parent / "docs" / "explanation" / "concurrency.md").read_text("utf-8").splitlines()
    [row] = [line for line in lines if line.startswith((f"| {limit:,} |", f"| {limit:,} (", f"| {limit:,} and"))]
    rate, burst, workers, *sums = (int(cell) for cell in row.strip("| ").split(" | ")[1:])
    assert shares(limit) == {
        "RequestRateLimit": rate,
        "RequestBurstLimit": burst,
        "WorkerMaximumConcurrency": workers,
    }
    assert sums == [
        rate * GATEWAY_SECONDS,
        workers,
        RECONCILERS,
        limit - rate * GATEWAY_SECONDS - workers - RECONCILERS,
    ]


class Lambda:
    def __init__(self, limit: int | None) -> None:
        self._limit = limit

    def get_account_settings(self) -> dict[str, Any]:
        if self._limit is None:
            raise NoCredentialsError
        return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": self._limit}}


def test_a_deployment_takes_its_accounts_shares_unless_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.build.shares.client", lambda _: Lambda(1000))
    config = {"x": {"global": {"parameters": {"parameter_overrides": "Stage=dev RequestRateLimit=7"}}}}
    *_, given = command(config, "x", "", of_account)
    assert given.startswith("Stage=dev RequestRateLimit=7 RequestBurstLimit=200 WorkerMaximumConcurrency=50 Revision=")


def test_a_deployment_that_may_not_ask_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.build.shares.client", lambda _: Lambda(None))
    assert of_account() == {}
    assert "Unable to locate credentials" in capsys.readouterr().out
