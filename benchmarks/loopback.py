"""An AWS with an empty table: a server on this machine that finds one API key and no other row."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TENANT = {"Item": {"tenant": {"S": "local"}, "scope": {"S": "admin"}}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet; with two the client's kernel delays its acknowledgement by 40 ms

    def _answer(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.calls += 1
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        text = json.dumps(_answer(self.headers.get("X-Amz-Target", ""), body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _answer(target: str, body: dict[str, Any]) -> dict[str, Any]:
    operation = target.rpartition(".")[2]
    if operation == "GetItem" and body["Key"]["pk"]["S"].startswith("K#"):
        return _TENANT
    if operation == "BatchGetItem":
        return {"Responses": {}}
    if operation == "Query":
        return {"Items": [], "Count": 0}
    if operation == "PutEvents":
        return {"FailedEntryCount": 0, "Entries": []}
    return {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    calls = 0


@dataclass(frozen=True)
class Loopback:
    """The server."""

    url: str
    calls: Callable[[], int]
    """How many there were."""


@contextmanager
def loopback() -> Iterator[Loopback]:
    """While this is open, the server answers."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Loopback(f"http://127.0.0.1:{server.server_address[1]}", lambda: server.calls)
    finally:
        server.shutdown()
        server.server_close()
