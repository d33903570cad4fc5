"""`make demo`: run examples/quickstart.py against the running stack, or start one if none answers."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "local")

import httpx

from dev.stack import LocalStack, Options
from examples import quickstart

KEY = "local"


def main() -> int:
    """Run the quickstart and return its exit status."""
    url = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    if answers(url):
        return quickstart.main(url, KEY)
    with tempfile.TemporaryDirectory() as directory, LocalStack(Options(port=0, directory=Path(directory))) as stack:
        print(f"no stack at {url}: started one at {stack.url}\n")
        return quickstart.main(stack.url, KEY)


def answers(url: str) -> bool:
    """Return whether a local stack serves at this URL."""
    try:
        return bool(httpx.get(f"{url}/healthz", timeout=2).json()["status"] == "ok")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # as in dev/__main__.py
