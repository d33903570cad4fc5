"""Change many schedules: only those that the dialog names, counted first, watched and stopped."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browser import Console
from tests.support.process import Stack

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}
MANY = "**/api/v1/schedules/bulk"


def opened(page: Page) -> Locator:
    """The dialog, without a reload of the list below it."""
    page.get_by_role("button", name="Change many").click()
    return page.get_by_role("dialog")


def job(**changes: Any) -> dict[str, Any]:
    """A job as the API shows it."""
    fresh = {"id": "job_1", "status": "running", "action": "pause", "dry_run": False, "error": None, "errors": []}
    return fresh | {"matched": 9, "changed": 4, "unchanged": 0, "failed": 0} | changes


@pytest.mark.parametrize("typed", ["team", "=billing", "team="])
def test_a_filter_that_is_none_lists_and_changes_nothing(
    stack: Stack, agent: str, console: Console, typed: str
) -> None:
    stack.schedule(agent, DAILY, name="Not to be touched")
    page = console.open(f"/console/schedules?agent_id={agent}")
    expect(page.get_by_text("Not to be touched")).to_be_visible()
    page.get_by_label("Metadata, as key=value").fill(typed)
    expect(page.get_by_text("Write one pair, such as team=billing.")).to_be_visible()
    expect(page.get_by_label("Metadata, as key=value")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("row")).to_have_count(0)
    expect(page.get_by_role("button", name="Change many")).to_be_disabled()
    page.get_by_role("button", name="Show all schedules").click()
    expect(page.get_by_text("Not to be touched").first).to_be_visible()


def test_a_broken_time_in_the_address_is_told(console: Console) -> None:
    page = console.open("/console/schedules?next_run_before=x")
    expect(page.get_by_text("in the address is not a time")).to_be_visible()
    expect(page.get_by_role("button", name="Change many")).to_be_disabled()


def test_a_pair_with_a_colon_is_what_is_deleted(stack: Stack, agent: str, console: Console) -> None:
    kept = stack.schedule(agent, DAILY, name="Kept")
    gone = stack.schedule(agent, DAILY, name="Gone", metadata={"team": "billing"})
    page = console.open(f"/console/schedules?agent_id={agent}&metadata=team:%20billing")
    expect(page.get_by_role("row")).to_have_count(2)  # with the head
    dialog = opened(page)
    expect(dialog).to_contain_text("the metadata team=billing")
    dialog.get_by_label("Action").select_option("delete")
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Delete 1", exact=True).click()
    expect(dialog).to_contain_text("1 deleted, 0 unchanged, 0 failed")
    paths = [f"/api/v1/agents/{agent}/schedules/{one['id']}" for one in (kept, gone)]
    assert [stack.get(path)["status"] for path in paths] == ["active", "deleted"]


def test_a_dialog_keeps_the_filter_it_was_opened_with(stack: Stack, agent: str, console: Console) -> None:
    stack.schedule(agent, DAILY, name="Alpha")
    page = console.open(f"/console/schedules?agent_id={agent}")
    page.goto(f"{console.url}/console/schedules?agent_id={agent}&name=Alpha")
    dialog = opened(page)
    page.evaluate("history.replaceState(null, '', '/console/schedules'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_label("Name begins with", exact=True)).to_have_value("")
    expect(dialog).to_contain_text("a name that begins with “Alpha”")
    with page.expect_request(MANY) as sent:
        dialog.get_by_role("button", name="Count them first").click()
    assert (sent.value.post_data_json or {})["filter"] == {"name": "Alpha", "agent_id": agent}


def test_many_are_paused_until_a_time_and_resumed(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(400)
    one = stack.schedule(agent, DAILY, name="Digest")
    path = f"/api/v1/agents/{agent}/schedules/{one['id']}"
    page = console.open(f"/console/schedules?agent_id={agent}")
    dialog = opened(page)
    dialog.get_by_label("Until").fill("2020-03-02T09:00")
    dialog.get_by_role("button", name="Count them first").click()
    expect(dialog.get_by_label("Until")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Until").fill("2099-03-02T09:00")
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Pause 1", exact=True).click()
    expect(dialog).to_contain_text("1 paused, 0 unchanged, 0 failed")
    assert stack.get(path)["pause"]["until"] == "2099-03-02T00:00:00.000Z"  # 09:00 in Tokyo
    dialog.get_by_role("button", name="Close").click()
    dialog = opened(page)
    dialog.get_by_label("Action").select_option("resume")
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Resume 1", exact=True).click()
    expect(dialog).to_contain_text("1 resumed, 0 unchanged, 0 failed")
    assert stack.get(path)["status"] == "active"


def test_a_count_that_failed_is_no_zero(console: Console) -> None:
    page = console.open("/console/schedules")
    failed = job(status="failed", dry_run=True, matched=0, error="the table did not answer")
    page.route(MANY, lambda route: route.fulfill(json=failed))
    dialog = opened(page)
    dialog.get_by_role("button", name="Count them first").click()
    expect(dialog.get_by_role("alert")).to_contain_text("They were not counted to the end: the table did not answer")
    expect(dialog).not_to_contain_text("0 schedules match")
    expect(dialog.get_by_role("button", name="Count them first")).to_be_enabled()


def test_a_job_is_stopped_and_watched_through_an_error(console: Console) -> None:
    console.allowed.add(500)
    page = console.open("/console/schedules")
    now = [job()]
    lost: list[Route] = []

    def look(route: Route) -> None:
        if not lost:
            lost.append(route)
            route.fulfill(status=500, json={"error": {"message": "boom"}})
        else:
            route.fulfill(json=now[0])

    def stop(route: Route) -> None:
        now[0] = job(status="cancelled")
        route.fulfill(json=job(status="cancelling"))

    page.route("**/api/v1/jobs/job_1", look)
    page.route("**/api/v1/jobs/job_1/cancel", stop)
    page.route(MANY, lambda route: route.fulfill(json=job(**counted(route))))
    dialog = opened(page)
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Pause 9").click()
    expect(dialog).to_contain_text("4 paused")
    expect(dialog.get_by_role("alert")).to_contain_text("boom")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_role("button", name="Stop it").click()
    expect(dialog.get_by_text("Cancelled")).to_be_visible()
    expect(dialog.get_by_role("button", name="Stop it")).to_have_count(0)


def counted(route: Route) -> dict[str, Any]:
    """What differs in the answer to a count."""
    return {"status": "completed", "id": None} if (route.request.post_data_json or {})["dry_run"] else {}


def test_a_lost_answer_does_not_begin_a_second_job(console: Console) -> None:
    console.aborts = True
    page = console.open("/console/schedules")
    keys: list[str] = []

    def begin(route: Route) -> None:
        if counted(route):
            route.fulfill(json=job(**counted(route)))
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.abort()
        else:
            route.fulfill(json=job(status="completed"))

    page.route(MANY, begin)
    dialog = opened(page)
    dialog.get_by_role("button", name="Count them first").click()
    dialog.get_by_role("button", name="Pause 9").click()
    expect(dialog.get_by_role("alert")).to_contain_text("did not answer")
    dialog.get_by_role("button", name="Pause 9").click()
    expect(dialog).to_contain_text("4 paused")
    assert len(keys) == 2
    assert len(set(keys)) == 1
