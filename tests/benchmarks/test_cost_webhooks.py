"""The cost of events that go to webhooks: counted units, and a document that says what the script says."""

from __future__ import annotations

import pytest

from benchmarks.cost_model import Deployment
from benchmarks.cost_webhooks import CASES, Case, counted, lines, report
from benchmarks.sections import PERFORMANCE, section_of
from dev.template import load_template, resolved

pytestmark = pytest.mark.slow


def test_delivery_that_succeeds_is_one_read_and_one_write() -> None:
    units = counted(CASES[0])
    assert (units.invocations, units.queue_requests, units.requests) == (2, 3, 1)
    assert units.write_units == 1
    assert units.read_units == 3  # the owner's webhooks, and the webhook with its delivery


def test_events_that_come_together_share_invocations_and_requests() -> None:
    units = counted(Case("ten", 10))
    assert (units.invocations, units.queue_requests) == (0.2, 0.3)
    assert units.write_units == 1


def test_sums_are_of_their_lines() -> None:
    costs = lines(counted(CASES[0]), Deployment())
    assert all(usd > 0 for usd in costs.values())
    assert f"**${sum(costs.values()):.2f}**" in report(Deployment())


def test_stack_without_webhooks_has_nothing_that_could_cost() -> None:
    template = load_template()
    off = [
        name
        for name, resource in template["Resources"].items()
        if "Condition" in resource and not resolved({"Condition": resource["Condition"]}, {}, template)
    ]
    assert {"NotifierFunction", "PublisherFunction", "DeliveryQueue", "RedeliveryQueue", "WebhookSecret"} <= {*off}


def test_the_document_has_the_tables_of_the_script() -> None:
    assert section_of(PERFORMANCE, "benchmarks.cost_webhooks") == report(Deployment())
