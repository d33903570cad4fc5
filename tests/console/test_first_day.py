"""The first day of a new user, whole: from an empty account to a cancelled run, by the pages alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.process import Stack

PATIENCE = 30_000  # milliseconds that a run may take
CLICKS = """
window.addEventListener('click', (event) => {
  if (event.isTrusted) sessionStorage.setItem('clicks', Number(sessionStorage.getItem('clicks') ?? 0) + 1);
}, true);
"""


def test_a_new_user_gets_from_nothing_to_a_cancelled_run(stack: Stack, console: Console) -> None:
    console.context.add_init_script(CLICKS)
    page = console.open("/", key=None)
    page.get_by_label("API key").fill("local-2")
    page.get_by_role("button", name="Sign in").click()
    console.heading("Overview")
    page.evaluate("sessionStorage.removeItem('clicks')")

    page.get_by_role("link", name="Create the first schedule").click()
    page.get_by_label("What the agent is told").click()
    page.keyboard.type("Say hello")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("status").get_by_text("Created the schedule.")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('clicks')") == "3"
    schedule = page.url

    page.get_by_role("link", name="Edit").click()
    page.get_by_role("radio", name="Every…").check()
    page.get_by_label("Every", exact=True).fill("2")
    page.get_by_label("Unit").select_option("seconds")
    page.get_by_role("button", name="Save").click()
    facts = page.get_by_role("region", name="How it stands")
    ran = facts.get_by_role("link", name=re.compile("^Completed"))
    expect(ran.first).to_be_visible(timeout=PATIENCE)
    ran.first.click()
    console.heading("Run of")
    expect(page.locator("section").filter(has=page.get_by_role("heading", name="Output"))).to_contain_text("Say hello")

    page.goto(schedule)
    page.get_by_role("button", name="Pause: ").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Holidays")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: “Holidays”")).to_be_visible()
    page.get_by_role("button", name="Resume: ").click()
    expect(page.get_by_text("Paused: “Holidays”")).to_have_count(0)

    page.get_by_role("link", name="hello").first.click()
    page.get_by_role("link", name="Configuration").click()
    page.get_by_label("Model", exact=True).fill("slow-600")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("version 2").first).to_be_visible()
    page.goto(schedule)
    page.get_by_role("button", name="Run now: ").click()
    page.get_by_role("dialog").get_by_role("button", name="Run now").click()
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_text("Running", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible(timeout=PATIENCE)
