"""The list of schedules: found, understood and acted upon."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.support.browser import Console
from tests.support.process import Stack
from tests.support.served import Served

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}


def shown(console: Console, agent: str, key: str = "local") -> Page:
    """The list of the agent's schedules."""
    page = console.open(f"/console/schedules?agent_id={agent}", key)
    console.heading("Schedules")
    return page


def row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has_text=name)


def test_a_row_says_when_it_runs_next_in_both_zones(
    stack: Stack, agent: str, console: Console, accessible: Callable[[Console], None]
) -> None:
    stack.schedule(agent, DAILY, name="Morning news")
    page = shown(console, agent)
    cell = row(page, "Morning news")
    expect(cell).to_contain_text(re.compile(r"in \d+ (h|min)"))
    expect(cell).to_contain_text(re.compile(r"(22|23):00 (WET|WEST)"))
    expect(cell).to_contain_text("07:00 GMT+9")
    accessible(console)


def test_a_cron_without_short_words_is_named_as_one(stack: Stack, agent: str, console: Console) -> None:
    stack.schedule(agent, DAILY | {"cron_expression": "*/7 9-17 * * 1-5"}, name="Odd")
    stack.schedule(agent, DAILY, name="Plain")
    page = shown(console, agent)
    odd = row(page, "Odd").get_by_text("Cron */7 9-17 * * 1-5", exact=True)
    expect(odd).to_have_attribute("title", "The page of the schedule says it in words")
    expect(row(page, "Plain").get_by_text("Daily at 07:00")).to_have_attribute("title", "Cron: 0 7 * * *")
    page.get_by_role("link", name="Odd", exact=True).click()
    expect(page.get_by_text(re.compile("^At minutes 0, 7, .* on weekdays, Asia/Tokyo"))).to_be_visible()


def test_filters_are_the_apis_and_stay_in_the_address(stack: Stack, agent: str, console: Console) -> None:
    stack.schedule(agent, DAILY, name="Alpha", metadata={"team": "billing"})
    stack.schedule(agent, DAILY, name="Beta", paused=True)
    page = shown(console, agent)
    expect(page.get_by_text("2 schedules")).to_be_visible()
    page.get_by_label("Name begins with").fill("Al")
    expect(row(page, "Beta")).to_have_count(0)
    expect(page).to_have_url(re.compile("name=Al"))
    page.reload()
    expect(page.get_by_label("Name begins with")).to_have_value("Al")
    expect(row(page, "Alpha")).to_be_visible()
    page.get_by_label("Name begins with").fill("")
    expect(page).not_to_have_url(re.compile("name="))
    page.get_by_label("Status", exact=True).select_option("paused")
    expect(row(page, "Alpha")).to_have_count(0)
    page.get_by_label("Status", exact=True).select_option("")
    page.get_by_label("Metadata, as key=value").fill("team=billing")
    expect(page).to_have_url(re.compile("metadata="))
    expect(row(page, "Beta")).to_have_count(0)
    page.get_by_label("Next run", exact=True).select_option("168")
    page.get_by_label("Last run", exact=True).select_option("failed")
    expect(page.get_by_role("heading", name="No schedule matches")).to_be_visible()
    last = console.calls("/api/v1/schedules")[-1]
    assert all(part in last for part in ("metadata.team=billing", "last_run_status=failed", "next_run_before=20"))
    page.get_by_role("button", name="Show all schedules").click()
    expect(page).to_have_url(f"{console.url}/console/schedules")


def test_a_run_is_started_once_and_linked(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY, name="Report")
    page = shown(console, agent)
    page.get_by_role("button", name="Run now: Report").click()
    page.get_by_role("dialog").get_by_role("button", name="Run now").dblclick()
    expect(page.get_by_role("status").get_by_role("link", name="Look at it")).to_be_visible()
    path = f"/api/v1/agents/{agent}/schedules/{schedule['id']}"
    assert [run["trigger"] for run in stack.get(f"{path}/runs")["data"]] == ["manual"]
    expect(page.get_by_role("button", name="Run now: Report")).to_be_focused()


