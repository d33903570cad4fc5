"""What a key of each scope finds on every page of an account: each button and field by its name.

A control that is new on a page belongs into one of the lists below, or only to those keys that may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from agent_schedules.domain.api_keys import Scope
from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.served import Served
from tests.support.showcase import BEGIN, Showcase, showcase

CALENDAR = {"The month before", "Today", "The month after", "Times in"}
SNIPPETS = {"curl", "Python SDK", "Command line", "Copy"}
LOOKS = {
    "schedules": {
        "Agent", "Last run", "Metadata, as key=value", "Name begins with", "Next run", "Outcomes", "Status",
    },
    "schedule": CALENDAR,
    "schedule-times": {"Show more"},
    "schedule-definition": SNIPPETS,
    "calendar": CALENDAR | {"Agent"},
    "run": {"Copy the input", "Copy the output", "Previous run"},
    "run-failed": {"Copy the input", "Previous run"},
    "agents": {"Deleted", "Name, model or key"},
    "agent-versions": {"Compare", "From", "to"},
    "webhook": {"Show"},
    "settings": {"Density", "Sign out", "Theme", "Times"},
    "reference": SNIPPETS | {"Search operations"},
}  # fmt: skip
"""What a key that reads finds. On the other pages it finds nothing to press."""

ON_SCHEDULES = {"Run now", "Pause", "Delete"}
OF_SCHEDULE = ON_SCHEDULES | {"Edit", "Backfill…"}
OF_AGENT = {"Run now", "New schedule", "Delete"}
OF_WEBHOOK = {"Send a test", "Disable", "Rotate the secret", "Delete"}
CHANGES = {
    "overview": {"New schedule"},
    "schedules": ON_SCHEDULES | {"Resume", "Pause or change many…", "New schedule"},
    "schedule": OF_SCHEDULE,
    "schedule-times": OF_SCHEDULE | {"Skip"},
    "schedule-runs": OF_SCHEDULE,
    "schedule-definition": OF_SCHEDULE,
    "run": {"Run again"},
    "run-failed": {"Run again"},
    "agents": {"New agent"},
    "agent": OF_AGENT,
    "agent-versions": OF_AGENT | {"Roll back to version 1"},
    "webhooks": {"New webhook"},
    "webhook": OF_WEBHOOK,
}
"""What a key that writes finds besides."""
FORMS = {"schedule-new", "schedule-edit", "agent-new", "agent-configuration", "webhook-new", "webhook-settings"}
"""Pages whose form is there for a key that writes, and is not listed here."""

ALL_USERS = {"Events of all users that the account acts for"}
ACTS = {"webhook-new": ALL_USERS, "settings": {"User", "Act for this user"}}
"""What a key that acts for users finds besides."""

CONTROLS = """() => [...document.querySelectorAll('main :is(button, input, select, textarea, a.button)')]
  .filter((one) => one.checkVisibility())
  .map((one) => {
    const label = (one.labels?.[0] ?? one).cloneNode(true);
    for (const inner of label.querySelectorAll('input, select, textarea, .muted')) inner.remove();
    return (one.getAttribute('aria-label') ?? label.textContent).trim().split(': ')[0];
  })"""


@pytest.fixture(scope="module")
def made() -> Iterator[Showcase]:
    with Served(BEGIN) as served:
        yield showcase(served)


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_a_key_finds_what_it_may_use_and_no_more(
    scope: Scope, made: Showcase, console_at: Callable[..., Console]
) -> None:
    _, secret = made.served.world.keyring.create("local", scope)
    console = console_at(made.served.url)
    page = console.open("/console", key=secret)
    for name, path in made.pages().items():
        page.goto(console.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("Loading…")).to_have_count(0)
        found = set(page.evaluate(CONTROLS))
        looks, acts = LOOKS.get(name, set()), ACTS.get(name, set())
        if scope == "read" or name not in FORMS:
            changes = set() if scope == "read" else CHANGES.get(name, set())
            assert found == looks | changes | (acts if scope == "admin" else set()), name
        else:
            assert found & ALL_USERS == (acts if scope == "admin" else set()), name
            assert found > looks, name
    sent = {request for request in console.requests if not request.startswith("GET ")}
    assert sent <= {"POST /api/v1/schedules/preview"}  # which changes nothing
