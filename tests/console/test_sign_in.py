"""The way in: a key that stays in the tab, and is sent nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.process import Stack


def test_a_browser_is_led_to_the_sign_in(console: Console, accessible: Callable[[Console], None]) -> None:
    page = console.open("/", key=None)
    expect(page).to_have_url(f"{console.url}/console")
    console.heading("Sign in")
    accessible(console)
    page.get_by_role("button", name="Use the key local").click()
    console.heading("Overview")
    assert page.evaluate("({...localStorage})").get("key") is None
    assert page.evaluate("sessionStorage.getItem('key')") == "local"


def test_a_wrong_key_is_refused_in_the_apis_words(console: Console) -> None:
    console.allowed.add(401)
    page = console.open(key=None)
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("unknown, revoked or expired")
    page.get_by_label("API key").fill("local-2")
    page.keyboard.press("Enter")
    console.heading("Overview")
    expect(page.get_by_role("navigation")).to_contain_text("local-2")


def test_a_refresh_keeps_the_place_and_the_key(console: Console) -> None:
    page = console.open("/console/schedules?status=paused", key=None)
    page.get_by_role("button", name="Use the key local").click()
    console.heading("Schedules")
    page.reload()
    console.heading("Schedules")
    expect(page).to_have_url(f"{console.url}/console/schedules?status=paused")
    page.get_by_role("button", name="Sign out").click()
    console.heading("Sign in")
    assert page.evaluate("sessionStorage.getItem('key')") is None


def test_the_key_is_in_no_address(console: Console, stack: Stack) -> None:
    secret = stack.client.post("/local/keys", json={"tenant": "acme", "scope": "read"}).json()["key"]
    page = console.open("/console/schedules", key=secret)
    console.heading("Schedules")
    expect(page.get_by_role("navigation")).to_contain_text("reads only")
    assert console.calls("/api/v1/schedules")
    assert not [request for request in console.requests if secret in request]
