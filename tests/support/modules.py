"""The console's own modules in a blank tab, for tests of what they compute. No service is there."""

from __future__ import annotations

import json
from typing import Any

from agent_schedules.console.site import ASSETS, MANIFEST
from playwright.sync_api import Browser, Route

ORIGIN = "http://modules.test"
_PACKAGES = {name: f"/vendor/{about['file']}" for name, about in json.loads(MANIFEST.read_text("utf-8")).items()}
_PAGE = f'<!doctype html><script type="importmap">{json.dumps({"imports": _PACKAGES})}</script>'


class Modules:
    """A tab that has the modules as they are, one file each."""

    def __init__(self, browser: Browser, *, local_key: str = "") -> None:
        """`local_key`: as the page of a local stack has it."""
        self._local_key = local_key
        self._context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
        self.page = self._context.new_page()
        self.page.route("**/*", self._answer)
        self.page.goto(ORIGIN)

    def run(self, module: str, script: str, given: Any = None) -> Any:
        """Return what a function returns, as `(m, given) => m.wordsOf(given)`. It gets a module and a value."""
        return self.page.evaluate(f"async (given) => ({script})(await import('/{module}'), given)", given)

    def close(self) -> None:
        """Close the tab."""
        self._context.close()

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).lstrip("/")
        if path == "":
            head = f'<meta name="local-key" content="{self._local_key}">'
            route.fulfill(body=_PAGE + head, content_type="text/html")
        else:
            route.fulfill(path=ASSETS / path, content_type="text/javascript")
