"""Serve an ASGI app over real HTTP from a daemon thread, for the local stack and the tests."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_SECONDS = 5.0
_STOP_SECONDS = 0.4  # waited at most twice: for requests to end, then for the thread to drop them


class RunningServer:
    """A running server: `url` has no trailing slash, and `stop()` may be called more than once."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self._server = server
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name=f"serve {self.url}", daemon=True)
        self._thread.start()

    def wait_started(self, seconds: float = _START_SECONDS) -> None:
        """Return once requests are answered. RuntimeError if that takes longer, or the app refuses to start."""
        deadline = time.monotonic() + seconds
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.url}: the server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop listening, let requests end for a moment, then drop those that are still held."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(_STOP_SECONDS)
        self._listener.close()

    def _run(self) -> None:
        # uvicorn leaves by sys.exit when the app does not start; wait_started tells the caller.
        with contextlib.suppress(SystemExit):
            self._server.run([self._listener])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, dates: bool = True) -> RunningServer:
    """Start serving `app` and return when it answers; port 0 takes a free one. Also a context manager. Without `dates`
    the app sets the header `Date` itself."""
    # Listen here and not in the thread: the caller gets an OSError for a taken port, and the URL is known at once.
    listener = socket.create_server((host, port))
    # Connections inherit TCP_NODELAY; without it a client waits 40 ms for the body of each answer. asyncio sets it only
    # on sockets whose protocol is TCP, and this one's is 0.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # h11 refuses malformed HTTP. httptools, which uvicorn prefers if it is installed, accepts some of it.
    config = uvicorn.Config(
        app, http="h11", log_level="warning", log_config=None, access_log=False, ws="none", date_header=dates
    )
    serving = RunningServer(uvicorn.Server(config), listener)
    serving.wait_started()
    return serving
