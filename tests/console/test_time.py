"""The present is the service's: a local stack's clock may stand elsewhere and run faster than the browser's."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.process import Stack


@pytest.fixture
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that begins shortly before the clocks of Lisbon change, a minute in each second."""
    directory = tmp_path_factory.mktemp("night")
    started = Stack(directory, START="2026-03-28T23:30:00Z", SPEED="60").start()
    yield started
    started.stop(signal.SIGKILL)


def test_countdowns_follow_the_clock_of_the_service(night: Stack, console_at: Callable[..., Console]) -> None:
    agent = night.agent()
    spec = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"}
    night.schedule(agent, spec)
    console = console_at(night.url)
    page = console.open("/console/schedules")
    cell = page.get_by_role("row").filter(has_text="Daily at 09:00")
    expect(cell).to_contain_text("in 8 h")
    expect(cell).to_contain_text("Sun 29 Mar, 09:00 WEST")  # summer time, which begins in between
    expect(cell).to_contain_text("in 7 h", timeout=60_000)


def test_nothing_is_asked_while_the_tab_is_hidden(night: Stack, console_at: Callable[..., Console]) -> None:
    console = console_at(night.url)
    page = console.context.new_page()
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    console.context.add_init_script("sessionStorage.setItem('key', 'local')")
    page.goto(f"{night.url}/console")
    expect(page.get_by_text("All is well.")).to_be_visible()
    hide = """(hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    before = len(asked)
    page.clock.run_for(600_000)
    assert len(asked) == before
    with page.expect_request("**/api/v1/summary"):
        page.evaluate(hide, False)
        page.clock.run_for(1000)
