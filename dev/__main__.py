"""`make run`: start the local stack, say how to use it, serve until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

# Before anything logs: the functions' own lines would bury what a person wants to see.
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")

from dev.stack import LocalStack, Options, parse_start

BANNER = """
agent schedules, local stack{clock}

  URL   {url}        docs {url}/docs
  Key   Authorization: Bearer local      (a second tenant: Bearer local-2)
  LLM   {gateway}
  Data  {directory}/   (delete it to start afresh; events.jsonl there is what an event bus would get)

First request:

  curl -s {url}/api/v1/agents -H 'Authorization: Bearer local' \\
    -H 'Content-Type: application/json' -d '{{"name": "hello", "model": "echo"}}'

Ctrl-C stops it.
"""


def options_from(environ: dict[str, str]) -> Options:
    """The options in PORT, START, SPEED, LATE, LOCAL_DIR, GATEWAY_*."""
    return Options(
        port=int(environ.get("PORT") or 8000),
        start=parse_start(environ["START"]) if environ.get("START") else None,
        speed=float(environ.get("SPEED") or 1),
        late=float(environ.get("LATE") or 0),
        directory=Path(environ.get("LOCAL_DIR") or ".local"),
        gateway_url=environ.get("GATEWAY_URL") or None,
        gateway_api_key=environ.get("GATEWAY_API_KEY") or None,
        gateway_mode=environ.get("GATEWAY_MODE") or "background",
        gateway_dialect=environ.get("GATEWAY_DIALECT") or "openai",
    )


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        options = options_from(dict(os.environ))
        stack = LocalStack(options)
    except ValueError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    try:
        stack.start()
    except OSError as error:
        stack.stop()
        print(f"make run: port {options.port}: {error.strerror}; choose another with PORT=", file=sys.stderr)
        return 1
    clock = (
        f", clock {stack.clock.now():%Y-%m-%d %H:%M:%SZ} x{options.speed:g}"
        if options.start or options.speed != 1
        else ""
    )
    gateway = options.gateway_url or "local echo gateway (models echo, slow-3, fail, incomplete, reject, flaky-2)"
    print(BANNER.format(url=stack.url, clock=clock, gateway=gateway, directory=options.directory), flush=True)
    stop.wait()
    print("stopping", flush=True)
    stack.stop()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread that waits for a gateway's answer must not hold up the exit; its run is gone on with at the next start.
    os._exit(code)
