"""What may go wrong around a page: a poll that fails, a browser that refuses, a key that has ended."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Console
from tests.support.modules import Modules
from tests.support.served import Served

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}


def scheduled(served: Served, **body: object) -> str:
    """The page of a new schedule."""
    agent = served.agent()
    made = served.post(f"/api/v1/agents/{agent}/schedules", {"input": "x", "schedule": DAILY, **body})
    return f"/console/agents/{agent}/schedules/{made['id']}"


def refused(route: Route) -> None:
    """A service that does not do well."""
    route.fulfill(status=500, body=json.dumps({"error": {"message": "The table did not answer."}}))


@pytest.mark.parametrize(("tab", "path"), [("runs", "**/runs?*"), ("times", "**/occurrences?*limit=25*")])
def test_rows_stay_when_a_later_load_fails(tab: str, path: str, served: Served, looked: Console) -> None:
    looked.allowed.add(500)
    at = scheduled(served)
    served.post(f"{at.replace('/console', '/api/v1')}/trigger")
    served.world.pass_time(5)
    page = looked.page
    page.clock.install()
    looked.open(f"{at}?show={tab}")
    rows = page.get_by_role("row").nth(1) if tab == "runs" else page.get_by_text("No outcome yet").nth(1)
    expect(rows).to_be_visible()
    page.route(path, refused)
    page.clock.fast_forward(21_000)
    expect(page.get_by_role("alert")).to_contain_text("The table did not answer.")
    expect(rows).to_be_visible()


def test_the_focus_stays_while_more_times_are_shown(served: Served, looked: Console) -> None:
    page = looked.open(f"{scheduled(served)}?show=times")
    more = page.get_by_role("button", name="Show more")
    more.press("Enter")
    times = page.get_by_role("button", name=re.compile("^Skip: "))
    expect(times).to_have_count(20)
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    expect(times).to_have_count(80)
    page.keyboard.press("Enter")
    expect(times).to_have_count(100)
    expect(more).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_a_refused_copy_is_said(served: Served, looked: Console) -> None:
    refuse = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    looked.context.add_init_script(refuse)
    webhook = served.post("/api/v1/webhooks", {"url": "https://example.com/hook"})["id"]
    page = looked.open(f"/console/webhooks/{webhook}")
    page.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate", exact=True).click()
    page.get_by_role("button", name="Copy the secret").click()
    expect(page.get_by_text("The browser refused to copy. Select the text and copy it yourself.")).to_be_attached()
    expect(page.get_by_text("Copied.")).to_have_count(0)


@pytest.mark.parametrize("ctrl", [True, False], ids=["Windows", "Mac"])
def test_a_sign_that_needs_alt_is_a_shortcut(ctrl: bool, looked: Console) -> None:
    page = looked.open("/console/calendar?view=month&day=2026-01-31")
    title = page.get_by_role("heading", level=2)
    expect(title).to_have_text("January 2026")
    press(page, "]", ctrl=ctrl, alt=True)
    expect(title).to_have_text("February 2026")
    press(page, "]", ctrl=True, alt=False)
    press(page, "t", ctrl=ctrl, alt=True)
    press(page, "[", ctrl=ctrl, alt=True)
    expect(title).to_have_text("January 2026")


def press(page: Page, key: str, *, ctrl: bool, alt: bool) -> None:
    """Press a key as a keyboard of another layout reports it."""
    page.evaluate(
        """([key, ctrlKey, altKey]) => document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key, ctrlKey, altKey, bubbles: true }))""",
        [key, ctrl, alt],
    )


def test_agents_are_searched_when_the_typing_ends(served: Served, looked: Console) -> None:
    served.agent(name="Needle")
    page = looked.open("/console/agents")
    search = page.get_by_role("searchbox")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    before = len(looked.calls("/api/v1/agents"))
    search.press_sequentially("needle")
    expect(page).to_have_url(re.compile("name=needle"))
    expect(page.get_by_role("row")).to_have_count(2)
    assert len(looked.calls("/api/v1/agents")) == before + 1


def test_blocked_storage_is_said_and_works_until_a_reload(looked: Console) -> None:
    blocked = "get() { throw new DOMException('blocked', 'SecurityError'); }"
    for name in ("sessionStorage", "localStorage"):
        looked.context.add_init_script(f"Object.defineProperty(window, {name!r}, {{ {blocked} }})")
    page = looked.open(key=None)
    expect(page.get_by_text("This browser blocks storage for this page")).to_be_visible()
    page.get_by_role("button", name="Use the key local").click()
    looked.heading("Overview")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Theme").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_return_that_fails_can_sign_out(looked: Console) -> None:
    looked.allowed.add(500)
    looked.page.route("**/api/v1/whoami", refused)
    page = looked.open()
    expect(page.get_by_role("alert")).to_contain_text("The table did not answer.")
    page.get_by_role("button", name="Sign out").click()
    looked.heading("Sign in")


LATE = """async (m) => {
  const s = await import('/lib/session.js');
  let answer;
  window.fetch = () => new Promise((done) => { answer = done; });
  s.signIn('old', { on_behalf_of: null });
  const status = m.call('GET', '/api/v1/summary').catch((error) => error.status);
  s.signIn('new', { on_behalf_of: null });
  answer(new Response('{}', { status: 401 }));
  const after = [await status, s.session.value.key];
  const own = m.call('GET', '/api/v1/summary').catch((error) => error.status);
  answer(new Response('{}', { status: 401 }));
  return [...after, await own, s.session.value.key];
}"""


def test_the_end_of_an_old_key_leaves_the_new_one_alone(modules: Modules) -> None:
    assert modules.run("lib/api.js", LATE) == [401, "new", 401, None]
