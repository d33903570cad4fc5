"""How long a good receiver of webhooks waits for its events, alone and among receivers that never answer.

    python -m benchmarks.notify [--quick] [--write]

The local stack runs as a process of its own, with the deployed notifier and its two queues. The others' listener
accepts connections and says nothing, so each of their attempts takes its ten seconds. The times are real, from the
call that sends an event to its arrival.
"""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

from benchmarks.neighbours import percentile
from benchmarks.sections import SCALE, parser_of, show, table
from tests.support.process import PATIENCE, Stack

PER_TENANT = 50  # webhooks (MAXIMUM_WEBHOOKS_PER_TENANT)
CLIENTS = 4  # that create the others' webhooks
PAUSE = 0.05  # seconds between two events of the good receiver


@dataclass(frozen=True)
class Size:
    """How much is done."""

    others: int = 1_000
    events: int = 200
    """Of the good receiver, in each of the two parts."""


QUICK = Size(others=100, events=40)


@contextmanager
def good_receiver() -> Iterator[tuple[str, SimpleQueue[tuple[str, float]]]]:
    """A receiver that answers at once. Gives its URL, and the events' ids with the time of their arrival."""
    arrived: SimpleQueue[tuple[str, float]] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            now = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            arrived.put((body["id"], now))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", arrived
        server.shutdown()


def measured(stack: Stack, webhook: str, arrived: SimpleQueue[tuple[str, float]], events: int) -> list[float]:
    """The seconds from each call to the arrival of its event."""
    late = []
    for _ in range(events):
        began = time.monotonic()
        answer = stack.client.post(f"/api/v1/webhooks/{webhook}/test")
        sent = answer.json()["event"]["id"]
        while (found := arrived.get(timeout=PATIENCE))[0] != sent:
            pass  # a repeat of an earlier one
        late.append(found[1] - began)
        time.sleep(PAUSE)
    return late


def disturb(stack: Stack, url: str, others: int) -> None:
    """Create the others' webhooks, and send an event to each."""

    def tenant(number: int) -> None:
        made = stack.post("/local/keys", {"tenant": f"other-{number}", "scope": "write"})
        headers = {"Authorization": f"Bearer {made['key']}"}
        for index in range(min(PER_TENANT, others - number * PER_TENANT)):
            hook = stack.client.post("/api/v1/webhooks", json={"url": f"{url}{index}"}, headers=headers)
            stack.client.post(f"/api/v1/webhooks/{hook.json()['id']}/test", headers=headers).raise_for_status()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(tenant, range(-(-others // PER_TENANT))))


def run(size: Size) -> dict[str, list[float]]:
    """Both parts, in one run of the stack."""
    with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        stack = Stack(Path(directory)).start()
        threading.Thread(target=_drained, args=(stack,), daemon=True).start()
        try:
            with good_receiver() as (url, arrived):
                webhook = stack.post("/api/v1/webhooks", {"url": url})["id"]
                measured(stack, webhook, arrived, 10)  # its receiver is tried, and all is imported
                alone = measured(stack, webhook, arrived, size.events)
                disturb(stack, f"http://127.0.0.1:{silent.getsockname()[1]}/", size.others)
                among = measured(stack, webhook, arrived, size.events)
        finally:
            assert stack.process is not None
            stack.process.kill()
            stack.process.wait()
    return {"the good one alone": alone, f"among {size.others:,} that hang": among}


def _drained(stack: Stack) -> None:
    """Read what the stack prints, a line for each delivery, so that it never waits for a reader."""
    assert stack.process is not None
    assert stack.process.stdout is not None
    for _ in stack.process.stdout:
        pass


def report(size: Size) -> str:
    """The table of docs/explanation/scale.md."""
    rows = [
        [name, f"{len(late):,}", *(f"{percentile(late, share):.3f} s" for share in (0.5, 0.99, 1))]
        for name, late in run(size).items()
    ]
    return table(["receivers", "events", "late p50", "p99", "most"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or put it into the document too."""
    parser = parser_of("A good receiver of webhooks among a thousand that never answer.", SCALE)
    parser.add_argument("--quick", action="store_true", help="a hundred others, and few events")
    given = parser.parse_args(arguments)
    show(SCALE, "benchmarks.notify", report(QUICK if given.quick else Size()), write=given.write)


if __name__ == "__main__":
    main()
