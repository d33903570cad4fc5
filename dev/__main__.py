"""`make run`: start the local stack, print how to use it, serve until Ctrl-C."""

from __future__ import annotations

import math
import os
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

# Set before anything logs: the log lines of the functions would hide the banner.
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "local")

from dev.clock import parse_start
from dev.file_errors import FREE_SPACE, Unusable, is_disk_full
from dev.stack import LocalStack, Options

BANNER = """
agent schedules, local stack{clock}

  URL   {url}        docs {url}/docs
  Key   Authorization: Bearer local      (a second tenant: Bearer local-2)
  LLM   {gateway}
  Data  {directory}/   (to start from nothing, stop the stack and delete it; events.jsonl has the events of the bus)

First request:

  curl -s {url}/api/v1/agents -H 'Authorization: Bearer local' \\
    -H 'Content-Type: application/json' -d '{{"name": "hello", "model": "echo"}}'

Ctrl-C stops it.
"""

FORWARD = timedelta(seconds=60)
"""A clock this far ahead continued from an earlier run: a start takes less."""
LAST_PORT = 65_535


def _number(environ: dict[str, str], name: str, default: float, low: float, high: float) -> float:
    """Return a variable between two bounds. Raises ValueError that names it."""
    try:
        value = float(environ.get(name) or default)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ValueError(f"{name}={environ.get(name)}: must be a number from {low:g} to {high:g}")
    return value


def _port(environ: dict[str, str]) -> int:
    """Return the port, or 0 for a free one. Raises ValueError that names the variable."""
    text = environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= LAST_PORT):
        raise ValueError(f"PORT={text}: must be a whole number from 0 to {LAST_PORT}, like 8001; 0 takes a free one")
    return int(text)


def _gateway_url(environ: dict[str, str]) -> str | None:
    """Return the gateway's base URL if one is given. Raises ValueError that names the variable."""
    text = environ.get("GATEWAY_URL")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port, or one bracket of an IPv6 address
        usable = False
    if not usable or not text.startswith(("http://", "https://")) or text.split() != [text]:
        raise ValueError(
            f"GATEWAY_URL={text}: must be an http:// or https:// URL with a host, like https://api.openai.com/v1"
        )
    return text


def _choice(environ: dict[str, str], name: str, *choices: str) -> str:
    """Return a variable that is one of these, the first if it is not set. Raises ValueError that names it."""
    value = environ.get(name) or choices[0]
    if value not in choices:
        raise ValueError(f"{name}={value}: must be one of {', '.join(choices)}")
    return value


def _start(environ: dict[str, str]) -> datetime | None:
    text = environ.get("START")
    if not text:
        return None
    try:
        start = parse_start(text)
    except (ValueError, OverflowError):
        start = None
    if start is None or not 1970 <= start.year < 2200:
        raise ValueError(f"START={text}: must be a time with an offset, from 1970 to 2199, like 2026-03-29T00:55:00Z")
    return start


def _directory(environ: dict[str, str], speed: float) -> Path:
    """Return the data's directory. A changed clock gets a new one: existing data would be months ahead or behind."""
    root = Path(".local")
    if environ.get("LOCAL_DIR"):
        return Path(environ["LOCAL_DIR"])
    if not environ.get("START") and speed == 1:
        return root
    root.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="clock-", dir=root))


def options_from(environ: dict[str, str]) -> Options:
    """Read the options from PORT, START, SPEED, LATE, LOCAL_DIR, GATEWAY_*."""
    speed = _number(environ, "SPEED", 1, 0.01, 10_000)
    return Options(
        port=_port(environ),
        start=_start(environ),
        speed=speed,
        late=_number(environ, "LATE", 0, 0, 3600),
        directory=_directory(environ, speed),
        gateway_url=_gateway_url(environ),
        gateway_api_key=environ.get("GATEWAY_API_KEY") or None,
        gateway_mode=_choice(environ, "GATEWAY_MODE", "background", "synchronous"),
        gateway_dialect=_choice(environ, "GATEWAY_DIALECT", "openai", "mka1"),
    )


def _clock(options: Options, now: datetime) -> str:
    """Return the part of the banner about a clock that differs from the wall clock."""
    wanted = options.start or datetime.now(UTC)
    if options.start is None and options.speed == 1 and now - wanted < FORWARD:
        return ""
    on = " (continued from where it stopped)" if now - wanted >= FORWARD * options.speed else ""
    return f", clock {now:%Y-%m-%d %H:%M:%SZ} x{options.speed:g}{on}"


def _print(line: str) -> None:
    """Print a line. A reader that has gone does not stop the stack."""
    with suppress(OSError):
        print(line, flush=True)


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    failed = threading.Event()
    # An event cannot be set by a handler that interrupts its own `wait`: the lock of both is the same.
    stopping, stop = os.pipe()

    def fail() -> None:
        failed.set()
        os.write(stop, b"\n")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.write(stop, b"\n"))
    try:
        options = options_from(dict(os.environ))
        stack = LocalStack(options, fail, _print)
    except ValueError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    try:
        stack.start()
    except Unusable as error:
        stack.stop()
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        stack.stop()
        what, variable = (error.filename, "LOCAL_DIR") if error.filename else (f"port {options.port}", "PORT")
        remedy = (
            f"{FREE_SPACE}, or set another {variable}" if is_disk_full(error) else f"choose another with {variable}="
        )
        print(f"make run: {what}: {error.strerror}; {remedy}", file=sys.stderr)
        return 1
    clock = _clock(options, stack.clock.now())
    gateway = options.gateway_url or "local echo gateway (models echo, slow-3, fail, incomplete, reject, flaky-2)"
    print(BANNER.format(url=stack.url, clock=clock, gateway=gateway, directory=options.directory), flush=True)
    os.read(stopping, 1)
    print("stopping", flush=True)
    stack.stop()
    return 1 if failed.is_set() else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread that waits for a gateway's answer must not delay the exit. The next start continues its run.
    os._exit(code)
