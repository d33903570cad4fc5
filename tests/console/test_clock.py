"""What depends on time alone: the service's clock through a sleep of the computer, and the waits between polls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser

from tests.support.modules import Modules

HOUR = 3600
BEGIN = 1_800_000_000  # seconds of the service's time, which is not the browser's


@pytest.fixture
def tab_of(browser: Browser) -> Iterator[Callable[[str], Modules]]:
    """Opens the modules with a local key, or without. Their time stands until the test moves it."""
    opened: list[Modules] = []

    def opens(local_key: str) -> Modules:
        tab = Modules(browser, local_key=local_key)
        opened.append(tab)
        tab.page.clock.install(time=0)
        tab.page.clock.pause_at(1)
        return tab

    yield opens
    for tab in opened:
        tab.close()


def hear(tab: Modules, seconds: int) -> None:
    """Let the console have an answer of that time."""
    tab.run("lib/clock.js", "(m, at) => m.heard(new Date(at * 1000).toUTCString())", seconds)


def present(tab: Modules) -> int:
    """The time that the console shows, in seconds of the service."""
    return int(tab.run("lib/clock.js", "(m) => Math.round(m.now() / 1000)"))


def sleep(tab: Modules, seconds: int) -> None:
    """The computer sleeps: its clock goes on, its timers and `performance.now()` stand still."""
    tab.page.clock.set_system_time(tab.run("lib/clock.js", "() => Date.now() / 1000") + seconds)


@pytest.mark.parametrize("key", ["", "local"])
def test_the_clock_is_right_after_a_sleep(key: str, tab_of: Callable[[str], Modules]) -> None:
    tab = tab_of(key)
    hear(tab, BEGIN)
    tab.page.clock.run_for(10_000)
    hear(tab, BEGIN + 10)
    sleep(tab, 8 * HOUR)
    assert present(tab) == BEGIN + 10 + 8 * HOUR
    hear(tab, BEGIN + 10 + 8 * HOUR)
    tab.page.clock.run_for(60_000)
    assert present(tab) == BEGIN + 70 + 8 * HOUR
    hear(tab, BEGIN + 70 + 8 * HOUR)
    tab.page.clock.run_for(600_000)
    assert present(tab) == BEGIN + 670 + 8 * HOUR


@pytest.mark.parametrize(("key", "seconds"), [("", 610), ("local", 1200)])
def test_only_a_local_stack_has_a_speed(key: str, seconds: int, tab_of: Callable[[str], Modules]) -> None:
    tab = tab_of(key)
    hear(tab, BEGIN)
    tab.page.clock.run_for(10_000)
    hear(tab, BEGIN + 600)
    tab.page.clock.run_for(10_000)
    assert present(tab) == BEGIN + seconds


POLLS = """(m) => {
  window.asked = [];
  window.fails = true;
  window.stop = m.poll(async () => {
    asked.push(Math.round(performance.now() / 1000));
    if (fails) throw new Error('429');
  }, 10);
}"""


def waits(tab: Modules) -> list[int]:
    """The seconds between the polls since the last look."""
    asked = tab.run("lib/poll.js", "() => asked.splice(0)")
    return [later - earlier for earlier, later in pairwise(asked)]


def test_polls_that_fail_wait_twice_as_long_each(tab_of: Callable[[str], Modules]) -> None:
    tab = tab_of("")
    tab.run("lib/poll.js", POLLS)
    tab.page.clock.run_for(1_500_000)
    assert waits(tab) == [20, 40, 80, 160, 300, 300, 300]
    tab.run("lib/poll.js", "() => { fails = false; }")
    tab.page.clock.run_for(320_000)
    assert set(waits(tab)) == {10}
    tab.run("lib/poll.js", "() => stop()")
    tab.page.clock.run_for(600_000)
    assert tab.run("lib/poll.js", "() => asked.length") == 0
