"""The page of one schedule: how it stands, what became of its times, and every action on it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import INJECTION, PHONE, Console
from tests.support.process import Stack

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}
SECONDLY = {"type": "interval", "interval_seconds": 1}


def path_of(schedule: dict[str, Any]) -> str:
    """The path of a schedule in the API."""
    return f"/api/v1/agents/{schedule['agent_id']}/schedules/{schedule['id']}"


def shown(console: Console, schedule: dict[str, Any], query: str = "", key: str = "local") -> Page:
    """The page of a schedule."""
    page = console.open(f"/console/agents/{schedule['agent_id']}/schedules/{schedule['id']}{query}", key)
    expect(page.get_by_role("heading", name="Last outcomes")).to_be_visible()
    return page


def test_it_says_when_and_what_in_words(
    stack: Stack, agent: str, console: Console, accessible: Callable[[Console], None]
) -> None:
    schedule = stack.schedule(
        agent, DAILY, name="Morning", policies={"overlap": "skip"}, key="morning", metadata={"team": "a"}
    )
    page = shown(console, schedule)
    expect(page.get_by_text("At 07:00 every day, Asia/Tokyo")).to_be_visible()
    facts = page.get_by_role("region", name="How it stands")
    expect(facts).to_contain_text("Active")
    expect(facts).to_contain_text(re.compile(r"in \d+ (h|min)"))
    expect(facts).to_contain_text("07:00 GMT+9")
    expect(page.get_by_role("table")).to_be_visible()
    accessible(console)
    for tab in ("Times", "Runs", "Definition"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")
        accessible(console)
    expect(page.get_by_role("main")).to_contain_text("Skip the new one")
    expect(page.get_by_role("main")).to_contain_text("morning")
    page.get_by_role("tab", name="Command line").click()
    expect(page.get_by_role("tabpanel")).to_contain_text(f"schedules trigger {agent} {schedule['id']}")
    page.go_back()
    expect(page.get_by_role("link", name="Runs", exact=True)).to_have_attribute("aria-current", "page")


def test_outcomes_and_runs_come_by_themselves(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, SECONDLY, policies={"max_runs": 3})
    page = shown(console, schedule, "?show=times")
    facts = page.get_by_role("region", name="How it stands")
    expect(facts).to_contain_text("Ended", timeout=30_000)
    expect(facts.get_by_role("listitem")).to_have_count(3, timeout=30_000)
    expect(page.get_by_text("No time is to come.")).to_be_visible()
    expect(page.get_by_role("link", name="Look at the run")).to_have_count(3, timeout=30_000)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_text("3 runs")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("hello")


def test_each_reason_is_told_in_the_ledger(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, SECONDLY, policies={"overlap": "skip"})
    stack.client.post(f"/api/v1/agents/{agent}", json={"model": "slow-3"})
    path = path_of(schedule)
    stack.wait(lambda: "overlap" in {one["reason"] for one in stack.get(f"{path}/occurrences")["data"]})
    stack.client.post(f"{path}/pause")
    stack.all_ended(agent, schedule["id"])
    page = shown(console, schedule, "?show=times")
    expect(page.get_by_text("Another run of the schedule was open.").first).to_be_visible()
    expect(page.get_by_role("link", name="Look at that run").first).to_be_visible()
    expect(page.get_by_text("These would run if it were resumed now.")).to_be_visible()


def test_it_pauses_with_a_reason_and_resumes(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, schedule)
    page.get_by_role("button", name="Pause: Digest").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(INJECTION)
    dialog.get_by_label("Until").fill("2098-03-02T09:00")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(f"Paused: “{INJECTION}”")).to_be_visible()
    expect(page.get_by_text("It resumes by itself on Sun 2 Mar 2098, 00:00 WET")).to_be_visible()
    expect(page.get_by_role("heading", name="Resumes by itself")).to_be_visible()
    page.get_by_role("button", name="Resume: Digest").click()
    expect(page.get_by_role("heading", name="Next run")).to_be_visible()
    assert stack.get(path_of(schedule))["status"] == "active"


def test_one_time_is_skipped_and_taken_back(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY)
    page = shown(console, schedule, "?show=times")
    page.get_by_role("button", name=re.compile("^Skip: ")).first.click()
    expect(page.get_by_text("Makes no run: it was asked to be skipped.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Run it after all: "))).to_be_focused()
    assert stack.get(path_of(schedule))["skips"] == [schedule["next_run_at"]]
    day = schedule["next_run_at"][:10]
    page.goto(f"{console.url}/console/agents/{agent}/schedules/{schedule['id']}?view=day&day={day}&zone=UTC")
    expect(page.get_by_text("skip requested")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Run it after all: ")).click()
    expect(page.get_by_role("button", name=re.compile("^Skip: "))).to_be_visible()
    assert stack.get(path_of(schedule))["skips"] == []


def test_a_backfill_is_looked_at_and_then_begun(
    stack: Stack, agent: str, console: Console, accessible: Callable[[Console], None]
) -> None:
    console.allowed.add(400)
    schedule = stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, schedule)
    page.get_by_role("button", name="Backfill…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Before").fill("2098-03-02T09:00")
    dialog.get_by_role("button", name="Look").click()
    expect(dialog.locator(".field-error").filter(has_text="future")).to_be_visible()
    dialog.get_by_label("From").fill("2026-03-02T00:00")
    dialog.get_by_label("Before").fill("2026-03-05T00:00")
    dialog.get_by_role("button", name="Look").click()
    expect(dialog.get_by_text("3 times get a run:")).to_be_visible()
    expect(dialog).to_contain_text("Mon 2 Mar 2026, 07:00 GMT+9")
    accessible(console)
    assert stack.runs(agent) == []
    dialog.get_by_role("button", name="Start 3 runs").click()
    expect(page.get_by_text("3 times of Digest get a run.")).to_be_visible()
    assert [run["trigger"] for run in stack.ended(agent, 3)] == ["backfill"] * 3
    page.get_by_role("link", name="Times", exact=True).click()
    expect(page.get_by_text("A backfill. Before: The schedule did not exist then").first).to_be_visible()


def test_a_backfill_under_way_can_be_stopped(stack: Stack, console: Console) -> None:
    agent = stack.agent("slow-3")
    schedule = stack.schedule(agent, DAILY)
    body = {"from": "2026-03-02T00:00:00Z", "to": "2026-05-02T00:00:00Z", "dry_run": False}
    assert stack.client.post(f"{path_of(schedule)}/backfill", json=body).status_code == 200
    page = shown(console, schedule)
    expect(page.get_by_text("A backfill is under way.")).to_be_visible()
    page.get_by_role("button", name="Stop the backfill").click()
    expect(page.get_by_text("A backfill is under way.")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert stack.get(path_of(schedule))["backfill"] is None


def test_a_day_years_ahead_is_loaded_directly(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, {"type": "cron", "cron_expression": "5 * * * *", "timezone": "UTC"})
    page = shown(console, schedule, "?view=day&day=2098-03-30&zone=Europe/Berlin")
    expect(page.locator(".cal-line")).to_have_count(23)
    expect(page.get_by_text("Clocks go forward 02:00 → 03:00")).to_be_visible()
    assert len(console.calls("/api/v1/upcoming")) == 1


def test_an_old_month_shows_its_runs_without_its_ledger(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY)
    stack.client.post(f"{path_of(schedule)}/trigger")
    stack.ended(agent, 1)
    runs = stack.get(f"{path_of(schedule)}/runs?view=summary")
    runs["data"][0] |= dict.fromkeys(("scheduled_for", "effective_at", "created_at"), "2020-01-10T09:00:00.000Z")
    outcome = {"id": "1", "outcome": "skipped", "reason": "late", "count": 1, "run_id": None, "run_status": None}
    outcome |= dict.fromkeys(("scheduled_for", "until"), "2026-03-02T09:00:00.000Z")
    newest = {"data": [outcome], "has_more": True, "next_cursor": "x"}
    console.page.route("**/api/v1/runs?*", lambda route: route.fulfill(json=runs))
    console.page.route(re.compile("/occurrences.*limit=100"), lambda route: route.fulfill(json=newest))
    page = shown(console, schedule, "?view=month&day=2020-01-15&zone=UTC")
    expect(page.get_by_role("cell").filter(has_text="09:00")).to_contain_text("Completed")
    expect(
        page.get_by_text("Skipped and missed times before Mon 3 Feb 2020, 00:00 UTC are not loaded.")
    ).to_be_visible()
    expect(page.get_by_text("not loaded", exact=True)).to_have_count(0)


CUT = """lines => lines.map((line) => {
  const [word, box] = [line.querySelector("span"), line.getBoundingClientRect()];
  const seen = word.getBoundingClientRect();
  if (seen.top >= box.bottom) return "hidden";
  return seen.right <= box.right + 0.5 && word.scrollWidth <= word.clientWidth + 1 ? "whole" : "cut";
})"""


@pytest.mark.parametrize("view", ["month", "week"])
def test_a_state_is_shown_whole_or_not_at_all(stack: Stack, agent: str, console: Console, view: str) -> None:
    schedule = stack.schedule(agent, SECONDLY, policies={"max_runs": 1})
    stack.ended(agent, 1)
    page = shown(console, schedule, f"?view={view}&zone=UTC")
    line = page.locator(".cal-few .cal-line")
    expect(line).to_have_count(1)
    seen = {}
    for width in (900, 1180, 1280, 1440, 1700, 2200):
        page.set_viewport_size({"width": width, "height": 800})
        (seen[width],) = line.evaluate_all(CUT)
    assert "cut" not in seen.values()
    assert seen[2200] == "whole"
    expect(line.get_by_text("Completed", exact=True)).to_have_count(1)
    expect(line).to_have_attribute("title", "Completed")


def test_run_now_shows_in_the_calendar(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, schedule, "?view=day&zone=UTC")
    page.get_by_role("button", name="Run now: Digest").click()
    page.get_by_role("dialog").get_by_role("button", name="Run now").dblclick()
    expect(page.get_by_role("region", name="Calendar").get_by_text("manual")).to_be_visible(timeout=20_000)
    assert len(stack.runs(agent)) == 1


def test_the_end_of_a_run_shows_in_the_calendar(stack: Stack, console: Console) -> None:
    agent = stack.agent("slow-8")
    schedule = stack.schedule(agent, DAILY)
    stack.client.post(f"{path_of(schedule)}/trigger")
    page = shown(console, schedule, "?view=day&zone=UTC")
    line = page.get_by_role("region", name="Calendar").get_by_role("listitem").filter(has_text="manual")
    expect(line.get_by_role("img", name=re.compile("Waiting|Running"))).to_be_visible()
    expect(line.get_by_role("img", name="Completed")).to_be_visible(timeout=30_000)


def test_a_deletion_asks_and_leads_to_the_list(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, schedule)
    page.get_by_role("button", name="Delete: Digest").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    console.heading("Schedules")
    page.goto(f"{console.url}/console/agents/{agent}/schedules/{schedule['id']}")
    expect(page.get_by_text("This schedule is deleted.")).to_be_visible()
    assert page.get_by_role("button", name="Run now").count() == 0


def test_hostile_texts_are_shown_as_texts(stack: Stack, agent: str, console: Console) -> None:
    stack.client.post(f"/api/v1/agents/{agent}", json={"name": INJECTION})
    schedule = stack.schedule(agent, DAILY, INJECTION, name=INJECTION, metadata={"</style>": INJECTION})
    run = stack.client.post(f"{path_of(schedule)}/trigger").json()["id"]
    stack.ended(agent, 1)
    page = shown(console, schedule, "?show=runs")
    expect(page.get_by_role("heading", level=1, name=INJECTION)).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text(INJECTION)
    expect(page.get_by_role("table").get_by_role("link").first).to_have_attribute("href", re.compile(run))
    page.get_by_role("link", name="Definition", exact=True).click()
    expect(page.get_by_text(INJECTION).nth(2)).to_be_visible()
    page.goto(f"{console.url}/console/calendar?agent_id={agent}&view=day")
    expect(page.get_by_role("link", name=INJECTION).first).to_be_visible()
    assert page.locator("main img").count() == 0


def test_a_read_key_sees_no_action(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY)
    key = stack.client.post("/local/keys", json={"tenant": "local", "scope": "read"}).json()["key"]
    page = shown(console, schedule, "?show=times", key)
    expect(page.get_by_text("No outcome yet").first).to_be_visible()
    assert page.get_by_role("main").get_by_role("button").all_inner_texts() == ["Show more"]


def test_an_unknown_schedule_says_so(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(404)
    page = console.open(f"/console/agents/{agent}/schedules/sched_00000000000000000000000000")
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_page_fits_a_phone(
    stack: Stack, agent: str, console_at: Callable[..., Console], accessible: Callable[[Console], None]
) -> None:
    console = console_at(stack.url, size=PHONE)
    schedule = stack.schedule(agent, DAILY, name=INJECTION * 2)
    page = shown(console, schedule)
    for tab in ("Calendar", "Times", "Runs", "Definition"):
        page.get_by_role("navigation", name="Parts").get_by_role("link", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        accessible(console)


def test_a_pause_ends_on_the_page_by_itself(tmp_path: Path, console_at: Callable[..., Console]) -> None:
    stack = Stack(tmp_path, START="2026-03-02T10:00:20Z", SPEED="60").start()
    try:
        schedule = stack.schedule(stack.agent(), DAILY)
        stack.client.post(f"{path_of(schedule)}/pause", json={"until": "2026-03-02T10:40:00Z"})
        console = console_at(stack.url)
        page = shown(console, schedule)
        expect(page.get_by_role("heading", name="Resumes by itself")).to_be_visible()
        expect(page.get_by_role("heading", name="Next run")).to_be_visible(timeout=60_000)
        console.page.close()
    finally:
        stack.stop(signal.SIGKILL)
