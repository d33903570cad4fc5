"""A receiver of webhooks on this machine, which really listens."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from standardwebhooks.webhooks import Webhook

from tests.support.process import PATIENCE


class Receiver:
    """A receiver that keeps what it gets. It can be switched off, and on again at the same port."""

    def __init__(self) -> None:
        self.received: SimpleQueue[tuple[str, dict[str, str]]] = SimpleQueue()
        self.answers = [204]
        """The statuses that it answers, in turn; the last one for ever."""
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def answer(self, body: str, headers: dict[str, str]) -> int:
        """Return the status to answer a request with."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def event(self, made: dict[str, Any]) -> Any:
        """Return the next event, verified with the secret of its webhook."""
        body, headers = self.received.get(timeout=PATIENCE)
        return Webhook(made["secret"]).verify(body, headers)

    def up(self) -> None:
        """Begin to listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body, headers = self.rfile.read(int(self.headers["Content-Length"])).decode(), dict(self.headers)
                self.send_response(receiver.answer(body, headers))
                self.end_headers()
                receiver.received.put((body, headers))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
