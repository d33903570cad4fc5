"""The overview: is everything all right, what failed, what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.support.browser import Console
from tests.support.process import Stack

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}
SECONDLY = {"type": "interval", "interval_seconds": 1}
CALLS = {"GET /api/v1/summary", "GET /api/v1/upcoming?limit=100", "GET /api/v1/problems?limit=100"}


def test_a_new_account_is_shown_how_to_begin(console: Console, accessible: Callable[[Console], None]) -> None:
    page = console.open(key="local-2")
    expect(page.get_by_text("All is well.")).to_be_visible()
    expect(page.get_by_role("link", name="Create the first schedule")).to_have_attribute(
        "href", "/console/schedules/new"
    )
    page.get_by_role("tab", name="curl").press("ArrowRight")
    expect(page.get_by_role("tabpanel")).to_contain_text("from meetkai_mka1 import SDK")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("from meetkai_mka1")
    accessible(console)


def test_problems_are_first_and_lead_to_their_run(
    stack: Stack, console: Console, accessible: Callable[[Console], None]
) -> None:
    agent = stack.agent("fail")
    path = f"/api/v1/agents/{agent}/schedules"
    failing = stack.post(path, {"name": "Invoices", "input": "x", "schedule": SECONDLY})
    stack.post(path, {"name": "News", "input": "x", "schedule": DAILY})
    stack.ended(agent, 1)
    stack.client.post(f"{path}/{failing['id']}/pause")
    stack.all_ended(agent, failing["id"])
    page = console.open()
    expect(page.get_by_text(re.compile(r"\d+ runs failed in the last 24 hours"))).to_be_visible()
    problems = page.get_by_role("list").filter(has_text="Run failed")
    expect(problems.get_by_role("listitem").filter(has_text="Run failed")).to_have_count(1)  # the pause may skip a time
    expect(problems).to_contain_text("The model `fail` always fails.")
    expect(problems.get_by_role("link", name="Latest run")).to_have_attribute(
        "href", re.compile(f"/agents/{agent}/runs/")
    )
    expect(page.get_by_role("link", name="News")).to_be_visible()
    expect(page.get_by_role("link", name="Active 1")).to_have_attribute("href", "/console/schedules?status=active")
    accessible(console)
    assert set(console.requests) >= CALLS
    expect(problems.get_by_role("link", name="Invoices").first).to_be_visible()
    assert len(console.calls("/api/")) == 6  # who it is, and the names of the agents and of the schedules


def test_a_schedule_of_every_second_does_not_hide_the_others(stack: Stack, console: Console) -> None:
    path = f"/api/v1/agents/{stack.agent()}/schedules"
    ticker = stack.post(path, {"name": "Ticker", "input": "x", "schedule": SECONDLY})
    stack.post(path, {"name": "Breakfast", "input": "x", "schedule": DAILY})
    page = console.open()
    due = page.locator("section").filter(has=page.get_by_role("heading", name="Due soon"))
    expect(due.get_by_role("link", name="Breakfast")).to_be_visible()
    expect(due.get_by_role("link", name="Ticker")).to_have_count(1)
    assert len(console.calls("/api/v1/schedules?status=active")) == 1
    stack.client.post(f"{path}/{ticker['id']}/pause")


def test_it_waits_when_the_service_asks_for_it(console: Console) -> None:
    console.allowed.add(429)
    answered = 0

    def busy(route: Route) -> None:
        nonlocal answered
        answered += 1
        if answered > 1:
            route.continue_()
            return
        body = '{"message": "Too Many Requests"}'  # API Gateway's own form
        route.fulfill(status=429, body=body, headers={"Content-Type": "application/json", "Retry-After": "1"})

    console.page.route("**/api/v1/summary", busy)
    page = console.open(key="local-2")
    expect(page.get_by_text("All is well.")).to_be_visible()
    assert answered == 2


@pytest.mark.parametrize(
    ("path", "region"), [("/console/schedules/new", "group"), ("/console/calendar", "region")], ids=["new", "calendar"]
)
def test_a_page_without_its_agents_asks_again(path: str, region: Any, console: Console) -> None:
    console.allowed.add(500)
    body = '{"error": {"message": "The table did not answer."}}'
    console.page.route("**/api/v1/agents?*", lambda route: route.fulfill(status=500, body=body))
    page = console.open(path, key="local-2")
    expect(page.get_by_role("alert")).to_contain_text("The table did not answer.")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    console.page.unroute("**/api/v1/agents?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role(region).first).to_be_visible()


def test_a_service_that_is_away_is_named_and_asked_again(console: Console) -> None:
    console.page.route("**/api/v1/summary", lambda route: route.abort())
    console.aborts = True
    page = console.open(key="local-2")
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    console.page.unroute("**/api/v1/summary")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("All is well.")).to_be_visible()
