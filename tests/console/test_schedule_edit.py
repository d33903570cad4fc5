"""Change a schedule, and leave a form: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import Console
from tests.support.process import Stack
from tests.support.schedule_forms import WEEKDAYS, new, only, preview


def edit(console: Console, schedule: dict[str, Any]) -> Page:
    """The form of a schedule."""
    page = console.open(f"/console/agents/{schedule['agent_id']}/schedules/{schedule['id']}/edit")
    console.heading("Edit schedule")
    return page


def test_an_edit_sends_only_what_changed(stack: Stack, agent: str, console: Console) -> None:
    policies = {"max_runs": 9, "start_at": "2098-01-01T00:00:01.500Z"}
    schedule = stack.schedule(agent, WEEKDAYS, name="Old", policies=policies, metadata={"team": "news"})
    page = edit(console, schedule)
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None)
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_label("Number of runs").fill("10")
    page.get_by_role("button", name="Remove team").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    (update,) = [body for body in sent if "count" not in body]
    assert update.keys() == {"name", "policies", "metadata"}
    assert (update["name"], update["metadata"], update["policies"]["max_runs"]) == (None, {}, 10)
    assert update["policies"]["start_at"] == "2098-01-01T00:00:01.500Z"
    assert only(stack, agent)["schedule"]["cron_expression"] == "30 9 * * 1-5"


def test_an_edit_does_not_pin_what_the_deployment_sets(stack: Stack, agent: str, console: Console) -> None:
    deployment = stack.get("/api/v1/limits")
    schedule = stack.schedule(agent, WEEKDAYS, policies={"max_runs": 9, "timeout_seconds": 600})
    assert schedule["policies"]["misfire_grace_seconds"] == deployment["misfire_grace_seconds"]
    page = edit(console, schedule)
    expect(page.get_by_label("Timeout of a run")).to_have_value("600")
    for unset in ("Too late after", "Outcomes are kept"):
        expect(page.get_by_label(unset)).to_have_value("")
    grace = str(deployment["misfire_grace_seconds"])
    expect(page.get_by_label("Too late after")).to_have_attribute("placeholder", grace)
    page.get_by_label("Number of runs").fill("10")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith(schedule["id"])) as sent:
        page.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json == {"policies": {"max_runs": 10, "timeout_seconds": 600}}
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    page = edit(console, schedule)
    page.get_by_label("Too late after").fill(str(deployment["misfire_grace_seconds"]))
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith(schedule["id"])) as sent:
        page.get_by_role("button", name="Save").click()
    own = {"max_runs": 10, "timeout_seconds": 600, "misfire_grace_seconds": deployment["misfire_grace_seconds"]}
    assert sent.value.post_data_json == {"policies": own}


def test_an_interval_that_stays_shows_its_own_grid(stack: Stack, agent: str, console: Console) -> None:
    timing = {"type": "interval", "interval_seconds": 86_400}
    schedule = stack.schedule(agent, timing)
    page = edit(console, schedule)
    first = preview(page).locator("time").first
    expect(first).to_have_attribute("datetime", re.compile(re.escape(schedule["next_run_at"][:19])))


def test_a_change_that_came_between_is_not_lost(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(412)
    schedule = stack.schedule(agent, WEEKDAYS, name="First")
    page = edit(console, schedule)
    page.get_by_label("What the agent is told").fill("Mine")
    page.get_by_text("As usual, or").click()
    page.get_by_label("Number of runs").fill("5")
    page.get_by_label("Spread").fill("9")
    theirs = {"name": "Theirs", "policies": {"timeout_seconds": 77, "exclude": ["2099-12-24"], "spread_seconds": 8}}
    stack.client.post(f"/api/v1/agents/{agent}/schedules/{schedule['id']}", json=theirs).raise_for_status()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Save again to put yours on top")).to_be_visible()
    expect(page.get_by_text("Both of you have changed: Spread.")).to_be_visible()
    expect(page.get_by_label("What the agent is told")).to_have_value("Mine")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Theirs")
    expect(page.get_by_label("Timeout of a run")).to_have_value("77")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    now = only(stack, agent)
    assert (now["name"], now["input"]) == ("Theirs", "Mine")
    policies = {name: now["policies"][name] for name in ("timeout_seconds", "exclude", "spread_seconds", "max_runs")}
    assert policies == {"timeout_seconds": 77, "exclude": ["2099-12-24"], "spread_seconds": 9, "max_runs": 5}


def test_a_failed_look_at_a_change_leaves_the_form(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(412)
    console.aborts = True
    schedule = stack.schedule(agent, WEEKDAYS, name="First")
    page = edit(console, schedule)
    page.get_by_label("Name", exact=True).fill("Mine")
    path = f"/api/v1/agents/{agent}/schedules/{schedule['id']}"
    stack.client.post(path, json={"input": "Theirs"}).raise_for_status()
    page.route(f"**{path}", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    page.unroute_all()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Save again to put yours on top")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    assert (only(stack, agent)["name"], only(stack, agent)["input"]) == ("Mine", "Theirs")


def test_an_edit_keeps_the_seconds_of_a_time(stack: Stack, agent: str, console: Console) -> None:
    once = {"type": "once", "run_at": "2098-03-02T09:00:45Z", "timezone": "Asia/Tokyo"}
    page = edit(console, stack.schedule(agent, once))
    expect(page.get_by_label("At", exact=True)).to_have_value("2098-03-02T18:00:45")
    page.get_by_label("Start within about a second").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    assert only(stack, agent)["schedule"]["run_at"] == "2098-03-02T09:00:45.000Z"


def test_unsaved_changes_are_asked_about(stack: Stack, agent: str, console: Console) -> None:
    page = console.open("/console/schedules")
    page.get_by_role("link", name="New schedule").first.click()
    console.heading("New schedule")
    page.get_by_label("What the agent is told").fill("Draft")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("dialog")).to_contain_text("Leave without saving?")
    page.get_by_role("button", name="Stay here").click()
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("What the agent is told")).to_have_value("Draft")
    assert page.url.endswith("/console/schedules/new")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Leave").click()
    console.heading("Overview")


def test_back_and_leave_do_not_lead_back_to_the_form(console: Console) -> None:
    page = console.open()
    page.get_by_role("link", name="Schedules", exact=True).click()
    console.heading("Schedules")
    page.get_by_role("link", name="New schedule").first.click()
    console.heading("New schedule")
    page.get_by_label("What the agent is told").fill("Draft")
    expect(page.get_by_text("5 of 20,000 characters")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page).to_have_url(re.compile("/console/schedules/new$"))
    page.get_by_role("button", name="Leave").click()
    console.heading("Schedules")
    page.go_back()
    console.heading("Overview")
    page.go_forward()
    console.heading("Schedules")


def test_a_lost_answer_makes_one_schedule(stack: Stack, agent: str, console: Console) -> None:
    console.aborts = True
    page = new(console, agent)
    page.get_by_label("What the agent is told").fill("Once")
    lost: list[str] = []

    def lose(route: Route, request: Request) -> None:
        if not lost:
            lost.append(request.headers["idempotency-key"])
            route.fetch()
            route.abort()
        else:
            lost.append(request.headers["idempotency-key"])
            route.continue_()

    page.route(f"**/api/v1/agents/{agent}/schedules", lose)
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_text("The service did not answer.")).to_be_visible()
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", name="Next run")).to_be_visible()
    assert lost[0] == lost[1]
    only(stack, agent)


def test_a_read_key_gets_no_form(stack: Stack, agent: str, console: Console) -> None:
    key = stack.client.post("/local/keys", json={"tenant": "local", "scope": "read"}).json()["key"]
    schedule = stack.schedule(agent, WEEKDAYS)
    page = console.open("/console/schedules/new", key)
    expect(page.get_by_text("Your key reads only.")).to_be_visible()
    page.goto(f"{console.url}/console/agents/{agent}/schedules/{schedule['id']}/edit")
    expect(page.get_by_text("Your key reads only.")).to_be_visible()
    assert page.get_by_role("main").get_by_role("button").count() == 0
