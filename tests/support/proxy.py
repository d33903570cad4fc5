"""A TCP proxy in front of an HTTP server that spoils answers: the request always reaches the server."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

Fault = Literal["silence", "reset", "close", "502", "503"]
"""What becomes of an answer: it never comes, the connection breaks, ends without it, or somebody else answers."""

_BODY = b'{"error":{"message":"the proxy says so"}}'


class SpoilingProxy:
    """Spoils the first answers, one fault each, and passes on the others. A context manager; `url` is its own.

    One request per connection. `seen` counts the requests that reached the server, `hold` is how many seconds a client
    that gets silence is kept waiting at most.
    """

    def __init__(self, upstream: str, faults: list[Fault], *, hold: float = 10) -> None:
        target = urlsplit(upstream)
        assert target.hostname is not None
        assert target.port is not None
        self._upstream = (target.hostname, target.port)
        self._faults = faults
        self._hold = hold
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.seen = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            request = _request(client)
            if not request:
                return
            with socket.create_connection(self._upstream) as server:
                server.sendall(request)
                answer = _everything(server)
            with self._lock:
                self.seen += 1
                fault = self._faults.pop(0) if self._faults else None
            match fault:
                case None:
                    client.sendall(answer)
                case "silence":
                    client.settimeout(self._hold)
                    _ends(client)
                case "reset":  # closing with data unsent or a zero linger is a RST
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                case "close":
                    pass
                case status:
                    head = f"HTTP/1.1 {status} Spoilt\r\ncontent-type: application/json\r\nretry-after-ms: 20\r\n"
                    client.sendall(f"{head}content-length: {len(_BODY)}\r\nconnection: close\r\n\r\n".encode() + _BODY)


def _request(client: socket.socket) -> bytes:
    """One whole request, asking for the connection to be closed after its answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(65_536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += client.recv(65_536)
    return b"\r\n".join([*lines, b"Connection: close", b"", body])


def _everything(server: socket.socket) -> bytes:
    answer = b""
    while chunk := server.recv(65_536):
        answer += chunk
    return answer


def _ends(client: socket.socket) -> None:
    """Wait until the client has gone, or the hold is over."""
    try:
        while client.recv(1):
            pass
    except OSError:
        return