def test_a_schedule_is_paused_with_a_reason_and_resumed(
    stack: Stack, agent: str, console: Console, accessible: Callable[[Console], None]
) -> None:
    schedule = stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, agent)
    page.get_by_role("button", name="Pause: Digest").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill("The mailbox moves")
    dialog.get_by_label("Until").fill("2099-03-02T09:00")
    accessible(console)
    dialog.get_by_role("button", name="Pause").click()
    expect(row(page, "Digest")).to_contain_text("The mailbox moves")
    pause = stack.get(f"/api/v1/agents/{agent}/schedules/{schedule['id']}")["pause"]
    assert (pause["reason"], pause["until"]) == ("The mailbox moves", "2099-03-02T00:00:00.000Z")  # 09:00 in Tokyo
    expect(page.get_by_role("button", name="Resume: Digest")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause: Digest")).to_be_focused()


def test_a_pause_of_an_interval_ends_by_its_own_zone(stack: Stack, agent: str, console: Console) -> None:
    timing = {"type": "interval", "interval_seconds": 86_400, "timezone": "Asia/Tokyo"}
    schedule = stack.schedule(agent, timing, name="Tick")
    page = shown(console, agent)
    page.get_by_role("button", name="Pause: Tick").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("In Asia/Tokyo.")
    dialog.get_by_label("Until").fill("2099-03-02T09:00")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume: Tick")).to_be_visible()
    pause = stack.get(f"/api/v1/agents/{agent}/schedules/{schedule['id']}")["pause"]
    assert pause["until"] == "2099-03-02T00:00:00.000Z"


def test_a_refused_pause_says_why_at_its_field(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(400)
    stack.schedule(agent, DAILY, name="Digest")
    page = shown(console, agent)
    page.get_by_role("button", name="Pause: Digest").click()
    page.get_by_role("dialog").get_by_label("Until").fill("2020-03-02T09:00")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.get_by_label("Until")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog").locator(".field-error").filter(has_text="future")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_schedule_that_changed_meanwhile_is_left_alone(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(412)
    schedule = stack.schedule(agent, DAILY, name="Digest")
    path = f"/api/v1/agents/{agent}/schedules/{schedule['id']}"
    page = shown(console, agent)
    expect(row(page, "Digest")).to_be_visible()
    stack.client.post(path, json={"name": "Digest 2"})
    page.get_by_role("button", name="Delete: Digest").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("If-Match")
    assert stack.get(path)["status"] == "active"
    expect(page.get_by_role("heading", name="Delete Digest 2?")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert stack.get(path)["status"] == "deleted"


def test_a_deletion_asks_and_says_what_happens(stack: Stack, agent: str, console: Console) -> None:
    schedule = stack.schedule(agent, DAILY, name="Old")
    page = shown(console, agent)
    page.get_by_role("button", name="Delete: Old").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    expect(page.get_by_role("heading", name="No schedule matches")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert stack.get(f"/api/v1/agents/{agent}/schedules/{schedule['id']}")["status"] == "deleted"


def test_a_read_key_sees_no_action(stack: Stack, agent: str, console: Console) -> None:
    stack.schedule(agent, DAILY, name="Report")
    key = stack.client.post("/local/keys", json={"tenant": "local", "scope": "read"}).json()["key"]
    page = shown(console, agent, key)
    expect(row(page, "Report")).to_be_visible()
    words = re.compile("Run now|Pause|Delete|Change many|New schedule")
    assert page.get_by_role("button", name=words).count() + page.get_by_role("link", name=words).count() == 0


def test_many_are_changed_by_the_filter_after_a_count(stack: Stack, agent: str, console: Console) -> None:
    for number in range(3):
        stack.schedule(agent, DAILY, name=f"Report {number}")
    kept = stack.schedule(agent, DAILY, name="Other")
    page = console.open(f"/console/schedules?agent_id={agent}&name=Report")
    page.get_by_role("button", name="Change many").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("a name that begins with “Report”")
    dialog.get_by_label("Reason").fill("incident")
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Pause 3").click()
    expect(dialog).to_contain_text("3 paused, 0 unchanged, 0 failed")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name=re.compile("Resume: Report"))).to_have_count(3)
    assert stack.get(f"/api/v1/agents/{agent}/schedules/{kept['id']}")["status"] == "active"


def test_outcomes_are_a_strip_that_is_loaded_on_demand(stack: Stack, console: Console) -> None:
    agent = stack.agent("fail")
    schedule = stack.schedule(agent, {"type": "interval", "interval_seconds": 1}, name="Flaky")
    stack.ended(agent, 1)
    stack.client.post(f"/api/v1/agents/{agent}/schedules/{schedule['id']}/pause")
    stack.all_ended(agent, schedule["id"])
    page = shown(console, agent)
    expect(row(page, "Flaky").get_by_role("link", name="Failed").first).to_be_visible()
    assert not [call for call in console.requests if "/occurrences" in call]
    page.get_by_role("checkbox", name="Outcomes").check()
    strip = row(page, "Flaky").get_by_role("list")
    expect(strip.get_by_role("link", name=re.compile(r"^Failed: .* WES?T$")).first).to_be_visible()
    assert len([call for call in console.requests if "/occurrences" in call]) == 1
    page.reload()
    expect(page.get_by_role("checkbox", name="Outcomes")).to_be_checked()


def test_strips_follow_their_rows_and_ask_again(served: Served, looked: Console) -> None:
    """A strip whose call failed is asked for again; the others only when something has changed."""
    agent = served.agent(name="Strips")
    made = {name: scheduled(served, agent, name) for name in ("First", "Second")}
    page = looked.page
    page.clock.install()
    looked.allowed.add(500)
    page.route(f"**/{made['First']}/occurrences?*", lambda route: route.fulfill(status=500, body="{}"))
    looked.open(f"/console/schedules?agent_id={agent}")
    page.get_by_role("checkbox", name="Outcomes").check()
    expect(row(page, "First").get_by_text("Not loaded")).to_be_visible()
    expect(row(page, "Second").get_by_text("No outcome yet")).to_be_visible()
    page.unroute(f"**/{made['First']}/occurrences?*")
    polled(page)
    expect(row(page, "First").get_by_text("No outcome yet")).to_be_visible()
    assert asked(looked) == 3
    polled(page)
    polled(page)
    assert asked(looked) == 3
    served.world.pass_time(90)
    polled(page)
    expect(row(page, "First").get_by_role("listitem")).to_have_count(1)
    expect(row(page, "Second").get_by_role("listitem")).to_have_count(1)
    assert asked(looked) == 5


def test_a_strip_that_takes_longer_than_a_poll_is_shown(served: Served, looked: Console) -> None:
    agent = served.agent(name="Slow")
    scheduled(served, agent, "First")
    page = looked.page
    page.clock.install()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/occurrences?*", hold)
    looked.open(f"/console/schedules?agent_id={agent}")
    page.get_by_role("checkbox", name="Outcomes").check()
    expect(row(page, "First").get_by_label("Loading outcomes")).to_be_visible()
    polled(page)
    page.wait_for_load_state("domcontentloaded")
    held[0].continue_()
    expect(row(page, "First").get_by_text("No outcome yet")).to_be_visible()
    assert asked(looked) == 1


def scheduled(served: Served, agent: str, name: str) -> str:
    """The id of a new schedule that runs once, in a minute."""
    timing = {"type": "interval", "interval_seconds": 60}
    body = {"name": name, "input": "x", "schedule": timing, "policies": {"max_runs": 1}}
    return str(served.post(f"/api/v1/agents/{agent}/schedules", body)["id"])


def asked(console: Console) -> int:
    """The calls for outcomes so far."""
    return len([call for call in console.requests if "/occurrences" in call])


def polled(page: Page) -> None:
    """Let the list be loaded again."""
    with page.expect_response("**/api/v1/schedules?*"):
        page.clock.fast_forward(21_000)
