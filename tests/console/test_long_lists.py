"""A list of many schedules: a page at a time, one request at a time, and the place kept by the address."""

from __future__ import annotations

import re

from playwright.sync_api import Request, expect

from tests.support.browser import Console
from tests.support.process import Stack

SCHEDULES = 120
YEARLY = {"type": "cron", "cron_expression": "0 0 1 1 *"}


def test_pages_go_forward_and_back_one_request_at_a_time(stack: Stack, console: Console) -> None:
    agent = stack.agent()
    for number in range(SCHEDULES):
        stack.post(f"/api/v1/agents/{agent}/schedules", {"name": f"S{number}", "input": "x", "schedule": YEARLY})
    flying: set[Request] = set()
    most = 0

    def began(request: Request) -> None:
        nonlocal most
        if "/api/v1/schedules?" in request.url:
            flying.add(request)
            most = max(most, len(flying))

    def landed(request: Request) -> None:
        flying.discard(request)

    console.page.on("request", began)
    console.page.on("requestfinished", landed)
    page = console.open(f"/console/schedules?agent_id={agent}")
    expect(page.get_by_text("Page 1, 50 schedules")).to_be_visible()
    expect(page.get_by_role("link", name="S119")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2, 50 schedules")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 3, 20 schedules")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Page 3, 20 schedules")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Page 2, 50 schedules")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("link", name="S119")).to_be_visible()
    expect(page).not_to_have_url(re.compile("after="))
    assert most == 1
