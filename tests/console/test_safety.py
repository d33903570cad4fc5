"""Hostile texts in every field that these pages show: they are texts, and nothing else."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.markup import HOSTILE
from tests.support.process import Stack

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}


def harmless(console: Console) -> None:
    """Nothing of what was shown has run, or became an element."""
    page = console.page
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelectorAll('main script, main iframe, main img, main style').length") == 0
    assert page.evaluate("[...document.links].every((link) => ['http:', 'https:'].includes(link.protocol))")


def test_the_list_and_the_overview_show_texts_as_texts(stack: Stack, console: Console) -> None:
    for text in HOSTILE:
        shown = text.replace("\u0000", "")
        agent = stack.post("/api/v1/agents", {"name": shown[:60], "model": "fail"})["id"]
        body = {"name": shown[:60], "input": shown, "schedule": DAILY, "metadata": {"note": shown[:60]}}
        path = f"/api/v1/agents/{agent}/schedules"
        stack.client.post(f"{path}/{stack.post(path, body)['id']}/pause", json={"reason": shown[:200]})
        stack.post(path, body | {"schedule": {"type": "interval", "interval_seconds": 2}, "policies": {"max_runs": 1}})
        stack.ended(agent, 1)
    page = console.open("/console/schedules")
    expect(page.get_by_role("row")).to_have_count(2 * len(HOSTILE) + 1)
    for text in HOSTILE[:-1]:
        expect(page.get_by_role("link", name=text[:60], exact=True).first).to_be_visible()
    harmless(console)
    page.get_by_role("button", name="Delete: ").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{console.url}/console")
    expect(page.get_by_text("Run failed").first).to_be_visible()
    harmless(console)


def test_a_hostile_address_is_harmless(console: Console) -> None:
    page = console.open(
        "/console/schedules?name=%3Cimg%20src%3Dx%20onerror%3Dwindow.owned%3D1%3E&after=x&status=paused"
    )
    console.allowed.add(400)
    expect(page.get_by_role("alert")).to_contain_text("after")
    harmless(console)
    page.goto(f"{console.url}/console/agents/%3Cscript%3E/%E0%A4%A/x")
    console.heading("No such page")
    harmless(console)


def test_the_page_cannot_be_put_into_a_frame(console: Console) -> None:
    page = console.open()
    console.heading("Overview")
    answer = page.request.get(f"{console.url}/console")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
    violated = page.evaluate("""() => new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective));
      try { document.body.innerHTML = '<b>'; } catch { /* refused */ }
    })""")
    assert violated == "require-trusted-types-for"
    assert console.problems  # the reports of it
    console.problems.clear()
