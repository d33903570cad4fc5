"""The frame around the pages: navigation, keyboard, addresses."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, Console
from tests.support.process import Stack


def test_the_keyboard_goes_everywhere(console: Console) -> None:
    page = console.open()
    console.heading("Overview")
    page.keyboard.press("g")
    page.keyboard.press("s")
    console.heading("Schedules")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Name begins with")).to_be_focused()
    page.keyboard.type("g o?")
    console.heading("Schedules")
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go to Schedules")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_back_works_and_links_do_not_reload(console: Console) -> None:
    page = console.open()
    console.heading("Overview")
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Schedules", exact=True).click()
    console.heading("Schedules")
    page.go_back()
    console.heading("Overview")
    expect(page).to_have_url(f"{console.url}/console")
    assert page.evaluate("window.stays")


def test_an_unknown_address_says_so(console: Console) -> None:
    console.open("/console/nowhere/at/all")
    console.heading("No such page")


def test_a_phone_has_the_navigation_in_a_menu(stack: Stack, console_at: Callable[..., Console]) -> None:
    console = console_at(stack.url, size=PHONE)
    page = console.open("/console/schedules")
    console.heading("Schedules")
    expect(page.get_by_role("link", name="Calendar")).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("link", name="Overview").click()
    console.heading("Overview")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_page_takes_three_requests_before_the_api(console: Console) -> None:
    console.open()
    console.heading("Overview")
    own = [request for request in console.requests if not request.startswith("GET /api/")]
    assert [re.sub(r"[0-9a-f]{16}", "#", request) for request in own] == [
        "GET /console",
        "GET /console/assets/#/console.css",
        "GET /console/assets/#/console.js",
    ]


@pytest.mark.parametrize("moves", [True, False])
def test_nothing_moves_for_who_asks_for_less_motion(
    moves: bool, stack: Stack, console_at: Callable[..., Console]
) -> None:
    console = console_at(stack.url, moves=moves)
    page = console.open("/console/schedules", key="local-2")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    still = page.evaluate("""() => [...document.querySelectorAll('*')].every((one) => {
      const style = getComputedStyle(one);
      return style.animationName === 'none' && style.transitionDuration.split(', ').every((time) => time === '0s');
    })""")
    assert still is not moves
