"""What the tests of the console share: a browser, a local stack for each file, and tabs that are checked at the end."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import Console, serious
from tests.support.modules import Modules
from tests.support.process import Stack
from tests.support.served import Served

SCREENS = Path(".local/screens")
"""Where screenshots go."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. It runs without its own sandbox, because it opens nothing but the local stack."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert chromium, "Chromium is needed: apt-get install chromium, or set CHROMIUM to its path"
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Modules]:
    """The modules of the console, for what they compute."""
    opened = Modules(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A local stack whose clock is the present."""
    started = Stack(tmp_path_factory.mktemp("console")).start()
    yield started
    started.stop(signal.SIGKILL)


@pytest.fixture
def agent(stack: Stack) -> str:
    """An agent of its own for a test."""
    return stack.agent()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A world in memory that the test itself moves, served like a stack."""
    with Served() as served:
        yield served


@pytest.fixture
def looked(served: Served, console_at: Callable[..., Console]) -> Console:
    """A tab on the file's served world."""
    return console_at(served.url)


@pytest.fixture
def console_at(browser: Browser) -> Iterator[Callable[..., Console]]:
    """Opens tabs on a stack's URL. Each is checked at the end of the test."""
    opened: list[Console] = []

    def open_tab(url: str, **options: object) -> Console:
        opened.append(Console(browser, url, **options))  # type: ignore[arg-type]  # handed through as they are
        return opened[-1]

    yield open_tab
    for console in opened:
        console.close()


@pytest.fixture
def console(stack: Stack, console_at: Callable[..., Console]) -> Console:
    """A tab on the file's stack."""
    return console_at(stack.url)


@pytest.fixture(scope="session")
def accessible() -> Callable[[Console], None]:
    """Asserts that axe finds nothing serious on what a tab shows, in either theme."""
    axe = Axe()

    def check(console: Console) -> None:
        for theme in ("light", "dark"):
            console.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            found = serious(axe.run(console.page).response["violations"])
            assert not found, f"{theme}: " + "\n".join(found)

    return check
