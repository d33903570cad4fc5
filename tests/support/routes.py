"""The addresses of the console as its `routes.js` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from agent_schedules.console.site import ASSETS


def routes() -> set[str]:
    """Every pattern."""
    found = re.findall(r'^  \["(/[^"]*)", ', (ASSETS / "routes.js").read_text("utf-8"), re.MULTILINE)
    assert len(found) > 10
    return set(found)


def covered(paths: Iterable[str]) -> set[str]:
    """The patterns that are taken for these addresses: of several that match, the one with the fewest parameters."""
    patterns = sorted(routes(), key=lambda pattern: pattern.count(":"))
    taken = set()
    for path in paths:
        own = urlsplit(path).path
        matching = [one for one in patterns if re.fullmatch(re.sub(r":\w+", "[^/]+", one), own)]
        taken.update(matching[:1])
    return taken
