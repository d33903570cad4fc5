"""Every page of an account in use: a screen to look at, nothing serious for axe, no width that a phone has not.

The screens are not compared with earlier ones: fonts differ between machines. `make screens` takes those of the README.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.console.conftest import SCREENS
from tests.support.browser import DESKTOP, PHONE, Console
from tests.support.routes import covered, routes
from tests.support.served import Served
from tests.support.showcase import BEGIN, Showcase, showcase

SIZES = {"desktop": DESKTOP, "phone": PHONE}
README = {"overview": (1180, 660), "schedule": (1180, 980), "run": (1180, 860)}
"""The pages that the README shows, and how large."""
MOST = 150_000  # bytes of a picture in the repository


@pytest.fixture(scope="module")
def made() -> Iterator[Showcase]:
    with Served(BEGIN) as served:
        yield showcase(served)


def settled(console: Console, path: str) -> None:
    """Open an address, and wait until the page has loaded all that it shows."""
    console.page.goto(console.url + path)
    expect(console.page.get_by_role("heading", level=1)).to_be_visible()
    console.page.wait_for_load_state("networkidle")
    expect(console.page.get_by_text("Loading…")).to_have_count(0)


def test_the_screens_cover_every_route(made: Showcase) -> None:
    assert routes() - covered(made.pages().values()) == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_shown(
    size: str, theme: str, made: Showcase, console_at: Callable[..., Console], accessible: Callable[[Console], None]
) -> None:
    console = console_at(made.served.url, size=SIZES[size], theme=theme)
    console.open("/console")
    for name, path in made.pages().items():
        settled(console, path)
        console.screenshot(SCREENS, f"{name}-{size}-{theme}")
        assert console.page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name
        expect(console.page.get_by_role("alert")).to_have_count(0)
        if theme == "light":  # it looks at both themes
            accessible(console)


def test_the_screens_of_the_readme(made: Showcase, console_at: Callable[..., Console]) -> None:
    console = console_at(made.served.url)
    console.open("/console")
    for name, (width, height) in README.items():
        console.page.set_viewport_size({"width": width, "height": height})
        settled(console, made.pages()[name])
        console.screenshot(SCREENS, f"console-{name}")
        assert (SCREENS / f"console-{name}.png").stat().st_size < MOST
