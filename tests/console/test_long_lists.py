"""A list of many schedules: a page at a time, one request at a time, and the place kept by the address."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.browser import AtOnce, Console
from tests.support.process import Stack

SCHEDULES = 120
YEARLY = {"type": "cron", "cron_expression": "0 0 1 1 *"}


def test_pages_go_forward_and_back_one_request_at_a_time(stack: Stack, agent: str, console: Console) -> None:
    for number in range(SCHEDULES):
        stack.schedule(agent, YEARLY, name=f"S{number}")
    calls = AtOnce(console.page, "/api/v1/schedules")
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
    assert calls.most == 1
