"""The console in a browser, for tests: a page that notes everything that a console must not do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, Route, expect

PATIENCE = 20_000
"""Milliseconds until something on a page counts as missing, on a busy machine too."""
expect.set_options(timeout=PATIENCE)
DESKTOP, PHONE = (1280, 800), (360, 740)
INJECTION = "\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}"
"""A name that does harm where a page takes it for more than a text."""
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('CSP', event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber));
window.addEventListener('unhandledrejection', (event) => console.error('unhandled rejection', String(event.reason)));
"""
_FAILED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Console:
    """A tab with the console. `problems` must be empty at the end of a test."""

    def __init__(
        self, browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, theme: str = "light", moves: bool = False
    ) -> None:
        """`moves`: the user has not asked for reduced motion."""
        self.url = url
        self.problems: list[str] = []
        self.requests: list[str] = []
        """The paths that were asked for, with their methods."""
        self.allowed: set[int] = set()
        """Statuses of errors that the test provokes: the browser logs each of them."""
        self.aborts = False
        """Whether the test lets requests fail without an answer."""
        width, height = size
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-GB",
            timezone_id="Europe/Lisbon",
            reduced_motion="no-preference" if moves else "reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._logged)
        self.page.on("pageerror", self._threw)
        self.page.on("request", self._asked)

    def open(self, path: str = "/console", key: str | None = "local") -> Page:
        """Open an address, signed in with a key, or not signed in if it is None."""
        if key is not None:
            self.context.add_init_script(f"sessionStorage.getItem('key') ?? sessionStorage.setItem('key', {key!r});")
        self.page.goto(self.url + path)
        return self.page

    def heading(self, text: str) -> None:
        """Wait for the page of that title."""
        expect(self.page.get_by_role("heading", level=1, name=text)).to_be_visible()

    def calls(self, path: str) -> list[str]:
        """The calls of the API so far whose path begins so."""
        return [request for request in self.requests if request.partition(" ")[2].startswith(path)]

    def harmless(self) -> None:
        """Raise AssertionError if a text from outside has become more than a text."""
        assert self.page.evaluate("window.hacked") is None
        assert (
            self.page.evaluate(
                "document.querySelectorAll('#app :is(img, script, iframe, object, form[action])').length"
            )
            == 0
        )

    def screenshot(self, folder: Path, name: str) -> None:
        """Save what is shown, for a person to look at."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")

    def close(self) -> None:
        """Close the tab, and raise AssertionError for what it must not have done."""
        self.context.close()
        assert not self.problems, "\n".join(self.problems)

    def _logged(self, message: ConsoleMessage) -> None:
        failed = _FAILED.search(message.text)
        if (failed and int(failed[1]) in self.allowed) or (self.aborts and "net::ERR_FAILED" in message.text):
            return
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text} {message.location}")

    def _threw(self, error: Error) -> None:
        self.problems.append(f"exception: {error}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme == "data":
            return
        if f"{asked.scheme}://{asked.netloc}" != self.url:
            self.problems.append(f"request to another origin: {request.url}")
        self.requests.append(f"{request.method} {asked.path}{'?' if asked.query else ''}{asked.query}")


def lose_first(page: Page, path: str) -> None:
    """Lose the answer of the first POST to a path: the service has done it, and the page does not know."""
    lost: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route)
        route.fetch()
        route.abort()

    page.route(path, answer)


class AtOnce:
    """The calls of a path that a page has under way. `most` is how many there were at once, at the most."""

    def __init__(self, page: Page, path: str) -> None:
        self.most = 0
        self._path = path
        self._open: set[Request] = set()
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def _began(self, request: Request) -> None:
        if urlsplit(request.url).path == self._path:
            self._open.add(request)
            self.most = max(self.most, len(self._open))

    def _ended(self, request: Request) -> None:
        self._open.discard(request)


def serious(violations: list[dict[str, Any]]) -> list[str]:
    """What axe calls serious or critical, with the place of each."""
    return [
        f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
    ]
