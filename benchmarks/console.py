"""The console in a browser: bytes, requests and seconds of its first page, and the way to the first schedule.

    make test-console    installs what it needs
    python -m benchmarks.console [--rounds N] [--peer URL] [--write]

`--peer URL` loads another server's page, too, such as that of `.tools/peers/prefect/bin/prefect server start`. Each
round is a browser's context without a cache, on this machine. The local stack keeps running between the rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.alone import alone
from benchmarks.machine import machine
from benchmarks.sections import PERFORMANCE, show, table
from dev.stack import LocalStack, Options

ROUNDS = 5
QUIET_SECONDS = 0.5
"""Playwright's `networkidle` waits for so long without a request; that is not counted."""


@dataclass
class Visit:
    """What one tab has loaded."""

    page: Page
    requests: int = 0
    received: int = 0
    """Bytes over the network, compressed, with headers."""
    hosts: set[str] = field(default_factory=set)

    def watch(self) -> None:
        """Begin to count."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._finished)

    def _asked(self, event: dict[str, Any]) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme in {"http", "https"}:
            self.requests += 1
            self.hosts.add(address.netloc)

    def _finished(self, event: dict[str, Any]) -> None:
        self.received += int(event["encodedDataLength"])


@contextmanager
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a tab of a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    seen = Visit(context.new_page())
    seen.watch()
    yield seen
    context.close()


def first_page(browser: Browser, url: str, ready: Callable[[Page], None], key: str = "") -> tuple[int, int, float, int]:
    """Return requests, bytes, seconds until it can be used, and hosts other than its own."""
    with visit(browser) as seen:
        if key:
            seen.page.add_init_script(f"sessionStorage.setItem('key', {key!r})")
        began = time.monotonic()
        seen.page.goto(url)
        ready(seen.page)
        took = time.monotonic() - began
        seen.page.wait_for_load_state("networkidle")
        return seen.requests, seen.received, took, len(seen.hosts - {urlsplit(url).netloc})


def overview(page: Page) -> None:
    """Wait for the answer of the overview."""
    page.get_by_text("in the last 24 hours").first.wait_for()


def settled(page: Page) -> None:
    """Wait until a page of which nothing is known asks for nothing more."""
    page.wait_for_load_state("networkidle")


def first_schedule(browser: Browser, url: str, key: str) -> tuple[int, int, float]:
    """Return clicks, calls of the API and seconds from the sign-in page of an empty account to a stored schedule."""
    with visit(browser) as seen:
        page = seen.page
        calls: list[str] = []
        page.on("request", lambda request: calls.append(request.url) if "/api/" in request.url else None)
        page.goto(f"{url}/console")
        page.get_by_label("API key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Create the first schedule").wait_for()
        calls.clear()
        began = time.monotonic()
        page.get_by_role("link", name="Create the first schedule").click()
        page.get_by_label("What the agent is told").click()
        page.keyboard.type("Say hello")
        page.get_by_role("button", name="Create the schedule").click()
        page.get_by_text("Created the schedule.").wait_for()
        return 3, len(calls), time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or write it into its document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peer", help="the URL of another server's page")
    parser.add_argument("--name", default="peer", help="the name of that server")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    alone()
    body = measured(options.rounds, options.peer, options.name)
    show(PERFORMANCE, "benchmarks.console", body, write=options.write)
    return 0


def measured(rounds: int, peer: str | None, name: str) -> str:
    """Return the table and a sentence on the first schedule."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    with (
        tempfile.TemporaryDirectory() as directory,
        LocalStack(Options(port=0, directory=Path(directory))) as stack,
        sync_playwright() as started,
    ):
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        rows = [
            _row(
                "agent schedules",
                [first_page(browser, f"{stack.url}/console", overview, "local") for _ in range(rounds)],
            )
        ]
        if peer:
            rows.append(_row(name, [first_page(browser, peer, settled) for _ in range(rounds)], QUIET_SECONDS))
        clicks, calls, took = first_schedule(browser, stack.url, "local-2")
        browser.close()
    head = ["first page", "requests", "KB received", "first ready s", "median ready s", "other hosts"]
    return (
        f"{machine()}; {rounds} rounds.\n\n{table(head, rows)}\n\n"
        f"From an empty account's overview to its first schedule: {clicks} clicks, {calls} calls of the API, "
        f"{took:.1f} s with a typist that does not wait."
    )


def _row(name: str, rounds: list[tuple[int, int, float, int]], less: float = 0.0) -> list[str]:
    requests, received, first, hosts = rounds[0]
    median = statistics.median(took for _, _, took, _ in rounds)
    return [name, f"{requests}", f"{received / 1000:,.0f}", f"{first - less:.2f}", f"{median - less:.2f}", f"{hosts}"]


if __name__ == "__main__":
    raise SystemExit(main())
