"""The calendar over all schedules: what ran, what comes, and how much of it is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, AtOnce, Console
from tests.support.process import Stack

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "UTC"}
MINUTELY = {"type": "cron", "cron_expression": "* * * * *", "timezone": "UTC"}


def shown(console: Console, query: str) -> Page:
    """The calendar in UTC."""
    page = console.open(f"/console/calendar?zone=UTC&{query}")
    console.heading("Calendar")
    expect(page.get_by_role("region", name="Calendar")).to_have_attribute("aria-busy", "false")
    return page


def day(days: int) -> str:
    """A day from today on, in UTC."""
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def test_runs_and_times_to_come_are_on_their_days(
    stack: Stack, console: Console, accessible: Callable[[Console], None]
) -> None:
    good, bad = stack.agent(), stack.agent("fail")
    for agent, name in ((good, "News"), (bad, "Invoices")):
        schedule = stack.schedule(agent, DAILY, name=name)
        stack.client.post(f"/api/v1/agents/{agent}/schedules/{schedule['id']}/trigger")
        stack.ended(agent, 1)
    page = shown(console, f"view=month&agent_id={bad}")
    cell = page.get_by_role("cell").filter(has=page.locator('[aria-current="date"]'))
    expect(cell).to_contain_text("failed")
    expect(cell.get_by_role("link", name="Invoices").first).to_have_attribute("href", re.compile("/runs/|/schedules/"))
    accessible(console)
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page).to_have_url(re.compile("view=week"))
    accessible(console)
    page.goto(f"{console.url}/console/calendar?zone=UTC&view=day&day={day(1)}")
    lines = page.get_by_role("region", name="Calendar").get_by_role("listitem")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text="News")).to_contain_text("07:00")
    accessible(console)
    page.get_by_label("Agent").select_option(bad)
    expect(lines).to_have_count(1)
    expect(page).to_have_url(re.compile(f"agent_id={bad}"))


def test_the_keyboard_turns_the_pages_and_back_works(console: Console) -> None:
    page = shown(console, "view=month&day=2026-01-31")
    title = page.get_by_role("heading", level=2)
    expect(title).to_have_text("January 2026")
    page.keyboard.press("]")
    expect(title).to_have_text("February 2026")
    # Twice at once: the page has not shown the first yet.
    page.evaluate("""() => { for (const _ of [1, 2]) document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: "[", bubbles: true })) }""")
    expect(title).to_have_text("December 2025")
    page.go_back()
    expect(title).to_have_text("January 2026")
    page.get_by_role("link", name="Thursday 1 January: nothing").focus()
    page.keyboard.press("Enter")
    expect(title).to_have_text("Thursday 1 January 2026")
    page.get_by_role("link", name="Week", exact=True).click()
    expect(title).to_have_text(re.compile("29 Dec 2025 . 4 January 2026"))
    page.reload()
    expect(title).to_have_text(re.compile("29 Dec 2025 . 4 January 2026"))
    page.keyboard.press("t")
    expect(page.locator('[aria-current="date"]')).to_have_count(1)


def test_a_day_with_many_times_is_counts_that_open(
    stack: Stack, console: Console, accessible: Callable[[Console], None]
) -> None:
    agent = stack.agent()
    schedule = stack.schedule(agent, MINUTELY, name="Minutely")
    page = shown(console, f"view=day&day={day(2)}&agent_id={agent}")
    expect(page.get_by_text(re.compile("What comes after .* is not loaded"))).to_be_visible()
    page.get_by_role("button", name="Load more").click()
    hours = page.locator(".cal-hour")
    expect(hours).to_have_count(24)
    expect(hours.first).to_contain_text("60 to come")
    assert page.locator(".cal-line").count() == 0
    hours.nth(3).get_by_role("button", name="Show 60").click()
    expect(hours.nth(3).get_by_role("listitem")).to_have_count(60)
    expect(hours.nth(3)).to_contain_text("03:59")
    accessible(console)
    page.get_by_role("link", name="Month", exact=True).click()
    expect(page.get_by_role("region", name="Calendar")).to_contain_text("not loaded")
    stack.client.delete(f"/api/v1/agents/{agent}/schedules/{schedule['id']}")


def test_a_load_asks_for_one_page_at_a_time(stack: Stack, console: Console) -> None:
    agent = stack.agent()
    schedule = stack.schedule(agent, MINUTELY, name="Minutely")
    calls = AtOnce(console.page, "/api/v1/upcoming")
    shown(console, f"view=day&day={day(2)}&agent_id={agent}")
    assert len(console.calls("/api/v1/upcoming")) == 5
    assert calls.most == 1
    stack.client.delete(f"/api/v1/agents/{agent}/schedules/{schedule['id']}")


def test_many_agents_show_what_went_wrong_and_say_so(stack: Stack, console: Console) -> None:
    for _ in range(6):
        agent = stack.agent("fail")
    stack.schedule(agent, DAILY, name="Invoices")
    stack.client.post(f"/api/v1/agents/{agent}/runs", json={"input": "x"})
    stack.ended(agent, 1)
    page = shown(console, "view=day")
    expect(page.get_by_text("Choose an agent to see all of its runs.")).to_be_visible()
    assert not console.calls("/api/v1/runs")
    page.get_by_label("Agent").select_option(agent)
    expect(page.get_by_text("Choose an agent to see all of its runs.")).to_have_count(0)
    expect(page.get_by_text(", without a schedule")).to_be_visible()
    assert len(console.calls("/api/v1/runs")) == 1


def test_groups_that_are_left_out_are_told(stack: Stack, console: Console) -> None:
    agent = stack.agent()
    row = {"agent_id": agent, "schedule_id": "sched_1", "schedule_name": "Big fleet", "id": "sched_1_1"}
    row |= {"scheduled_for": f"{day(1)}T09:00:00Z", "effective_at": f"{day(1)}T09:00:00Z"}
    answer = {"data": [row], "has_more": True, "next_cursor": "more", "group_ends": True, "group_schedules": 500}
    console.page.route("**/api/v1/upcoming?*", lambda route: route.fulfill(json=answer))
    page = shown(console, f"view=day&day={day(1)}&agent_id={agent}")
    expect(page.get_by_text("what comes of the older ones is not loaded")).to_be_visible()
    assert len(console.calls("/api/v1/upcoming")) == 5
    page.get_by_role("button", name="Load more").click()
    expect(page.get_by_role("region", name="Calendar")).to_have_attribute("aria-busy", "false")
    assert len(console.calls("/api/v1/upcoming")) == 5 + 15


def test_a_pause_is_on_each_of_its_days(stack: Stack, console: Console) -> None:
    agent = stack.agent()
    schedule = stack.schedule(agent, {"type": "interval", "interval_seconds": 1}, name="Paused")
    path = f"/api/v1/agents/{agent}/schedules/{schedule['id']}"
    stack.client.post(f"{path}/pause")
    stack.wait(lambda: datetime.now(UTC).timestamp() > datetime.fromisoformat(schedule["created_at"]).timestamp() + 4)
    stack.client.post(f"{path}/resume")
    stack.client.post(f"{path}/pause")
    page = shown(console, f"view=day&agent_id={agent}")
    expect(page.get_by_text(re.compile("Paused, .*times, paused|Paused, paused")).first).to_be_visible()


def test_the_calendar_fits_a_phone(
    stack: Stack, console_at: Callable[..., Console], accessible: Callable[[Console], None]
) -> None:
    stack.schedule(stack.agent(), DAILY, name="News")
    console = console_at(stack.url, size=PHONE)
    page = shown(console, "view=month")
    for view in ("Month", "Week", "Day"):
        page.get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("link", name=view, exact=True)).to_have_attribute("aria-current", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        accessible(console)
